/** Calls of `node:dgram` made plain: errors thrown instead of emitted, results within the call. */
import type { Socket } from 'node:dgram';
import type { Address } from '../../posix/address.ts';
import { inetAddress } from './address.ts';

/** Binds within the call, which the literal look-up makes possible. When it fails, the socket is closed. */
export function bindNow(socket: Socket, address: Address): void {
  const { host, port } = inetAddress(address);
  const failed: unknown[] = [];
  const onError = (cause: unknown) => failed.push(cause);
  socket.on('error', onError);
  // Exclusive, or a worker of node:cluster would share the primary's socket.
  socket.bind({ address: host, port, exclusive: true });
  socket.off('error', onError);
  if (failed.length === 0) return;
  socket.close();
  throw failed[0];
}

/** Sends one datagram; `onResult` has the error, or none. */
export function sendNow(
  socket: Socket,
  bytes: Uint8Array,
  address: Address | undefined,
  onResult: (cause: unknown) => void,
): void {
  try {
    if (!address) {
      socket.send(bytes, onResult);
      return;
    }
    const { host, port } = inetAddress(address);
    socket.send(bytes, port, host, onResult);
  } catch (cause) {
    onResult(cause);
  }
}

/** An address as Node gives it. */
export function addressOf({ address, port }: { readonly address: string; readonly port: number }): Address {
  return { host: address, port };
}

/** The peer of a connected socket; Node throws where there is none. */
export function peerOf(socket: Socket): Address | undefined {
  try {
    return addressOf(socket.remoteAddress());
  } catch {
    return undefined;
  }
}
