/**
 * Errors of `node:net` and `node:dgram` as `SocketError`s. libuv names its errors after errno(3), with a few names of
 * other systems; the rest are Node's own `ERR_…` codes, which the state checks of this engine should have prevented.
 */
import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { isErrorCode } from '../../posix/errno.ts';
import { SocketError } from '../../posix/socket-error.ts';

/** The name of this engine in messages and in `--engine`. */
export const ENGINE_NAME = 'node';

/** What an error says about the socket that it happened on. */
export interface Ends {
  readonly transport: string;
  readonly local?: Address | undefined;
  readonly remote?: Address | undefined;
}

/** Codes of libuv and Node whose Linux name is another one. */
const OTHER_NAMES: Readonly<Record<string, ErrorCode>> = {
  // The door has resolved every name: what is looked up all the same is no literal address.
  ENOTFOUND: 'EINVAL',
  ENOTSUP: 'EOPNOTSUPP',
  ERR_SOCKET_ALREADY_BOUND: 'EINVAL',
  ERR_SOCKET_BAD_BUFFER_SIZE: 'EINVAL',
  ERR_SOCKET_CLOSED: 'ECANCELED',
  ERR_SOCKET_DGRAM_IS_CONNECTED: 'EISCONN',
  ERR_SOCKET_DGRAM_NOT_CONNECTED: 'ENOTCONN',
  ERR_SOCKET_DGRAM_NOT_RUNNING: 'ECANCELED',
  ERR_STREAM_DESTROYED: 'EPIPE',
  ERR_STREAM_WRITE_AFTER_END: 'EPIPE',
};

/** The Linux name of an error that Node reported; EIO for one that has none. */
export function codeOf(cause: unknown): ErrorCode {
  const code = (cause as { readonly code?: unknown } | null)?.code;
  // A failed `setsockopt` of node:dgram carries its libuv error one level down.
  if (code === 'ERR_SOCKET_BUFFER_SIZE') return codeOf((cause as { readonly info?: unknown }).info);
  if (isErrorCode(code)) return code;
  return OTHER_NAMES[String(code)] ?? 'EIO';
}

/** An error that this engine finds itself. */
export function socketError(code: ErrorCode, syscall: string, ends: Ends, text?: string): SocketError {
  return new SocketError({ code, syscall, engine: ENGINE_NAME, ...known(syscall, ends), text });
}

/** An error that Node reported, on the call it belongs to. */
export function failure(syscall: string, ends: Ends, cause: unknown): SocketError {
  const code = codeOf(cause);
  const text = code === 'EIO' && cause instanceof Error ? cause.message : undefined;
  return new SocketError({ code, syscall, engine: ENGINE_NAME, ...known(syscall, ends), text, cause });
}

/** The error of a call that waited when its socket was closed. */
export function closedError(syscall: string, ends: Ends): SocketError {
  return socketError('ECANCELED', syscall, ends, 'the socket was closed');
}

/** Leaves out an own address that is none yet: port 0, or no path. In bind and listen it is the one that was asked for. */
function known(syscall: string, { transport, local, remote }: Ends): Ends {
  const isAskedFor = syscall === 'bind' || syscall === 'listen';
  const isNamed = local && (isUnixAddress(local) ? local.path !== '' : local.port !== 0);
  return { transport, local: isAskedFor || isNamed ? local : undefined, remote };
}
