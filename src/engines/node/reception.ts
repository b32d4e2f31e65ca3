/**
 * Pull for `node:dgram`, which pushes: once bound, it reads the kernel's buffer empty into 'message' events, whether
 * anybody asks or not, and Node has no public way to stop it. Its handle has one, and the handle is reached through a
 * property of the socket, a symbol that Node 20, 22, 24 and 26 all describe as 'state symbol'. Where a later Node
 * hides it, `receptionOf` finds nothing, and the socket falls back to a bounded queue.
 */
import type { Socket } from 'node:dgram';

/** Starts and stops reading from the kernel. */
export interface Reception {
  recvStart(): unknown;
  recvStop(): unknown;
}

/** The reception of a bound socket, `undefined` where this Node gives no hold of it. */
export function receptionOf(socket: Socket): Reception | undefined {
  const key = Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol');
  const state =
    key && (socket as unknown as Record<symbol, { readonly handle?: Partial<Reception> } | undefined>)[key];
  const handle = state?.handle;
  return typeof handle?.recvStart === 'function' && typeof handle.recvStop === 'function'
    ? (handle as Reception)
    : undefined;
}
