/**
 * What datagram and stream sockets of this engine share: the descriptor, what is known of its readiness, names,
 * shutdown, errors. Readiness is remembered as tokio and mio do: a socket is taken to be ready until the kernel says
 * EAGAIN or gives less than was asked for, and is registered with the reactor when it first has to wait.
 */

import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { Family, ShutdownHow, SocketType } from '../../posix/constants.ts';
import { AF_INET6, AF_UNIX, SHUT_WR, transportName } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { errorCode, errorNumber } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import { IPV6_V6ONLY } from '../../posix/options.ts';
import { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, EngineSocket, Eventually } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from './epoll.ts';
import { SOCKADDR_BYTES, SOCKADDR_IN } from './layout.ts';
import { readOption, writeOption } from './options.ts';
import type { Reactor, Watched } from './reactor.ts';

/** The same bit as O_NONBLOCK. */
export const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;

/** The flags with which every descriptor is made: never blocks, never inherited by a program that is started. */
export const DESCRIPTOR_FLAGS: number = SOCK_NONBLOCK | SOCK_CLOEXEC;
/** Never a SIGPIPE. */
export const MSG_NOSIGNAL = 0x4000;

export const EINTR: number = errorNumber('EINTR');
export const EAGAIN: number = errorNumber('EAGAIN');
const ENOBUFS = errorNumber('ENOBUFS');
const ENOMEM = errorNumber('ENOMEM');

/** How long a send rests when the kernel is out of memory: no event tells when it has some again. A guess. */
const MEMORY_REST_MS = 1;
/** How many times in a row a socket that turned out empty is watched anew. */
const EMPTY_TIMES_MAX = 2;

/** The queue of all sockets on which nobody has ever waited for some kind of call. */
const NOBODY: WaitQueue<unknown, unknown> = new WaitQueue();

/** The operating system's socket behind one descriptor. */
export abstract class LinuxSocket implements EngineSocket, Watched {
  readonly fd: number;
  readonly generation: number;
  readonly family: Family;
  readonly type: SocketType;
  protected readonly reactor: Reactor;
  /** The kernel may have something to read. */
  protected readable = true;
  /** The kernel may have room to write. */
  protected writable = true;
  /** The peer has ended its side, or an error came: a short read does not mean that nothing is left to read. */
  protected hungUp = false;
  /** The peer of a connection: the kernel forgets it when the connection breaks. */
  protected peer: Address | undefined;
  #registered = 0;
  #closed = false;
  #turn = -1;
  #completions = 0;
  #resting = false;
  #emptyTimes = 0;
  readonly #closeInstead: (() => void) | undefined;

  /** @param close - called in place of close(2), for a descriptor that belongs to somebody else. */
  constructor(reactor: Reactor, family: Family, type: SocketType, fd: number, close?: () => void) {
    this.reactor = reactor;
    this.fd = fd;
    this.#closeInstead = close;
    this.generation = reactor.enter(this);
    this.family = family;
    this.type = type;
  }

  /** Opens a descriptor. IPv6 sockets take IPv4 too, whatever the system's default. */
  static open(reactor: Reactor, family: Family, type: SocketType): number {
    const fd = reactor.libc.socket(family, type | DESCRIPTOR_FLAGS, 0);
    if (fd < 0) throw systemError(reactor, 'socket', transportName(family, type));
    if (family === AF_INET6) writeOption(reactor, fd, IPV6_V6ONLY, false);
    return fd;
  }

  bind(address: Address): void {
    this.withAddress('bind', address, (pointer, length) => this.reactor.libc.bind(this.fd, pointer, length));
  }

  abstract connect(address: Address | undefined, cancellation?: Cancellation): Eventually<void>;

  shutdown(how: ShutdownHow): void {
    if (this.reactor.libc.shutdown(this.fd, how) < 0) throw this.failure('shutdown');
    if (how === SHUT_WR) return;
    this.readable = true;
    this.hungUp = true;
    this.pumpReaders();
  }

  getsockname(): Address {
    return this.#name('getsockname', this.reactor.libc.getsockname);
  }

  getpeername(): Address {
    return this.#name('getpeername', this.reactor.libc.getpeername);
  }

  getsockopt(option: SocketOption): unknown {
    if (option.access === 'write')
      throw this.error('ENOPROTOOPT', 'getsockopt', undefined, `${option.name} can only be set`);
    return readOption(this.reactor, this.fd, option) ?? this.#fail('getsockopt', option.name);
  }

  setsockopt(option: SocketOption, value: unknown): void {
    if (!writeOption(this.reactor, this.fd, option, value)) this.#fail('setsockopt', option.name);
  }

  abstract close(): Eventually<void>;

  onEvents(events: number): void {
    const broken = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if (broken || events & EPOLLRDHUP) this.hungUp = true;
    if (broken || events & (EPOLLIN | EPOLLRDHUP)) {
      this.readable = true;
      this.pumpReaders();
    }
    if (broken || events & EPOLLOUT) {
      this.writable = true;
      this.pumpWriters();
    }
  }

  onTurn(): void {
    if (this.#closed) return;
    this.pumpReaders();
    this.pumpWriters();
  }

  onTurnEnd(): void {}

  /** Serves the calls that wait to read, as far as the kernel has something. Never throws. */
  protected abstract pumpReaders(): void;
  /** Serves the calls that wait to write, as far as the kernel has room. Never throws. */
  protected abstract pumpWriters(): void;

  /** A queue of waiting calls that keeps the program running while it is not empty. */
  protected waitQueue<Request, Result>(): WaitQueue<Request, Result> {
    return new WaitQueue(this.reactor.onIdle);
  }

  /** In place of a queue that most sockets never need: nobody waits in it. */
  protected noQueue<Request, Result>(): WaitQueue<Request, Result> {
    return NOBODY as WaitQueue<Request, Result>;
  }

  /** The queue itself when it is a real one, else a new one. */
  protected realQueue<Request, Result>(queue: WaitQueue<Request, Result>): WaitQueue<Request, Result> {
    return queue === NOBODY ? this.waitQueue() : queue;
  }

  /** Lets a call wait in `queue` for the events that end its wait. */
  protected wait<Request, Result>(
    queue: WaitQueue<Request, Result>,
    request: Request,
    cancellation: Cancellation | undefined,
    events: number,
  ): Promise<Result> {
    // a send that rests is tried again without an event
    const needless = events === 0 || (events === EPOLLOUT && this.#resting);
    if (!needless && !this.register(events)) throw this.failure('epoll_ctl');
    if (queue.size === 0) this.reactor.hold();
    return queue.wait(request, cancellation);
  }

  /** Asks the reactor for `events`, besides those asked for already; false when the kernel has no room for it. */
  protected register(events: number): boolean {
    const wanted = this.#registered | events | EPOLLRDHUP;
    if (wanted === this.#registered || this.#closed) return true;
    const done = this.#registered === 0 ? this.reactor.add(this, wanted) : this.reactor.modify(this, wanted);
    if (done) this.#registered = wanted;
    return done;
  }

  /** No longer asks for room to write: on a datagram socket every datagram that leaves would wake us. */
  protected stopWatchingRoom(): void {
    if ((this.#registered & EPOLLOUT) === 0 || this.#closed) return;
    this.#registered &= ~EPOLLOUT;
    this.reactor.modify(this, this.#registered);
  }

  /** Counts completions; false when this turn has had more than `max`, and then the next turn goes on. */
  protected withinTurn(max: number, completions = 1): boolean {
    if (this.#turn !== this.reactor.turn) {
      this.#turn = this.reactor.turn;
      this.#completions = 0;
    }
    this.#completions += completions;
    return this.#completions <= max;
  }

  /**
   * Takes what a failed send says about room: EAGAIN, and ENOBUFS and ENOMEM, which are back-pressure as well.
   *
   * @returns Whether the send is to wait.
   */
  protected isFull(errno: number): boolean {
    if (errno !== EAGAIN && errno !== ENOBUFS && errno !== ENOMEM) return false;
    this.writable = false;
    if (errno !== EAGAIN || !this.tellsOfRoom || !this.#watchAgain(EPOLLOUT)) this.#rest();
    return true;
  }

  /** Whether the kernel tells when a full socket has room again. */
  protected get tellsOfRoom(): boolean {
    return true;
  }

  /** The kernel has nothing to read: the next event will tell. */
  protected isEmpty(): void {
    this.readable = false;
    this.#emptyTimes += 1;
    // An event that came before this call would not come again. Some sockets say 'readable' and have nothing for ever
    // (UDP after SHUT_RD): they are not asked a third time.
    if (this.#registered === 0 || this.#emptyTimes > EMPTY_TIMES_MAX) return;
    if (!this.#watchAgain(EPOLLIN)) this.#rest();
  }

  /** The kernel had something to read. */
  protected notEmpty(): void {
    this.#emptyTimes = 0;
  }

  /** Asks for `events` so that one that is true already is reported again; false where the kernel refuses. */
  #watchAgain(events: number): boolean {
    const wanted = this.#registered | events | EPOLLRDHUP;
    const done = this.#registered === 0 ? this.reactor.add(this, wanted) : this.reactor.modify(this, wanted);
    if (done) this.#registered = wanted;
    return done;
  }

  /** Ends the descriptor's life. Nothing of this socket is called after. */
  protected release(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.reactor.leave(this, this.#registered !== 0);
    this.closeDescriptor();
  }

  closeDescriptor(): void {
    if (this.#closeInstead) this.#closeInstead();
    else this.reactor.libc.close(this.fd);
  }

  protected get released(): boolean {
    return this.#closed;
  }

  /** Takes the peer away, or a connection attempt back: connect(2) with AF_UNSPEC. */
  protected disconnect(): number {
    const { addressSlab, libc } = this.reactor;
    addressSlab.bytes.fill(0, 0, SOCKADDR_IN.size);
    return libc.connect(this.fd, addressSlab.at(0, SOCKADDR_IN.size), SOCKADDR_IN.size);
  }

  /** Calls libc with an address of this socket's family. */
  protected withAddress(
    syscall: string,
    address: Address,
    call: (pointer: number, length: number) => number,
  ): void {
    const { addressSlab, codec } = this.reactor;
    const length = codec.write(addressSlab, 0, address, this.family);
    if (length === 0) throw this.badAddress(syscall, address);
    if (call(addressSlab.at(0, length), length) < 0) throw this.failure(syscall, address);
  }

  /** The error for a host that is no address of this family. */
  protected badAddress(syscall: string, address: Address): SocketError {
    const text = isUnixAddress(address)
      ? undefined
      : `'${address.host}' is no address of this family or names no interface`;
    return this.error('EINVAL', syscall, address, text);
  }

  /** The error that the last libc call left, or that `errno` names. */
  protected failure(
    syscall: string,
    remote?: Address,
    errno: number = this.reactor.libc.errno(),
  ): SocketError {
    const code = errorCode(errno);
    return this.error(code ?? 'EIO', syscall, remote, code ? undefined : `errno ${errno}`);
  }

  protected error(code: ErrorCode, syscall: string, peer?: Address, text?: string): SocketError {
    const binding = syscall === 'bind' || syscall === 'listen';
    const local = binding ? peer : this.#known(this.reactor.libc.getsockname);
    const remote = binding ? undefined : (peer ?? this.peer ?? this.#known(this.reactor.libc.getpeername));
    const transport = transportName(this.family, this.type);
    return new SocketError({ code, syscall, engine: 'linux', transport, local, remote, text });
  }

  /** The error of a call that waited when the socket was closed. */
  protected closedError(syscall: string): SocketError {
    return this.error('ECANCELED', syscall, undefined, 'the socket was closed');
  }

  #rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    setTimeout(() => {
      this.#resting = false;
      this.readable = true;
      this.writable = true;
      this.onTurn();
    }, MEMORY_REST_MS);
  }

  #fail(syscall: string, option: string): never {
    const code = errorCode(this.reactor.libc.errno()) ?? 'EIO';
    throw this.error(code === 'EOPNOTSUPP' ? 'ENOPROTOOPT' : code, syscall, undefined, option);
  }

  #name(syscall: string, call: typeof this.reactor.libc.getsockname): Address {
    return this.#query(call) ?? this.#throwFailure(syscall);
  }

  #throwFailure(syscall: string): never {
    throw this.failure(syscall);
  }

  /** An end of the socket for an error message, without disturbing the error. */
  #known(call: typeof this.reactor.libc.getsockname): Address | undefined {
    const address = this.#closed ? undefined : this.#query(call);
    const named = address && (isUnixAddress(address) ? address.path !== '' : address.port !== 0);
    return named ? address : undefined;
  }

  #query(call: typeof this.reactor.libc.getsockname): Address | undefined {
    const { addressSlab, codec } = this.reactor;
    addressSlab.view.setUint32(SOCKADDR_BYTES, SOCKADDR_BYTES, true);
    if (call(this.fd, addressSlab.at(0, SOCKADDR_BYTES), addressSlab.at(SOCKADDR_BYTES, 4)) < 0)
      return undefined;
    const length = addressSlab.view.getUint32(SOCKADDR_BYTES, true);
    if (this.family === AF_UNIX && length < 2) return { path: '' };
    return codec.read(addressSlab, 0, Math.min(length, SOCKADDR_BYTES));
  }
}

/** The error of a call that has no socket yet. */
export function systemError(reactor: Reactor, syscall: string, transport: string): SocketError {
  const errno = reactor.libc.errno();
  const code = errorCode(errno);
  return new SocketError({
    code: code ?? 'EIO',
    syscall,
    engine: 'linux',
    transport,
    text: code ? undefined : `errno ${errno}`,
  });
}
