/** The first of the ten calls. */
import type { Engine } from '../engines/engine.ts';
import type { EngineName } from '../engines/select.ts';
import { defaultEngine, loadEngine } from '../engines/select.ts';
import type { Family } from '../posix/constants.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  familyName,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../posix/constants.ts';
import { SocketError } from '../posix/socket-error.ts';
import { DatagramSocket } from './datagram-socket.ts';
import { StreamSocket } from './stream-socket.ts';

/** The options of `socket()`. */
export interface SocketOptions {
  /** The network to open it on: an engine, or the name of one. The best one of this host when left out. */
  readonly engine?: Engine | EngineName;
}

/**
 * Opens a socket: the door between this process and the transport.
 *
 * @param family - `AF_INET` (IPv4), `AF_INET6` (IPv6, and IPv4 through mapped addresses), `AF_UNIX` (this host).
 * @param type - `SOCK_DGRAM` for UDP, `SOCK_STREAM` for TCP; on `AF_UNIX` also `SOCK_SEQPACKET`.
 * @throws SocketError EAFNOSUPPORT, ESOCKTNOSUPPORT, EPROTONOSUPPORT (the engine has no such socket), EMFILE, ENFILE.
 * @see socket(2)
 * @example
 * ```ts
 * import { AF_INET, decode, SOCK_DGRAM, socket } from 'portico';
 *
 * await using server = socket(AF_INET, SOCK_DGRAM);
 * await using client = socket(AF_INET, SOCK_DGRAM);
 * await server.bind({ host: '127.0.0.1', port: 0 });
 * await client.sendto('hello', server.getsockname());
 * const [message, address] = await server.recvfrom(2048);
 * console.log(decode(message), 'from', address);
 * ```
 */
export function socket<F extends Family>(
  family: F,
  type: typeof SOCK_DGRAM,
  options?: SocketOptions,
): DatagramSocket<F>;
export function socket<F extends Family>(
  family: F,
  type: typeof SOCK_STREAM,
  options?: SocketOptions,
): StreamSocket<F>;
export function socket(
  family: typeof AF_UNIX,
  type: typeof SOCK_SEQPACKET,
  options?: SocketOptions,
): StreamSocket<typeof AF_UNIX>;
export function socket(
  family: Family,
  type: number,
  options: SocketOptions = {},
): DatagramSocket | StreamSocket {
  const engine = engineOf(options.engine);
  if (family !== AF_INET && family !== AF_INET6 && family !== AF_UNIX) {
    throw new SocketError({
      code: 'EAFNOSUPPORT',
      syscall: `socket ${familyName(family)}`,
      engine: engine.name,
    });
  }
  if (type === SOCK_DGRAM) return new DatagramSocket(engine, family);
  if (type === SOCK_STREAM) return new StreamSocket(engine, family, type);
  if (type === SOCK_SEQPACKET && family === AF_UNIX) return new StreamSocket(engine, family, type);
  throw new SocketError({
    code: 'ESOCKTNOSUPPORT',
    syscall: `socket ${familyName(family)} ${type}`,
    engine: engine.name,
  });
}

/** @internal The engine that an option names. */
export function engineOf(engine: Engine | EngineName | undefined): Engine {
  if (engine === undefined) return defaultEngine();
  return typeof engine === 'string' ? loadEngine(engine) : engine;
}
