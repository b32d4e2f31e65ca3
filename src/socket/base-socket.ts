/** What datagram and stream sockets share: names, options, shutdown, close, deadlines. */
import type { Engine, EngineSocket } from '../engines/engine.ts';
import type { Address, AddressOf, InetAddress } from '../posix/address.ts';
import { checkAddress, isUnixAddress, literalHost, readAddress } from '../posix/address.ts';
import type { Family, ShutdownHow, SocketType } from '../posix/constants.ts';
import { AF_UNIX, transportName } from '../posix/constants.ts';
import type { ErrorCode } from '../posix/errno.ts';
import type { OptionLevel, SocketOption } from '../posix/options.ts';
import { checkOptionValue, rawOption } from '../posix/options.ts';
import { SocketError } from '../posix/socket-error.ts';
import type { CallOptions } from './deadline.ts';
import { checkTimeout, Deadline, isPending } from './deadline.ts';
import { resolveFor, timeoutText, wrongFamily } from './names.ts';

/** A socket of either kind. */
export abstract class BaseSocket<F extends Family, E extends EngineSocket> {
  /** The address family, `AF_INET` and so on. */
  readonly family: F;
  /** The socket type, `SOCK_DGRAM` and so on. */
  readonly type: SocketType;
  /** The engine that it is a socket of. */
  readonly engine: Engine;
  #engineSocket: E;
  #closed = false;
  #closing: Promise<void> | undefined;
  #timeoutMs: number | undefined;

  /** @internal */
  protected constructor(engine: Engine, family: F, type: SocketType, engineSocket: E) {
    this.engine = engine;
    this.family = family;
    this.type = type;
    this.#engineSocket = engineSocket;
  }

  /** Whether `close()` has been called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Gives the socket its own address. Without it the system chooses one at the first `sendto`, `connect` or `listen`.
   *
   * @param address - host `''` (or none) is every local address; port 0 lets the system choose; `AF_UNIX` takes a path.
   * @throws SocketError EADDRINUSE, EADDRNOTAVAIL, EACCES (a reserved port), EINVAL (bound already), EBADF (closed);
   * RangeError for a port outside 0–65,535.
   * @see bind(2)
   */
  async bind(address: BindAddress<F>, options?: CallOptions): Promise<void> {
    const deadline = this.deadline(options);
    checkAddress(address, this.family);
    const local = await this.resolve('bind', { host: '', ...address } as Address, deadline);
    const pending = this.open('bind').bind(local);
    if (isPending(pending)) await this.settle('bind', pending, deadline);
  }

  /**
   * Ends receiving (`SHUT_RD`), sending (`SHUT_WR`) or both (`SHUT_RDWR`). After `SHUT_WR` the peer reads what was sent
   * and then zero bytes, while this side goes on receiving.
   *
   * @throws SocketError ENOTCONN, EBADF.
   * @see shutdown(2)
   */
  shutdown(how: ShutdownHow): void {
    if (how !== 0 && how !== 1 && how !== 2)
      throw new RangeError(`How must be SHUT_RD, SHUT_WR or SHUT_RDWR, got ${String(how)}`);
    this.open('shutdown').shutdown(how);
  }

  /**
   * Sends what is queued and releases the socket; its address is free when the promise resolves. Waiting calls end
   * with ECANCELED, later calls with EBADF. Closing twice is no error. A stream closed with unread input resets the
   * connection, as everywhere: `shutdown(SHUT_WR)` and read to the end first if the peer must get every byte.
   *
   * @see close(2)
   */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#closing = Promise.resolve(this.#engineSocket.close());
    }
    return this.#closing ?? Promise.resolve();
  }

  /**
   * The number of the descriptor, for another thread of this process (`fromfd`) or a program that is started. It stays
   * this socket's: `close()` closes it.
   *
   * @throws SocketError EOPNOTSUPP on an engine without descriptors (`node`, `sim`), EBADF.
   * @see fileno(3)
   */
  fileno(): number {
    const { fd } = this.open('fileno');
    if (fd === undefined)
      throw this.error('EOPNOTSUPP', 'fileno', `the engine ${this.engine.name} has no descriptors`);
    return fd;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The socket's own address.
   *
   * @throws SocketError EBADF.
   * @see getsockname(2)
   */
  getsockname(): AddressOf<F> {
    return this.open('getsockname').getsockname() as AddressOf<F>;
  }

  /**
   * The address of the peer.
   *
   * @throws SocketError ENOTCONN, EBADF.
   * @see getpeername(2)
   */
  getpeername(): AddressOf<F> {
    return this.open('getpeername').getpeername() as AddressOf<F>;
  }

  /**
   * Reads a socket option: one of the table by its name, or any other by its number, as bytes.
   *
   * @throws SocketError ENOPROTOOPT when this engine, family or type does not have it, EBADF; TypeError when the level is not the option's.
   * @see getsockopt(2)
   */
  getsockopt<L extends OptionLevel, V>(level: L, option: SocketOption<L, V>): V;
  getsockopt(level: number, option: number): Uint8Array;
  getsockopt(level: number, option: SocketOption | number): unknown {
    return this.open('getsockopt').getsockopt(optionOf(level, option));
  }

  /**
   * Sets a socket option: one of the table by its name, or any other by its number, as bytes or a 32-bit integer.
   *
   * @throws SocketError ENOPROTOOPT when this engine, family or type does not have it, EINVAL for a value out of range,
   * EPERM without the right, EBADF; TypeError for a value of another type.
   * @see setsockopt(2)
   */
  setsockopt<L extends OptionLevel, V>(level: L, option: SocketOption<L, V>, value: V): void;
  setsockopt(level: number, option: number, value: number | Uint8Array): void;
  setsockopt(level: number, option: SocketOption | number, value: unknown): void {
    const row = optionOf(level, option);
    if (row.access === 'read') throw this.error('ENOPROTOOPT', 'setsockopt', `${row.name} can only be read`);
    checkOptionValue(row, value);
    this.open('setsockopt').setsockopt(row, value);
    this.optionSet(row, value);
  }

  /** Sets the timeout of every later waiting call that has none of its own; `undefined` waits for ever, the default. */
  settimeout(timeoutMs: number | undefined): void {
    checkTimeout(timeoutMs);
    this.#timeoutMs = timeoutMs;
  }

  /** The timeout that `settimeout` set, in milliseconds. */
  gettimeout(): number | undefined {
    return this.#timeoutMs;
  }

  /** @internal The engine's socket, for the call `syscall`; EBADF once closed. */
  protected open(syscall: string): E {
    if (this.closed) throw this.error('EBADF', syscall);
    return this.#engineSocket;
  }

  /** @internal The engine's socket, closed or not: for what it counts. */
  protected get engineSocket(): E {
    return this.#engineSocket;
  }

  /** @internal Puts another engine socket in place: a connection attempt won on it. */
  protected replace(engineSocket: E): void {
    this.#engineSocket = engineSocket;
  }

  /** @internal Told of every option that was set. */
  protected optionSet(_option: SocketOption, _value: unknown): void {}

  /** @internal */
  protected deadline(options: CallOptions | undefined): Deadline | undefined {
    return Deadline.of(options, this.#timeoutMs);
  }

  /** @internal Waits for an engine's operation under the call's deadline. */
  protected settle<T>(
    syscall: string,
    pending: Promise<T>,
    deadline: Deadline | undefined,
    remote?: Address,
  ): Promise<T> {
    return deadline
      ? deadline.settle(pending, this.engine, (ms) =>
          this.error('ETIMEDOUT', syscall, timeoutText(ms), remote),
        )
      : pending;
  }

  /** @internal The address for the engine: checked, and with a literal host (the first one that a name resolves to). */
  protected resolve(
    syscall: string,
    address: Address,
    deadline: Deadline | undefined,
  ): Address | Promise<Address> {
    const read = readAddress(address, this.family);
    if (isUnixAddress(read)) return read;
    const host = this.literal(syscall, read);
    if (host !== undefined) return { host, port: read.port };
    return this.settle(syscall, this.#resolveName(syscall, read, deadline), deadline);
  }

  /** @internal The literal host of an address, `undefined` when it holds a name. */
  protected literal(syscall: string, address: InetAddress): string | undefined {
    if (this.family === AF_UNIX) return undefined;
    const foreign = wrongFamily(this.engine, syscall, address, this.family);
    if (foreign) throw foreign;
    return literalHost(address.host, this.family);
  }

  /** @internal */
  protected error(code: ErrorCode, syscall: string, text?: string, remote?: Address): SocketError {
    return new SocketError({
      code,
      syscall,
      engine: this.engine.name,
      transport: transportName(this.family, this.type),
      remote,
      text,
    });
  }

  async #resolveName(
    syscall: string,
    { host, port }: InetAddress,
    deadline: Deadline | undefined,
  ): Promise<Address> {
    if (this.family === AF_UNIX) throw new TypeError('A Unix socket has no host');
    const [first = ''] = await resolveFor(this.engine, this.family, host, deadline);
    if (this.closed) throw this.error('ECANCELED', syscall);
    return { host: first, port };
  }
}

/** What `bind` takes: the host may be left out. */
export type BindAddress<F extends Family> = F extends typeof AF_UNIX
  ? AddressOf<F>
  : { readonly host?: string; readonly port: number };

function optionOf(level: number, option: SocketOption | number): SocketOption {
  if (typeof option === 'number') return rawOption(level, option);
  if (option.level !== level)
    throw new TypeError(`${option.name} is an option of level ${option.level}, got level ${level}`);
  return option;
}
