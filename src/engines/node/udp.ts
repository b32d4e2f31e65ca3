/**
 * UDP through `node:dgram`. A socket of Node's exists from the first bind, connect or send on: what it is opened with
 * (SO_REUSEADDR and others) is known only then.
 */
import type { Socket, SocketOptions } from 'node:dgram';
import type { Address } from '../../posix/address.ts';
import type { Family, ShutdownHow } from '../../posix/constants.ts';
import { SHUT_RD, SOCK_DGRAM, transportName } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, EngineDatagramSocket, Eventually, Outgoing, Received } from '../engine.ts';
import { anyAddress, datagramType, inetAddress, lookupLiteral } from './address.ts';
import { copy } from './bytes.ts';
import { addressOf, bindNow, peerOf } from './datagrams.ts';
import type { Ends } from './errors.ts';
import { closedError, failure, socketError } from './errors.ts';
import type { Loop } from './loop.ts';
import { OptionSet } from './option-set.ts';
import { DATAGRAM_OPTIONS } from './options.ts';
import { PendingError } from './pending-error.ts';
import { Receiver } from './receiver.ts';
import type { Datagram } from './sender.ts';
import { Sender } from './sender.ts';

const IPPROTO_UDP = 17;

/** A datagram socket of Node's. */
export class NodeDatagramSocket implements EngineDatagramSocket {
  readonly #family: Family;
  readonly #options: OptionSet<Socket>;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #pendingError = new PendingError();
  #socket: Socket | undefined;
  #local: Address;
  #peer: Address | undefined;
  #sendEnded = false;

  constructor(loop: Loop, family: Family) {
    this.#family = family;
    this.#local = anyAddress(family);
    this.#receiver = new Receiver(loop);
    this.#sender = new Sender(loop, ({ address, remote }, cause) =>
      failure(address ? 'sendto' : 'send', { ...this.#ends, remote }, cause),
    );
    this.#options = new OptionSet(DATAGRAM_OPTIONS, {
      family,
      fact: (name) => this.#fact(name),
      isOpen: () => this.#socket !== undefined,
      target: () => this.#socket,
      onTrial: (use) => this.#onTrial(use),
      error: (code, syscall, text) => this.#error(code, syscall, text),
      failure: (syscall, cause) => failure(syscall, this.#ends, cause),
    });
  }

  get received(): number {
    return this.#receiver.size;
  }

  bind(address: Address): void {
    if (this.#socket) throw this.#error('EINVAL', 'bind', 'the socket is bound already');
    this.#open('bind', address);
  }

  connect(address: Address | undefined): Eventually<void> {
    this.#throwPending('connect');
    const socket = this.#socket ?? (address && this.#open('connect', anyAddress(this.#family)));
    // Node connects a socket only once: a new peer begins with none.
    if (this.#peer) socket?.disconnect();
    this.#peer = undefined;
    if (socket && address) return this.#connectTo(socket, address);
  }

  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received> {
    this.#throwPending('recvfrom');
    return this.#receiver.receive(peek, cancellation);
  }

  send(message: Outgoing, cancellation?: Cancellation): Eventually<number> {
    const datagram = this.#datagram(message);
    this.#throwPending(datagram.address ? 'sendto' : 'send');
    return this.#sender.send(this.#opened(), datagram, cancellation);
  }

  async sendMany(messages: readonly Outgoing[], cancellation?: Cancellation): Promise<number> {
    this.#throwPending('sendmmsg');
    const datagrams = messages.map((message) => this.#datagram(message));
    const socket = this.#opened();
    const step: Cancellation = { onCancel: undefined };
    let cancelled: { readonly reason: unknown } | undefined;
    if (cancellation) {
      cancellation.onCancel = (reason) => {
        cancelled = { reason };
        step.onCancel?.(reason);
      };
    }
    let sent = 0;
    try {
      // One after another: when one fails, none after it may have gone.
      for (const datagram of datagrams) {
        if (cancelled) throw cancelled.reason;
        await this.#sender.send(socket, datagram, step);
        sent += 1;
      }
    } catch (error) {
      if (sent === 0) throw error;
      if (!cancelled) this.#pendingError.set(error);
    } finally {
      if (cancellation) cancellation.onCancel = undefined;
    }
    return sent;
  }

  shutdown(how: ShutdownHow): void {
    if (!this.#peer) throw this.#error('ENOTCONN', 'shutdown');
    // Linux goes on receiving after SHUT_RD on UDP.
    if (how !== SHUT_RD) this.#sendEnded = true;
  }

  async close(): Promise<void> {
    const failWaiting = this.#receiver.dismissAll(() => closedError('recvfrom', this.#ends));
    const socket = this.#socket;
    if (socket) {
      this.#receiver.stop();
      await this.#sender.flush();
      await new Promise<void>((resolve) => socket.close(resolve));
    }
    failWaiting();
  }

  getsockname(): Address {
    return this.#socket ? addressOf(this.#socket.address()) : this.#local;
  }

  getpeername(): Address {
    if (!this.#peer) throw this.#error('ENOTCONN', 'getpeername');
    return this.#peer;
  }

  getsockopt(option: SocketOption): unknown {
    return this.#options.get(option);
  }

  setsockopt(option: SocketOption, value: unknown): void {
    this.#options.set(option, value);
  }

  get #ends(): Ends {
    return { transport: transportName(this.#family, SOCK_DGRAM), local: this.#local, remote: this.#peer };
  }

  #opened(): Socket {
    return this.#socket ?? this.#open('sendto', anyAddress(this.#family));
  }

  #open(syscall: string, address: Address): Socket {
    const socket = this.#create();
    try {
      bindNow(socket, address);
    } catch (cause) {
      throw failure(syscall, { ...this.#ends, local: address }, cause);
    }
    try {
      this.#options.applyTo(socket);
    } catch (error) {
      socket.close();
      throw error;
    }
    this.#receiver.open(socket);
    socket.unref();
    socket.on('error', (cause) => this.#onError(cause));
    this.#local = addressOf(socket.address());
    this.#socket = socket;
    return socket;
  }

  #create(): Socket {
    const options: SocketOptions & { reusePort: boolean } = {
      type: datagramType(this.#family),
      lookup: lookupLiteral,
      reuseAddr: this.#options.value('SO_REUSEADDR') === true,
      reusePort: this.#options.value('SO_REUSEPORT') === true,
      ipv6Only: this.#options.value('IPV6_V6ONLY') === true,
    };
    return process.getBuiltinModule('node:dgram').createSocket(options);
  }

  /** Before bind there is no socket in the kernel to ask; another one, bound for a moment, gives the same answers. */
  #onTrial(use: (socket: Socket) => unknown): unknown {
    const socket = this.#create();
    bindNow(socket, anyAddress(this.#family));
    try {
      this.#options.applyTo(socket);
      return use(socket);
    } finally {
      socket.close();
    }
  }

  #connectTo(socket: Socket, address: Address): Eventually<void> {
    const { host, port } = inetAddress(address);
    const connected = new Promise<void>((resolve, reject) => {
      socket.connect(port, host, (cause?: unknown) => {
        if (cause === undefined) resolve();
        else reject(failure('connect', { ...this.#ends, remote: address }, cause));
      });
    });
    // With a literal host it has happened by now, only the callback is still to come.
    this.#peer = peerOf(socket);
    this.#local = addressOf(socket.address());
    return this.#peer ? undefined : connected;
  }

  /** Checks where a message goes and copies it: node:dgram reads the bytes after the call where the kernel has no room. */
  #datagram({ data, address }: Outgoing): Datagram {
    const syscall = address ? 'sendto' : 'send';
    if (this.#sendEnded) throw this.#error('EPIPE', syscall);
    if (!address && !this.#peer) throw this.#error('EDESTADDRREQ', syscall);
    if (address && this.#peer) throw this.#error('EISCONN', syscall);
    return { bytes: copy(data), address, remote: address ?? this.#peer };
  }

  #throwPending(syscall: string): void {
    // Asked first: the addresses are put together for an error only, not for each datagram.
    if (this.#pendingError.isSet) this.#pendingError.throwIfSet(syscall, this.#ends);
  }

  #onError(cause: unknown): void {
    const isTaken = this.#receiver.reject(() => failure('recvfrom', this.#ends, cause));
    if (!isTaken) this.#pendingError.set(cause);
  }

  #fact(name: string): unknown {
    switch (name) {
      case 'SO_TYPE':
        return SOCK_DGRAM;
      case 'SO_DOMAIN':
        return this.#family;
      case 'SO_PROTOCOL':
        return IPPROTO_UDP;
      case 'SO_ACCEPTCONN':
        return false;
      case 'SO_ERROR':
        return this.#pendingError.takeNumber();
      default:
        return undefined;
    }
  }

  #error(code: ErrorCode, syscall: string, text?: string): SocketError {
    return socketError(code, syscall, this.#ends, text);
  }
}
