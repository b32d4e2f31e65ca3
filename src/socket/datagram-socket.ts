/** The UDP door, and Unix datagrams: one socket for all peers, each datagram with its address. */
import type { Engine, EngineDatagramSocket, Outgoing, Received } from '../engines/engine.ts';
import type { Address, AddressOf, InetAddress } from '../posix/address.ts';
import { checkPeerPort, isPeerPort, isUnixAddress, readAddress } from '../posix/address.ts';
import type { Family } from '../posix/constants.ts';
import {
  AF_INET,
  AF_UNIX,
  MSG_PEEK,
  MSG_TRUNC,
  SOCK_DGRAM,
  UDP4_PAYLOAD_MAX,
  UDP6_PAYLOAD_MAX,
} from '../posix/constants.ts';
import { BaseSocket } from './base-socket.ts';
import type { Data } from './bytes.ts';
import { toBytes } from './bytes.ts';
import type { CallOptions, Deadline } from './deadline.ts';
import { isPending } from './deadline.ts';
import { endsIteration } from './iteration.ts';
import type { Message, ReceivedMessage } from './message.ts';
import { checkControl, checkCount, checkFlags, checkSize } from './message.ts';

/** The default size of `recvfrom` in bytes: no datagram is longer. */
const DATAGRAM_MAX = 65_535;

/** The options of a receiving call. */
export interface ReceiveOptions extends CallOptions {
  /** `MSG_PEEK`: look at the datagram and leave it. */
  readonly flags?: number;
}

/** A datagram socket: `socket(AF_INET, SOCK_DGRAM)`. */
export class DatagramSocket<F extends Family = Family> extends BaseSocket<F, EngineDatagramSocket> {
  #connected = false;
  /** The host of the last peer that was checked whole: answers mostly go where the ones before them went. */
  #literalHost: string | undefined;

  /** @internal Use `socket()`. */
  constructor(engine: Engine, family: F, engineSocket: EngineDatagramSocket = engine.openDatagram(family)) {
    super(engine, family, SOCK_DGRAM, engineSocket);
  }

  /**
   * Fixes the peer: `send` needs no address, only its datagrams are received, and its ICMP errors are reported
   * (ECONNREFUSED on the next call when nobody has the port). Nothing is sent. `null` dissolves it.
   *
   * @throws SocketError ENETUNREACH, EAFNOSUPPORT, EBADF, `EAI_…` for a name; RangeError for port 0.
   * @see connect(2)
   */
  async connect(address: AddressOf<F> | null, options?: CallOptions): Promise<void> {
    const deadline = this.deadline(options);
    const peer = address === null ? undefined : await this.#peer('connect', address, deadline);
    const pending = this.open('connect').connect(peer, deadline);
    if (isPending(pending)) await this.settle('connect', pending, deadline);
    this.#connected = address !== null;
  }

  /**
   * Sends one datagram to `address`. Text goes out as UTF-8; no data is a datagram of length zero. Datagrams of one
   * turn may leave together; the error of one that was queued is reported by the next call on this socket.
   *
   * @param address - where to; a literal host is never looked up, a name is looked up at every call.
   * @returns The number of bytes, always all of them.
   * @throws SocketError EMSGSIZE (more than 65,507 bytes over IPv4, 65,527 over IPv6), EISCONN (the socket has a fixed peer), EACCES (broadcast
   * without `SO_BROADCAST`), ENETUNREACH, EHOSTUNREACH, EPERM, EBADF, ETIMEDOUT; RangeError for port 0.
   * @see sendto(2), udp(7)
   */
  sendto(data: Data, address: AddressOf<F>, options?: CallOptions): Promise<number> {
    // The busiest calls are no async functions: what is there at once costs one promise, and no second look.
    try {
      const bytes = toBytes(data);
      const deadline = this.deadline(options);
      if (this.#connected && !this.closed)
        throw this.error('EISCONN', 'sendto', 'the socket is connected; use send()');
      const resolved = this.#peer('sendto', address, deadline);
      if (isPending(resolved))
        return resolved.then((peer) => this.#send('sendto', { data: bytes, address: peer }, deadline));
      return promised(this.#send('sendto', { data: bytes, address: resolved }, deadline));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends one datagram to the peer that `connect` fixed.
   *
   * @throws SocketError EDESTADDRREQ (ENOTCONN on `AF_UNIX`) without a peer, ECONNREFUSED when an earlier datagram
   * found nobody, and as `sendto`.
   * @see send(2)
   */
  send(data: Data, options?: CallOptions): Promise<number> {
    try {
      const message = { data: toBytes(data), address: undefined };
      return promised(this.#send('send', message, this.deadline(options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives one datagram and the address of its sender. A datagram longer than `size` is cut and its rest is lost, as
   * Berkeley sockets do; `recvmsg` says that it was.
   *
   * @param size - bytes, 0–65,535; 65,535 when left out, which cuts nothing.
   * @returns The bytes, yours for ever, and the address, which `sendto` takes as it is.
   * @throws SocketError ECONNREFUSED (a connected peer has no such port), ETIMEDOUT, ECANCELED (closed meanwhile), EBADF.
   * @see recvfrom(2)
   */
  recvfrom(size: number = DATAGRAM_MAX, options?: ReceiveOptions): Promise<[Uint8Array, AddressOf<F>]> {
    try {
      checkSize(size);
      const pending = this.#receive('recvfrom', options);
      return isPending(pending)
        ? pending.then((received) => withSender(received, size))
        : Promise.resolve(withSender(pending, size));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Receives one datagram; for a connected socket, where the sender is known.
   *
   * @see recv(2)
   */
  async recv(size: number = DATAGRAM_MAX, options?: ReceiveOptions): Promise<Uint8Array> {
    checkSize(size);
    const pending = this.#receive('recv', options);
    return cut(isPending(pending) ? await pending : pending, size);
  }

  /**
   * Receives one datagram with all that is known of it: `flags` holds `MSG_TRUNC` when it was cut, `length` is its
   * length on the wire.
   *
   * @see recvmsg(2)
   */
  async recvmsg(
    size: number = DATAGRAM_MAX,
    options?: ReceiveOptions,
  ): Promise<ReceivedMessage<AddressOf<F>>> {
    checkSize(size);
    const pending = this.#receive('recvmsg', options);
    return this.#message(isPending(pending) ? await pending : pending, size);
  }

  /**
   * Receives up to `count` datagrams: waits for one and takes what else is there.
   *
   * @param count - 1–1,024.
   * @see recvmmsg(2)
   */
  async recvmmsg(
    count: number,
    size: number = DATAGRAM_MAX,
    options?: CallOptions,
  ): Promise<ReceivedMessage<AddressOf<F>>[]> {
    checkCount(count);
    checkSize(size);
    const pending = this.#receive('recvmmsg', options);
    const messages = [this.#message(isPending(pending) ? await pending : pending, size)];
    if (this.closed) return messages;
    const socket = this.open('recvmmsg');
    while (messages.length < count && socket.received > 0) {
      const next = socket.receive(false);
      // an engine that has a message gives it at once
      if (isPending(next)) return [...messages, this.#message(await next, size)];
      messages.push(this.#message(next, size));
    }
    return messages;
  }

  /**
   * Sends one datagram gathered from the parts of `message.data`, to `message.address` or the fixed peer.
   *
   * @throws SocketError EOPNOTSUPP for ancillary data, which no engine sends yet, and as `sendto`.
   * @see sendmsg(2)
   */
  async sendmsg(message: Message<AddressOf<F>>, options?: CallOptions): Promise<number> {
    const deadline = this.deadline(options);
    const resolved = this.#outgoing('sendmsg', message, deadline);
    return this.#send('sendmsg', isPending(resolved) ? await resolved : resolved, deadline);
  }

  /**
   * Sends many datagrams in as few system calls as the engine can.
   *
   * @param messages - as for `sendmsg`; none is no call at all.
   * @returns How many were sent. When it is less than all, the next call on this socket reports what stopped it.
   * @throws SocketError as `sendto`, when not even the first could be sent.
   * @see sendmmsg(2)
   */
  async sendmmsg(messages: readonly Message<AddressOf<F>>[], options?: CallOptions): Promise<number> {
    const deadline = this.deadline(options);
    const outgoing: Outgoing[] = [];
    for (const message of messages) {
      const resolved = this.#outgoing('sendmmsg', message, deadline);
      outgoing.push(isPending(resolved) ? await resolved : resolved);
    }
    const socket = this.open('sendmmsg');
    if (outgoing.length === 0) return 0;
    const pending = socket.sendMany(outgoing, deadline);
    return isPending(pending) ? this.settle('sendmmsg', pending, deadline) : pending;
  }

  /** Yields each datagram with its sender until the socket is closed. Leaving the loop leaves the socket open. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[Uint8Array, AddressOf<F>], void, void> {
    while (!this.closed) {
      try {
        yield await this.recvfrom();
      } catch (error) {
        if (endsIteration(error, this)) return;
        throw error;
      }
    }
  }

  #receive(syscall: string, options: ReceiveOptions | undefined): Received | Promise<Received> {
    const deadline = this.deadline(options);
    const flags = options?.flags ?? 0;
    checkFlags(flags, MSG_PEEK);
    const pending = this.open(syscall).receive(flags !== 0, deadline);
    return isPending(pending) && deadline ? this.settle(syscall, pending, deadline) : pending;
  }

  #message(received: Received, size: number): ReceivedMessage<AddressOf<F>> {
    const { address, length } = received;
    const data = cut(received, size);
    const flags = length > data.length ? MSG_TRUNC : 0;
    return { data, address: address as AddressOf<F>, flags, length, control: NO_CONTROL };
  }

  #peer(syscall: string, address: AddressOf<F>, deadline: Deadline | undefined): Address | Promise<Address> {
    if (this.family === AF_UNIX || typeof address !== 'object' || address === null)
      return this.#checkedPeer(syscall, address, deadline);
    const { host, port } = address as InetAddress;
    if (host === this.#literalHost && isPeerPort(port)) return { host, port };
    return this.#checkedPeer(syscall, { host, port }, deadline);
  }

  #checkedPeer(
    syscall: string,
    address: Address,
    deadline: Deadline | undefined,
  ): Address | Promise<Address> {
    const read = readAddress(address, this.family);
    checkPeerPort(read);
    if (isUnixAddress(read)) return read;
    const host = this.literal(syscall, read);
    if (host === read.host) {
      this.#literalHost = host;
      return read;
    }
    return host === undefined ? this.resolve(syscall, read, deadline) : { host, port: read.port };
  }

  #outgoing(
    syscall: string,
    message: Message<AddressOf<F>>,
    deadline: Deadline | undefined,
  ): Outgoing | Promise<Outgoing> {
    const { data, address, control } = message;
    checkControl(control, () => this.error('EOPNOTSUPP', syscall, 'ancillary data is not sent yet'));
    const parts = Array.isArray(data) ? data.map(toBytes) : toBytes(data as Data);
    if (address === undefined) return { data: parts, address };
    if (this.#connected && !this.closed)
      throw this.error('EISCONN', syscall, 'the socket is connected; leave the address out');
    const resolved = this.#peer(syscall, address, deadline);
    return isPending(resolved)
      ? resolved.then((peer) => ({ data: parts, address: peer }))
      : { data: parts, address: resolved };
  }

  /** What one datagram carries at most; to a mapped address and on Unix sockets the engine says less. */
  #payloadMax(): number {
    if (this.family === AF_UNIX) return Number.POSITIVE_INFINITY;
    return this.family === AF_INET ? UDP4_PAYLOAD_MAX : UDP6_PAYLOAD_MAX;
  }

  #send(syscall: string, message: Outgoing, deadline: Deadline | undefined): number | Promise<number> {
    const socket = this.open(syscall);
    if (lengthOf(message) > this.#payloadMax())
      throw this.error('EMSGSIZE', syscall, undefined, message.address);
    if (!this.#connected && message.address === undefined) {
      throw this.error(this.family === AF_UNIX ? 'ENOTCONN' : 'EDESTADDRREQ', syscall);
    }
    const pending = socket.send(message, deadline);
    return isPending(pending) ? this.settle(syscall, pending, deadline) : pending;
  }
}

/** What most messages have of ancillary data. */
const NO_CONTROL: ReceivedMessage['control'] = Object.freeze([]);

function promised<T>(operation: T | Promise<T>): Promise<T> {
  return isPending(operation) ? operation : Promise.resolve(operation);
}

/** At most `size` bytes of a datagram; the rest is lost, as in Berkeley sockets. */
function cut({ data }: Received, size: number): Uint8Array {
  return data.length > size ? data.slice(0, size) : data;
}

function withSender<F extends Family>(received: Received, size: number): [Uint8Array, AddressOf<F>] {
  return [cut(received, size), received.address as AddressOf<F>];
}

function lengthOf({ data }: Outgoing): number {
  if (data instanceof Uint8Array) return data.length;
  return data.reduce((sum, part) => sum + part.length, 0);
}
