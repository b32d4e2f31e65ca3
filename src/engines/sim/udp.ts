/** A datagram socket of a simulated host: its queue, its peer, its pending error. udp(7). */
import type { Address, InetAddress } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { ShutdownHow } from '../../posix/constants.ts';
import { AF_INET, SHUT_RD, SOCK_DGRAM, UDP4_PAYLOAD_MAX } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { errorNumber } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, EngineDatagramSocket, Eventually, Outgoing, Received } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { socketError } from './errors.ts';
import { isBroadcast } from './ip.ts';
import type { SocketRow } from './socket-table.ts';
import { UdpOptions } from './udp-options.ts';

const IPPROTO_UDP = 17;
const ANY: InetAddress = { host: '0.0.0.0', port: 0 };
/**
 * What Linux charges the receive buffer for a datagram beyond its bytes: 768 for one of a byte on 6.18, and the buffers
 * of larger ones are rounded up. About right, not exact.
 */
const OVERHEAD_BYTES = 767;

/** The UDP of the host that the socket is on. */
export interface UdpHost {
  /** Gives the socket its address, port 0 any free one; else the code that says why not. */
  claim(socket: SimDatagramSocket, address: InetAddress): InetAddress | ErrorCode;
  release(socket: SimDatagramSocket): void;
  /** The own address from which `destination` is reached. */
  sourceFor(destination: string): string | undefined;
  mtuTo(destination: string): number;
  send(socket: SimDatagramSocket, source: string, to: InetAddress, data: Uint8Array): void;
}

/** One datagram socket. */
export class SimDatagramSocket implements EngineDatagramSocket {
  readonly number: number;
  readonly options: UdpOptions = new UdpOptions();
  readonly #stack: UdpHost;
  readonly #readers = new WaitQueue<boolean, Received>();
  #queue: Received[] = [];
  #queuedBytes = 0;
  #local: InetAddress = ANY;
  #peer: InetAddress | undefined;
  #pendingError: ErrorCode | undefined;
  #sendEnded = false;
  /** The address that bind asked for; what connect chose goes away with the peer. */
  #boundHost = ANY.host;

  constructor(stack: UdpHost, number: number) {
    this.#stack = stack;
    this.number = number;
  }

  get received(): number {
    return this.#queue.length;
  }

  get local(): InetAddress {
    return this.#local;
  }

  get peer(): InetAddress | undefined {
    return this.#peer;
  }

  bind(address: Address): void {
    if (this.#local.port !== 0) throw this.#error('EINVAL', 'bind', 'the socket is bound already');
    this.#bindTo('bind', inet(address));
  }

  connect(address: Address | undefined): void {
    this.#throwPending('connect');
    if (address === undefined) {
      this.#peer = undefined;
      this.#local = { ...this.#local, host: this.#boundHost };
      return;
    }
    const peer = inet(address);
    const source = this.#source('connect', peer);
    if (this.#local.port === 0) this.#bindTo('connect', ANY);
    this.#peer = { host: peer.host === ANY.host ? '127.0.0.1' : peer.host, port: peer.port };
    this.#local = { ...this.#local, host: source };
  }

  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received> {
    this.#throwPending('recvfrom');
    if (this.#readers.size > 0 || this.#queue.length === 0) return this.#readers.wait(peek, cancellation);
    return this.#take(peek);
  }

  send(message: Outgoing): number {
    const syscall = message.address ? 'sendto' : 'send';
    if (this.#sendEnded) throw this.#error('EPIPE', syscall);
    this.#throwPending(syscall);
    return this.#transmit(syscall, message);
  }

  sendMany(messages: readonly Outgoing[]): number {
    this.#throwPending('sendmmsg');
    let sent = 0;
    for (const message of messages) {
      try {
        this.#transmit('sendmmsg', message);
      } catch (error) {
        if (sent === 0) throw error;
        return sent;
      }
      sent += 1;
    }
    return sent;
  }

  shutdown(how: ShutdownHow): void {
    if (!this.#peer) throw this.#error('ENOTCONN', 'shutdown');
    // Linux goes on receiving after SHUT_RD on UDP
    if (how !== SHUT_RD) this.#sendEnded = true;
  }

  close(): void {
    this.#stack.release(this);
    this.#queue = [];
    this.#readers.rejectAll(() => this.#error('ECANCELED', 'recvfrom', 'the socket was closed'));
  }

  getsockname(): Address {
    return this.#local;
  }

  getpeername(): Address {
    if (!this.#peer) throw this.#error('ENOTCONN', 'getpeername');
    return this.#peer;
  }

  getsockopt(option: SocketOption): unknown {
    const value = this.#fact(option.name) ?? this.options.get(option);
    if (value === undefined)
      throw this.#error('ENOPROTOOPT', 'getsockopt', `the engine sim has no ${option.name} on UDP sockets`);
    return value;
  }

  setsockopt(option: SocketOption, value: unknown): void {
    const code = this.options.set(option, value);
    if (code === 'EINVAL') throw this.#error(code, 'setsockopt', `${option.name} can't be ${String(value)}`);
    if (code) throw this.#error(code, 'setsockopt', `the engine sim has no ${option.name} on UDP sockets`);
  }

  /** Takes a datagram from the network; `false` when the receive buffer is full, and the datagram is lost. */
  deliver(data: Uint8Array, address: InetAddress): boolean {
    const received = { data, address, length: data.length };
    if (this.#readers.size > 0) {
      this.#serve(received);
      return true;
    }
    // as Linux: it asks whether the buffer is full already, so the last one may go over
    if (this.#queuedBytes > this.options.number('SO_RCVBUF')) return false;
    this.#queue.push(received);
    this.#queuedBytes += data.length + OVERHEAD_BYTES;
    return true;
  }

  /** Hears that its peer has no such port: the error of a call that waits, else of the next. */
  refuse(): void {
    if (this.#readers.size > 0) this.#readers.reject(this.#error('ECONNREFUSED', 'recvfrom'));
    else this.#pendingError = 'ECONNREFUSED';
  }

  row(): SocketRow {
    const peer = this.#peer;
    return {
      protocol: 'udp',
      state: peer ? 'ESTAB' : 'UNCONN',
      receiveQueue: this.#queuedBytes,
      messages: this.#queue.length,
      sendQueue: 0,
      local: `${this.#local.host}:${this.#local.port}`,
      peer: peer ? `${peer.host}:${peer.port}` : '0.0.0.0:*',
      socket: this.number,
    };
  }

  #bindTo(syscall: string, address: InetAddress): void {
    const outcome = this.#stack.claim(this, address);
    if (typeof outcome === 'string') {
      const local = syscall === 'bind' ? address : undefined;
      throw socketError(outcome, syscall, { transport: 'udp', local });
    }
    this.#local = outcome;
    this.#boundHost = outcome.host;
  }

  /** Serves the calls that wait with one datagram: those that only look, and the first that takes it. */
  #serve(received: Received): void {
    while (this.#readers.size > 0) {
      const isPeek = this.#readers.first === true;
      this.#readers.resolve(isPeek ? { ...received, data: received.data.slice() } : received);
      if (!isPeek) return;
    }
    this.#queue.push(received);
    this.#queuedBytes += received.length + OVERHEAD_BYTES;
  }

  #take(peek: boolean): Received {
    const received = this.#queue[0] as Received;
    if (peek) return { ...received, data: received.data.slice() };
    this.#queue.shift();
    this.#queuedBytes -= received.length + OVERHEAD_BYTES;
    return received;
  }

  #transmit(syscall: string, { data, address }: Outgoing): number {
    if (address && this.#peer) throw this.#error('EISCONN', syscall);
    const given = address ? inet(address) : this.#peer;
    if (!given) throw this.#error('EDESTADDRREQ', syscall);
    // "this host", as Linux has it
    const to = given.host === ANY.host ? { ...given, host: '127.0.0.1' } : given;
    const bytes = gather(data);
    if (bytes.length > UDP4_PAYLOAD_MAX) throw this.#error('EMSGSIZE', syscall);
    if (isBroadcast(to.host) && !this.options.isOn('SO_BROADCAST'))
      throw socketError('EACCES', syscall, { transport: 'udp', local: this.#local, remote: to });
    const source = this.#source(syscall, to);
    if (this.#local.port === 0) this.#bindTo(syscall, ANY);
    this.#stack.send(this, source, to, bytes);
    return bytes.length;
  }

  /** The address that a datagram comes from. */
  #source(syscall: string, to: InetAddress): string {
    const source = this.#stack.sourceFor(to.host === ANY.host ? '127.0.0.1' : to.host);
    if (source === undefined)
      throw socketError('ENETUNREACH', syscall, { transport: 'udp', local: this.#local, remote: to });
    return this.#local.host === ANY.host ? source : this.#local.host;
  }

  #throwPending(syscall: string): void {
    const code = this.#pendingError;
    if (code === undefined) return;
    this.#pendingError = undefined;
    throw this.#error(code, syscall);
  }

  #fact(name: string): unknown {
    switch (name) {
      case 'SO_TYPE':
        return SOCK_DGRAM;
      case 'SO_DOMAIN':
        return AF_INET;
      case 'SO_PROTOCOL':
        return IPPROTO_UDP;
      case 'SO_ACCEPTCONN':
        return false;
      case 'SO_ERROR':
        return this.#takeError();
      case 'IP_MTU':
        return this.#peer && this.#stack.mtuTo(this.#peer.host);
      default:
        return undefined;
    }
  }

  #takeError(): number {
    const code = this.#pendingError;
    this.#pendingError = undefined;
    return code === undefined ? 0 : errorNumber(code);
  }

  #error(code: ErrorCode, syscall: string, text?: string): SocketError {
    return socketError(code, syscall, { transport: 'udp', local: this.#local, remote: this.#peer }, text);
  }
}

function inet(address: Address): InetAddress {
  if (isUnixAddress(address)) throw new TypeError(`A path is no address of this family: ${address.path}`);
  return address;
}

/** Copies all parts into one array: the bytes are the caller's again when the call returns. */
function gather(data: Uint8Array | readonly Uint8Array[]): Uint8Array {
  if (data instanceof Uint8Array) return new Uint8Array(data);
  const all = new Uint8Array(data.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of data) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
