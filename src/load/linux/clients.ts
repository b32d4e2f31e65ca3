/**
 * The clients of a load as descriptors that this program waits for itself: blocking epoll_wait(2), no event loop, no
 * promise. Sockets block while they connect; afterwards every call says MSG_DONTWAIT.
 */
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  EPOLLOUT,
} from '../../engines/linux/epoll.ts';
import type { Libc } from '../../engines/linux/ffi.ts';
import { EPOLL_EVENT, SOCKADDR_BYTES, SOCKADDR_IN } from '../../engines/linux/layout.ts';
import { Slab } from '../../engines/linux/memory.ts';
import { SockaddrCodec } from '../../engines/linux/sockaddr.ts';
import type { Address, SocketOption } from '../../index.ts';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  SO_LINGER,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SocketError,
  TCP_NODELAY,
} from '../../index.ts';
import { errorCode, errorNumber } from '../../posix/errno.ts';
import type { LoadSpec } from '../spec.ts';

export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const EAGAIN = 11;
export const EINTR = 4;
export const ECONNREFUSED = 111;

/** What connect(2) says when `SO_SNDTIMEO` is over. */
const EINPROGRESS = errorNumber('EINPROGRESS');
const ETIMEDOUT = errorNumber('ETIMEDOUT');

const SOL_SOCKET = 1;
const SOCK_CLOEXEC = 0x80000;
/** `SO_SNDTIMEO`, which limits connect(2) too. */
const SO_SNDTIMEO = 21;
const CONNECT_SECONDS = 5;
/** Room for the answers of a whole window; the kernel gives what its limit allows. */
const BUFFER_BYTES = 4 << 20;
const EVENTS_MAX = 256;

/** Opens sockets to one address, and waits for them. */
export class Clients {
  readonly libc: Libc;
  readonly spec: LoadSpec;
  readonly #codec: SockaddrCodec;
  readonly #remote: Address;
  readonly #epoll: number;
  readonly #events: Slab;
  readonly #event: Slab;
  readonly #scratch: Slab;
  readonly #open = new Set<number>();

  constructor(libc: Libc, spec: LoadSpec) {
    this.libc = libc;
    this.spec = spec;
    this.#codec = new SockaddrCodec(libc);
    this.#remote = { host: spec.host, port: spec.port };
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    this.#events = new Slab(libc, EVENTS_MAX * EPOLL_EVENT.size);
    this.#event = new Slab(libc, EPOLL_EVENT.size);
    this.#scratch = new Slab(libc, SOCKADDR_BYTES);
  }

  /** A socket that is connected to the server; from `source` where one is named. */
  connect(source?: string): number {
    const fd = this.#socket();
    if (source !== undefined) this.#call('bind', fd, { host: source, port: 0 });
    this.#call('connect', fd, this.#remote);
    return fd;
  }

  /** A socket that is bound to the address of the load, and its port. */
  bind(port: number = this.spec.port): { fd: number; port: number } {
    const fd = this.#socket();
    this.#call('bind', fd, { host: this.spec.host, port });
    this.#scratch.view.setUint32(SOCKADDR_BYTES, SOCKADDR_BYTES, true);
    const name = this.#scratch.at(0, SOCKADDR_BYTES);
    this.libc.getsockname(fd, name, this.#scratch.at(SOCKADDR_BYTES, 4));
    return { fd, port: this.#scratch.view.getUint16(SOCKADDR_IN.port) };
  }

  /** Sets an option whose value is an `int`; false when the kernel refuses. */
  set(fd: number, level: number, name: number, value: number, second = 0): boolean {
    this.#scratch.view.setInt32(0, value, true);
    this.#scratch.view.setInt32(4, second, true);
    const length = name === SO_LINGER.number || name === SO_SNDTIMEO ? 8 : 4;
    return this.libc.setsockopt(fd, level, name, this.#scratch.at(0, length), length) === 0;
  }

  /** Closes with a reset, so that no port stays in TIME-WAIT. */
  abort(fd: number): void {
    this.set(fd, SOL_SOCKET, SO_LINGER.number, 1);
    this.close(fd);
  }

  close(fd: number): void {
    this.#open.delete(fd);
    this.libc.close(fd);
  }

  /** Has `wait` tell of `index` when `fd` is readable. */
  watch(fd: number, index: number): void {
    this.#control(EPOLL_CTL_ADD, fd, index, EPOLLIN);
  }

  /** Has `wait` tell of room to write too, or no longer. */
  watchRoom(fd: number, index: number, wanted: boolean): void {
    this.#control(EPOLL_CTL_MOD, fd, index, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  /** No longer waits for `fd`. */
  forget(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** Waits and gives how many are ready; 0 when the time is over. */
  wait(timeoutMs: number): number {
    return Math.max(
      0,
      this.libc.epoll_wait(
        this.#epoll,
        this.#events.at(0, EVENTS_MAX * EPOLL_EVENT.size),
        EVENTS_MAX,
        timeoutMs,
      ),
    );
  }

  /** The index of the `at`-th that is ready. */
  ready(at: number): number {
    return this.#events.words[(at * EPOLL_EVENT.size + EPOLL_EVENT.data) >> 2] ?? 0;
  }

  /** Closes all. */
  end(): void {
    for (const fd of this.#open) this.libc.close(fd);
    this.libc.close(this.#epoll);
  }

  /** The error of the last call. */
  error(syscall: string, errno: number = this.libc.errno()): SocketError {
    const { transport } = this.spec;
    return new SocketError({
      code: errorCode(errno) ?? 'EIO',
      syscall,
      engine: 'linux',
      transport,
      remote: this.#remote,
    });
  }

  #socket(): number {
    const { transport, host } = this.spec;
    const family = host.includes(':') ? AF_INET6 : AF_INET;
    const fd = this.libc.socket(family, (transport === 'udp' ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (fd < 0) throw this.error('socket');
    this.#open.add(fd);
    this.set(fd, SOL_SOCKET, SO_SNDTIMEO, CONNECT_SECONDS);
    if (transport === 'tcp') this.set(fd, IPPROTO_TCP, TCP_NODELAY.number, 1);
    else for (const option of [SO_RCVBUF, SO_SNDBUF]) this.#grow(fd, option);
    return fd;
  }

  #grow(fd: number, { number }: SocketOption): void {
    this.set(fd, SOL_SOCKET, number, BUFFER_BYTES);
  }

  #call(name: 'bind' | 'connect', fd: number, address: Address): void {
    const family = this.spec.host.includes(':') ? AF_INET6 : AF_INET;
    const length = this.#codec.write(this.#scratch, 0, address, family);
    if (this.libc[name](fd, this.#scratch.at(0, SOCKADDR_BYTES), length) >= 0) return;
    const errno = this.libc.errno();
    throw this.error(name, errno === EINPROGRESS ? ETIMEDOUT : errno);
  }

  #control(operation: number, fd: number, index: number, events: number): void {
    this.#event.view.setUint32(EPOLL_EVENT.events, events, true);
    this.#event.view.setUint32(EPOLL_EVENT.data, index, true);
    this.libc.epoll_ctl(this.#epoll, operation, fd, this.#event.at(0, EPOLL_EVENT.size));
  }
}
