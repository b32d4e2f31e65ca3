/** The errors of simulated sockets. */
import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { SocketError } from '../../posix/socket-error.ts';

/** The name of this engine in messages. */
export const ENGINE_NAME = 'sim';

/** What an error says about the socket that it happened on. */
export interface Ends {
  readonly transport: string;
  readonly local?: Address | undefined;
  readonly remote?: Address | undefined;
}

/** An error of the call `syscall`. */
export function socketError(code: ErrorCode, syscall: string, ends: Ends, text?: string): SocketError {
  return new SocketError({ code, syscall, engine: ENGINE_NAME, ...known(syscall, ends), text });
}

/** Leaves out an own address that is none yet, except where it is the one that was asked for. */
function known(syscall: string, { transport, local, remote }: Ends): Ends {
  const isNamed = local && (isUnixAddress(local) || local.port !== 0);
  return { transport, local: syscall === 'bind' || isNamed ? local : undefined, remote };
}
