/** Sockets of descriptors that exist already: from another thread of the process, or from whoever started it. */
import type { Descriptors, Engine } from '../engines/engine.ts';
import type { AF_UNIX, Family } from '../posix/constants.ts';
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM, transportName } from '../posix/constants.ts';
import { SocketError } from '../posix/socket-error.ts';
import { DatagramSocket } from './datagram-socket.ts';
import type { SocketOptions } from './socket.ts';
import { engineOf } from './socket.ts';
import { StreamSocket } from './stream-socket.ts';

/** The options of `fromfd()`. */
export interface FromFdOptions extends SocketOptions {
  /**
   * Called once when the socket lets the descriptor go, in place of close(2): for a descriptor that belongs to somebody
   * else. Threads of one process share one table of descriptors, and a number that is closed twice may be another file.
   */
  readonly close?: () => void;
}

/**
 * Makes a socket of a descriptor: bound, listening or connected as it is. Unlike Python's `fromfd` it takes the
 * descriptor itself, not a copy, as `socket(fileno=fd)` does there. The descriptor becomes non-blocking and is not
 * inherited by programs that are started.
 *
 * @param fd - the number of the descriptor.
 * @param family - what it was opened as; this is checked.
 * @param type - what it was opened as; this is checked.
 * @throws SocketError EBADF (no such descriptor), ENOTSOCK, EPROTOTYPE (another family or type), EEXIST (this thread has
 * a socket of it), EOPNOTSUPP (the engine has no descriptors: `node`, `sim`); RangeError for a number that is none.
 * @see socket(7)
 * @example
 * ```ts needs=linux
 * import { AF_INET, fromfd, SOCK_DGRAM, socket } from 'portico';
 *
 * await using own = socket(AF_INET, SOCK_DGRAM, { engine: 'linux' });
 * await own.bind({ host: '127.0.0.1', port: 0 });
 * // in a thread that was told the number of the descriptor:
 * const shared = () => fromfd(own.fileno(), AF_INET, SOCK_DGRAM, { engine: 'linux', close: () => {} });
 * console.log(typeof shared);
 * ```
 */
export function fromfd<F extends Family>(
  fd: number,
  family: F,
  type: typeof SOCK_DGRAM,
  options?: FromFdOptions,
): DatagramSocket<F>;
export function fromfd<F extends Family>(
  fd: number,
  family: F,
  type: typeof SOCK_STREAM,
  options?: FromFdOptions,
): StreamSocket<F>;
export function fromfd(
  fd: number,
  family: typeof AF_UNIX,
  type: typeof SOCK_SEQPACKET,
  options?: FromFdOptions,
): StreamSocket<typeof AF_UNIX>;
export function fromfd(
  fd: number,
  family: Family,
  type: number,
  options: FromFdOptions = {},
): DatagramSocket | StreamSocket {
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fff_ffff)
    throw new RangeError(`A descriptor is a whole number from 0 up, got ${String(fd)}`);
  const engine = engineOf(options.engine);
  if (type === SOCK_DGRAM) {
    const adopted = descriptors(engine, family, type).adoptDatagram(fd, family, options.close);
    return new DatagramSocket(engine, family, adopted);
  }
  const streamType = type === SOCK_SEQPACKET ? SOCK_SEQPACKET : SOCK_STREAM;
  const adopted = descriptors(engine, family, streamType).adoptStream(fd, family, streamType, options.close);
  return new StreamSocket(engine, family, streamType, adopted);
}

function descriptors(engine: Engine, family: Family, type: number): Descriptors {
  if (engine.descriptors) return engine.descriptors;
  throw new SocketError({
    code: 'EOPNOTSUPP',
    syscall: 'fromfd',
    engine: engine.name,
    transport: transportName(family, type as typeof SOCK_STREAM),
    text: `the engine ${engine.name} has no descriptors; linux has`,
  });
}
