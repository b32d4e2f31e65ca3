/**
 * Stream sockets: TCP, Unix streams and sequenced packets. Connecting, accepting, and receiving, with one `recv` of the
 * kernel a request; `stream-sender.ts` is the other half. A socket that has had its share of a turn goes on in the next.
 */
import type { Address } from '../../posix/address.ts';
import type { Family, SocketType } from '../../posix/constants.ts';
import { AF_UNIX, MSG_EOR, MSG_PEEK, MSG_TRUNC, MSG_WAITALL } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { errorCode, errorNumber } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import { SO_REUSEADDR } from '../../posix/options.ts';
import type { Accepted, Cancellation, EngineStreamSocket, Eventually, StreamReceived } from '../engine.ts';
import { EPOLLIN, EPOLLOUT } from './epoll.ts';
import { IOVEC, MSGHDR, SOCKADDR_BYTES } from './layout.ts';
import { DESCRIPTOR_FLAGS, EAGAIN, EINTR, LinuxSocket } from './linux-socket.ts';
import { copyOut, LARGE_BYTES } from './memory.ts';
import type { Reactor } from './reactor.ts';
import { SendingSocket } from './stream-sender.ts';
import type { StreamShare } from './stream-share.ts';
import { SLAB_BYTES } from './stream-share.ts';

const EINPROGRESS = errorNumber('EINPROGRESS');

/** How long a Unix `connect` rests when the accept queue is full, in milliseconds: no event tells when it is not. */
const UNIX_CONNECT_REST_MS = 5;
/** The failures of a connection that was still in the accept queue: accept(2) says to try again. */
const GONE_IN_QUEUE: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  'ECONNABORTED',
  'ENETDOWN',
  'EPROTO',
  'ENOPROTOOPT',
  'EOPNOTSUPP',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

interface Receiving {
  readonly size: number;
  readonly flags: number;
  /** Whether the caller wants what `recvmsg` knows, or only the bytes. */
  readonly message: boolean;
  /** Where the program wants the bytes, when they are many: the kernel writes there. */
  readonly into?: Uint8Array | undefined;
}

/** A stream or seqpacket socket of the kernel. */
export class LinuxStreamSocket extends SendingSocket implements EngineStreamSocket {
  #readers = this.noQueue<Receiving, Uint8Array | StreamReceived>();
  #acceptors = this.noQueue<undefined, Accepted<EngineStreamSocket>>();
  #connectors = this.noQueue<Address, void>();
  /** Bytes that a cancelled MSG_WAITALL had taken already: the next call's first. */
  #givenBack: Uint8Array | undefined;
  #reuseAddressSet = false;
  /** The last receive was large: the next goes to memory that becomes the caller's. */
  #expectsMuch = false;
  bytesRead = 0;

  static create(reactor: Reactor, share: StreamShare, family: Family, type: SocketType): LinuxStreamSocket {
    return new LinuxStreamSocket(reactor, share, family, type, LinuxSocket.open(reactor, family, type));
  }

  /** Makes a socket of a descriptor that is fit for it. */
  static adopt(
    reactor: Reactor,
    share: StreamShare,
    family: Family,
    type: SocketType,
    fd: number,
    close: (() => void) | undefined,
  ): LinuxStreamSocket {
    return new LinuxStreamSocket(reactor, share, family, type, fd, close);
  }

  /** Binds with SO_REUSEADDR unless the program has set it: a server must be able to start again at once (socket(7)). */
  override bind(address: Address): void {
    if (!this.#reuseAddressSet && this.family !== AF_UNIX) super.setsockopt(SO_REUSEADDR, true);
    super.bind(address);
  }

  override setsockopt(option: SocketOption, value: unknown): void {
    super.setsockopt(option, value);
    if (option === SO_REUSEADDR) this.#reuseAddressSet = true;
  }

  connect(address: Address | undefined, cancellation?: Cancellation): Eventually<void> {
    if (address === undefined) throw this.error('EINVAL', 'connect');
    if (this.#connectors.size > 0) throw this.error('EALREADY', 'connect', address);
    this.hungUp = false;
    if (this.#tryConnect(address)) return;
    this.#connectors = this.realQueue(this.#connectors);
    const connected = this.wait(this.#connectors, address, cancellation, EPOLLOUT);
    return cancellation ? connected.catch((reason) => this.#giveUpConnect(reason)) : connected;
  }

  listen(backlog: number): void {
    if (this.reactor.libc.listen(this.fd, backlog) < 0) throw this.failure('listen', this.getsockname());
  }

  accept(cancellation?: Cancellation): Eventually<Accepted<EngineStreamSocket>> {
    const accepted = this.#acceptors.size === 0 ? this.#tryAccept() : undefined;
    this.#acceptors = this.realQueue(this.#acceptors);
    return accepted ?? this.wait(this.#acceptors, undefined, cancellation, EPOLLIN);
  }

  recv(size: number, flags: number, cancellation?: Cancellation, given?: Uint8Array): Eventually<Uint8Array> {
    const into = size >= LARGE_BYTES && !this.records ? given : undefined;
    const receiving = { size, flags: flags & ~MSG_WAITALL, message: false, into };
    if (this.#wantsAll(flags)) return this.#receiveAll(receiving, cancellation).then(({ data }) => data);
    return this.#receive(receiving, cancellation) as Eventually<Uint8Array>;
  }

  recvmsg(size: number, flags: number, cancellation?: Cancellation): Eventually<StreamReceived> {
    const receiving = { size, flags: flags & ~MSG_WAITALL, message: true };
    if (this.#wantsAll(flags)) return this.#receiveAll(receiving, cancellation);
    return this.#receive(receiving, cancellation) as Eventually<StreamReceived>;
  }

  close(): Eventually<void> {
    this.#readers.rejectAll(() => this.closedError('recv'));
    this.#acceptors.rejectAll(() => this.closedError('accept'));
    this.#connectors.rejectAll(() => this.closedError('connect'));
    return this.closeSending();
  }

  wantsBytes(): number {
    const receiving = this.#readers.first;
    const plain =
      receiving !== undefined &&
      receiving.flags === 0 &&
      !receiving.message &&
      !receiving.into &&
      !this.records;
    if (!plain || this.#expectsMuch || this.#acceptors.size > 0 || this.#givenBack || !this.mayCall())
      return 0;
    return receiving.size;
  }

  onReceived(result: number, bytes: Uint8Array, offset: number, room: number): void {
    this.readable = true;
    try {
      if (result >= 0) {
        this.#noteReceived(result, room, 0);
        this.#readers.resolve(copyOut(bytes, offset, result));
      } else if (-result === EAGAIN) this.isEmpty();
      else if (-result !== EINTR) throw this.failure('recv', undefined, -result);
    } catch (error) {
      this.#readers.reject(error);
    }
    if (this.#readers.size > 0) this.pumpReaders();
  }

  protected pumpReaders(): void {
    while (this.#acceptors.size > 0 || this.#readers.size > 0) {
      const queue = this.#acceptors.size > 0 ? this.#acceptors : this.#readers;
      try {
        if (!this.#serveReader()) return;
      } catch (error) {
        queue.reject(error);
      }
    }
  }

  protected override pumpWriters(): void {
    for (let address = this.#connectors.first; address && this.writable; address = this.#connectors.first) {
      try {
        if (!this.#tryConnect(address)) return;
        this.#connectors.resolve();
      } catch (error) {
        this.#connectors.reject(error);
      }
    }
    super.pumpWriters();
  }

  /** Serves the first call that waits to read; false when it has to wait on. */
  #serveReader(): boolean {
    if (this.#acceptors.size > 0) {
      const accepted = this.#tryAccept();
      if (accepted) this.#acceptors.resolve(accepted);
      return accepted !== undefined;
    }
    const received = this.#tryReceive(this.#readers.first as Receiving);
    if (received) this.#readers.resolve(received);
    return received !== undefined;
  }

  #receive(
    receiving: Receiving,
    cancellation: Cancellation | undefined,
  ): Eventually<Uint8Array | StreamReceived> {
    const received = this.#readers.size === 0 ? this.#tryReceive(receiving) : undefined;
    if (received) return received;
    this.#readers = this.realQueue(this.#readers);
    return this.wait(this.#readers, receiving, cancellation, EPOLLIN);
  }

  /**
   * Starts the handshake, or asks how it ended: a second connect(2) tells that, and leaves the socket fit for a third,
   * which SO_ERROR does not.
   */
  #tryConnect(address: Address): boolean {
    const { addressSlab, codec, libc } = this.reactor;
    const length = codec.write(addressSlab, 0, address, this.family);
    if (length === 0) throw this.badAddress('connect', address);
    if (libc.connect(this.fd, addressSlab.at(0, length), length) === 0) {
      this.peer = address;
      return true;
    }
    const errno = libc.errno();
    this.writable = false;
    if (errno === EINPROGRESS || errno === EINTR || errno === errorNumber('EALREADY')) return false;
    if (errno !== EAGAIN) {
      this.writable = true;
      throw this.failure('connect', address, errno);
    }
    setTimeout(() => this.#retryConnect(), UNIX_CONNECT_REST_MS);
    return false;
  }

  #retryConnect(): void {
    if (this.released) return;
    this.writable = true;
    this.pumpWriters();
  }

  /** A connection attempt that nobody waits for any more is taken back, so that the socket can try another. */
  #giveUpConnect(reason: unknown): never {
    if (!this.released && this.#connectors.size === 0 && this.family !== AF_UNIX) this.disconnect();
    throw reason;
  }

  #tryAccept(): Accepted<EngineStreamSocket> | undefined {
    const { addressSlab, libc, codec } = this.reactor;
    while (this.readable && this.mayCall()) {
      addressSlab.view.setUint32(SOCKADDR_BYTES, SOCKADDR_BYTES, true);
      const fd = libc.accept4(
        this.fd,
        addressSlab.at(0, SOCKADDR_BYTES),
        addressSlab.at(SOCKADDR_BYTES, 4),
        DESCRIPTOR_FLAGS,
      );
      if (fd >= 0) {
        this.notEmpty();
        const length = Math.min(addressSlab.view.getUint32(SOCKADDR_BYTES, true), SOCKADDR_BYTES);
        const address = codec.read(addressSlab, 0, length);
        const socket = new LinuxStreamSocket(this.reactor, this.share, this.family, this.type, fd);
        socket.peer = address;
        return { socket, address };
      }
      const errno = libc.errno();
      if (errno === EAGAIN) this.isEmpty();
      else if (errno !== EINTR && !GONE_IN_QUEUE.has(errorCode(errno)))
        throw this.failure('accept', undefined, errno);
    }
    return undefined;
  }

  #tryReceive(receiving: Receiving): Uint8Array | StreamReceived | undefined {
    const { size, flags, into } = receiving;
    if (this.#givenBack) return this.#takeGivenBack(receiving, this.#givenBack);
    if (into) return this.#tryReceiveInto(into, flags);
    const { libc } = this.reactor;
    const room = Math.min(size, SLAB_BYTES);
    while (this.readable && this.mayCall()) {
      const memory = this.#expectsMuch && room >= LARGE_BYTES ? this.share.uncleared(room) : undefined;
      const count = this.records
        ? this.#receiveMessage(room, flags)
        : libc.recv(this.fd, memory?.at(room) ?? this.share.bytes.at(0, room), room, flags);
      if (count >= 0) {
        this.#noteReceived(count, room, flags);
        const data = memory
          ? this.share.keep(memory, count)
          : copyOut(this.share.bytes.bytes, 0, Math.min(count, room));
        return this.#result(receiving, count, data);
      }
      this.#noteRefused(libc.errno());
    }
    return undefined;
  }

  #tryReceiveInto(into: Uint8Array, flags: number): Uint8Array | undefined {
    const { libc } = this.reactor;
    while (this.readable && this.mayCall()) {
      // an array whose memory went to another thread while its call waited has none left
      if (into.length === 0) throw this.error('EFAULT', 'recv');
      const count = libc.recvInto(this.fd, into, into.length, flags);
      if (count >= 0) {
        this.#noteReceived(count, into.length, flags);
        return into.subarray(0, count);
      }
      this.#noteRefused(libc.errno());
    }
    return undefined;
  }

  /** Nothing is there, or a signal came between; throws any other reason. */
  #noteRefused(errno: number): void {
    if (errno === EAGAIN) this.isEmpty();
    else if (errno !== EINTR) throw this.failure('recv', undefined, errno);
  }

  /** Less than was asked for means that there is no more, until the kernel says so; a message may always be shorter. */
  #noteReceived(count: number, room: number, asked: number): void {
    this.notEmpty();
    // The kernel tells an error once, and the outbox has had it: after it the end of the stream looks orderly.
    if (count === 0) this.throwPending();
    if ((asked & MSG_PEEK) === 0) this.bytesRead += count;
    this.#expectsMuch = count >= LARGE_BYTES && !this.records;
    if (!this.records && asked === 0 && count > 0 && count < room && !this.hungUp) this.readable = false;
  }

  #result({ message }: Receiving, count: number, data: Uint8Array): Uint8Array | StreamReceived {
    if (!message) return data;
    const { view } = this.share.message;
    const flags = this.records ? view.getInt32(MSGHDR.flags, true) & (MSG_EOR | MSG_TRUNC) : 0;
    return { data, flags, length: count };
  }

  #receiveMessage(room: number, flags: number): number {
    const { message } = this.share;
    message.words[(MSGHDR.size + IOVEC.length) / 4] = room;
    message.view.setInt32(MSGHDR.flags, 0, true);
    return this.reactor.libc.recvmsg(this.fd, message.at(0, MSGHDR.size), flags | MSG_TRUNC);
  }

  /** MSG_WAITALL means something on a byte stream only, and a peek has what is there. */
  #wantsAll(flags: number): boolean {
    return (flags & MSG_WAITALL) !== 0 && (flags & MSG_PEEK) === 0 && !this.records;
  }

  /** MSG_WAITALL: until `size` bytes are there, the stream ends or fails. A cancelled one gives back what it has. */
  async #receiveAll(
    { size, flags }: Receiving,
    cancellation: Cancellation | undefined,
  ): Promise<StreamReceived> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      while (length < size) {
        const receiving = { size: size - length, flags, message: false };
        const data = (await this.#receive(receiving, cancellation)) as Uint8Array;
        if (data.length === 0) break;
        chunks.push(data);
        length += data.length;
      }
    } catch (error) {
      if (length > 0) this.#givenBack = concat(chunks);
      throw error;
    }
    return { data: concat(chunks), flags: 0, length };
  }

  #takeGivenBack({ size, flags, message }: Receiving, given: Uint8Array): Uint8Array | StreamReceived {
    const data = given.slice(0, size);
    if (!(flags & MSG_PEEK))
      this.#givenBack = data.length < given.length ? given.slice(data.length) : undefined;
    return message ? { data, flags: 0, length: data.length } : data;
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let used = 0;
  for (const chunk of chunks) {
    whole.set(chunk, used);
    used += chunk.length;
  }
  return whole;
}
