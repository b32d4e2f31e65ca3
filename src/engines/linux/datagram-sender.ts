/**
 * The half of a datagram socket that sends. What stands alone in its turn goes to the kernel at once; the others of a
 * turn go together when it ends. What has no room waits, in order.
 */
import type { Address } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import { AF_UNIX, SOCK_DGRAM } from '../../posix/constants.ts';
import { errorNumber } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import { UDP_CORK, UDP_SEGMENT } from '../../posix/options.ts';
import { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, Eventually, Outgoing } from '../engine.ts';
import type { DatagramShare } from './datagram-share.ts';
import { EINTR, LinuxSocket, MSG_NOSIGNAL } from './linux-socket.ts';
import { DATAGRAM_BYTES_MAX } from './messages.ts';
import type { Reactor } from './reactor.ts';
import { SendMessages } from './send-messages.ts';

const ENOSYS = errorNumber('ENOSYS');
const EPERM = errorNumber('EPERM');
/** The errors of an earlier datagram that a later call brings: the one at hand was not sent, and goes again. */
const LATE_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EPROTO',
]);

/** How a device or an older kernel refuses to cut a message into datagrams. */
const SEGMENTING_REFUSED: ReadonlySet<number> = new Set([
  errorNumber('EIO'),
  errorNumber('EINVAL'),
  errorNumber('EMSGSIZE'),
]);

/** How many datagrams one turn sends before the thread's other work has its turn. */
const SENDS_PER_TURN = 1024;
/** How long `close()` waits for room for what is queued, in milliseconds. A guess: a full buffer drains in microseconds. */
const CLOSE_FLUSH_MS = 1000;

/** Messages on their way into the outbox. */
interface SendRequest {
  readonly messages: readonly Outgoing[];
  /** Whether the result is a count of messages, and an error ends the rest. */
  readonly many: boolean;
  /** How many are in the outbox or gone. */
  queued: number;
}

/** A datagram socket as far as it sends. */
export abstract class SendingDatagramSocket extends LinuxSocket {
  protected readonly share: DatagramShare;
  readonly #writers = this.waitQueue<SendRequest, number>();
  #outbox: SendMessages | undefined;
  #turnIsOpen = false;
  #sentThisTurn = false;
  #pendingError: SocketError | undefined;
  #onDrained: (() => void) | undefined;

  protected constructor(
    reactor: Reactor,
    share: DatagramShare,
    family: Family,
    fd: number,
    close?: () => void,
  ) {
    super(reactor, family, SOCK_DGRAM, fd, close);
    this.share = share;
  }

  /** How many received datagrams wait to be taken: answers to them will follow. */
  abstract get received(): number;

  /** A program that cuts or gathers datagrams itself must not have it done twice. */
  override setsockopt(option: SocketOption, value: unknown): void {
    super.setsockopt(option, value);
    if (option === UDP_SEGMENT || option === UDP_CORK) this.#box().segmenting = false;
  }

  send(message: Outgoing, cancellation?: Cancellation): Eventually<number> {
    this.throwPending();
    const alone = !this.#sentThisTurn && this.received === 0 && this.#waiting() === 0;
    if (this.#writers.size > 0 || !this.withinTurn(SENDS_PER_TURN)) {
      return this.#sendLater({ messages: [message], many: false, queued: 0 }, cancellation);
    }
    this.#openTurn();
    const sent = this.#sendOne(message);
    if (sent === undefined)
      return this.#sendLater({ messages: [message], many: false, queued: 0 }, cancellation);
    if (alone) this.#throwIf(this.#drain());
    return sent;
  }

  sendMany(messages: readonly Outgoing[], cancellation?: Cancellation): Eventually<number> {
    this.throwPending();
    this.flush();
    const request = { messages, many: true, queued: 0 };
    const now = this.#writers.size === 0 && this.withinTurn(SENDS_PER_TURN, messages.length);
    return (now ? this.#sendRequest(request) : undefined) ?? this.#sendLater(request, cancellation);
  }

  override onTurnEnd(): void {
    this.#turnIsOpen = false;
    this.#sentThisTurn = false;
    if (!this.released) this.flush();
  }

  /** A Unix datagram waits for room at its receiver, of which epoll knows nothing when the socket is not connected. */
  protected override get tellsOfRoom(): boolean {
    return this.family !== AF_UNIX;
  }

  protected pumpWriters(): void {
    if (!this.#writers.first?.queued) this.flush();
    for (let request = this.#writers.first; request && this.writable; request = this.#writers.first) {
      try {
        const result = this.#sendRequest(request);
        if (result === undefined) break;
        this.#writers.resolve(result);
      } catch (error) {
        this.#writers.reject(error);
      }
    }
    if (this.#waiting() > 0) return;
    this.stopWatchingRoom();
    this.#onDrained?.();
  }

  /** Fails the calls that wait to send, and releases the socket when what is queued has gone, or can't go. */
  protected closeSending(): Eventually<void> {
    this.#writers.rejectAll(() => this.closedError('sendto'));
    this.flush();
    if (this.#waiting() === 0) return this.release();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.release();
        resolve();
      };
      const timer = setTimeout(end, CLOSE_FLUSH_MS);
      this.#onDrained = end;
    });
  }

  // A private getter is a call into the runtime of V8, each time.
  #box(): SendMessages {
    this.#outbox ??= new SendMessages(this.reactor.libc, this.reactor.codec);
    return this.#outbox;
  }

  /** How many datagrams wait in the outbox. */
  #waiting(): number {
    return this.#outbox?.size ?? 0;
  }

  /**
   * Lets the request wait for room, or for the next turn when this one has sent enough, with bytes of its own: its
   * caller may write into them meanwhile.
   */
  #sendLater(request: SendRequest, cancellation: Cancellation | undefined): Promise<number> {
    if (this.writable) this.reactor.defer(this);
    return this.wait(this.#writers, { ...request, messages: request.messages.map(copyOf) }, cancellation, 0);
  }

  /** Makes the end of this turn known, when what it queued goes out. */
  #openTurn(): void {
    this.#sentThisTurn = true;
    if (this.#turnIsOpen) return;
    this.#turnIsOpen = true;
    this.reactor.atTurnEnd(this);
  }

  /** Queues or sends; gives the request's result, `undefined` when there is no room. */
  #sendRequest(request: SendRequest): number | undefined {
    if (request.many) return this.#sendAll(request);
    const result = this.#sendOne(request.messages[0] as Outgoing);
    if (result !== undefined) this.#openTurn();
    return result;
  }

  /** Queues one message and gives its length; `undefined` when there is no room. */
  #sendOne(message: Outgoing): number | undefined {
    const length = this.#push(message);
    if (length !== undefined) return length;
    this.flush();
    return this.#push(message);
  }

  /** Sends the messages of a request in batches; gives how many went, `undefined` when the rest has to wait. */
  #sendAll(request: SendRequest): number | undefined {
    if (request.queued === 0 && this.#waiting() > 0) return undefined;
    const { messages } = request;
    for (;;) {
      const refused = this.#pushMany(request);
      const error = this.#drain();
      if (error) return this.#stopAt(request.queued - this.#waiting(), error);
      if (this.#waiting() > 0) return undefined;
      if (refused) return this.#stopAt(request.queued, refused);
      if (request.queued === messages.length) return messages.length;
    }
  }

  /** Puts what fits of a request into the outbox; gives the error of a message that can't be sent at all. */
  #pushMany(request: SendRequest): SocketError | undefined {
    const { messages } = request;
    try {
      while (
        request.queued < messages.length &&
        this.#push(messages[request.queued] as Outgoing) !== undefined
      )
        request.queued += 1;
      return undefined;
    } catch (error) {
      if (error instanceof SocketError) return error;
      throw error;
    }
  }

  /** Ends a request at the message that failed: the count of those before it, or its error when there is none. */
  #stopAt(sent: number, error: SocketError): number {
    this.#outbox?.clear();
    if (sent === 0) throw error;
    this.#pendingError = error;
    return sent;
  }

  /** Puts a message into the outbox and gives its length; `undefined` when there is no room. */
  #push({ data, address }: Outgoing): number | undefined {
    const length = data instanceof Uint8Array ? data.length : lengthOf(data);
    if (length > DATAGRAM_BYTES_MAX) throw this.error('EMSGSIZE', 'sendto', address);
    const outbox = this.#box();
    if (!outbox.hasRoom(length)) return undefined;
    if (!outbox.push(data, length, address, this.family)) throw this.badAddress('sendto', address as Address);
    return length;
  }

  /** Sends what is queued; the error of a message goes to the next call, and the others go out all the same. */
  protected flush(): void {
    let again = true;
    for (let error = this.#drain(); error; error = this.#drain()) {
      this.#pendingError ??= error;
      if (!again || !LATE_ERRORS.has(error.code)) this.#outbox?.drop(1);
      again = !again;
    }
  }

  /** Sends from the front of the outbox until it is empty, the kernel is full, or the first message fails. */
  #drain(): SocketError | undefined {
    const outbox = this.#outbox;
    while (outbox && outbox.size > 0 && this.writable) {
      const sent = this.#sendSome(outbox);
      if (sent > 0) {
        outbox.drop(sent);
        continue;
      }
      const errno = this.reactor.libc.errno();
      if (this.#mayGoOn(errno) || this.#worksAround(outbox, errno)) continue;
      return this.failure('sendto', outbox.firstAddress());
    }
    return undefined;
  }

  /** Sends messages and says how many went; negative when the first failed. */
  #sendSome(outbox: SendMessages): number {
    const { libc } = this.reactor;
    if (this.share.sendsMany) return libc.sendmmsg(this.fd, outbox.pending(), outbox.messages, MSG_NOSIGNAL);
    return this.#sendFirst(outbox) ? 1 : -1;
  }

  /** Whether a failed send is no failure: interrupted, or to wait for room. */
  #mayGoOn(errno: number): boolean {
    return errno === EINTR || this.isFull(errno);
  }

  /** Does without what the kernel or the device refuses: cutting messages into datagrams, or sendmmsg itself. */
  #worksAround(outbox: SendMessages, errno: number): boolean {
    if (outbox.firstIsShared && SEGMENTING_REFUSED.has(errno)) {
      outbox.segmenting = false;
      if (!outbox.sendApart(() => this.#sendFirst(outbox))) return this.#mayGoOn(this.reactor.libc.errno());
      outbox.drop(1);
      return true;
    }
    if (!this.share.sendsMany || (errno !== ENOSYS && errno !== EPERM)) return false;
    if (!this.#sendFirst(outbox)) {
      const reason = this.reactor.libc.errno();
      return reason === EINTR || this.isFull(reason);
    }
    this.share.sendsMany = false;
    outbox.drop(1);
    return true;
  }

  #sendFirst(outbox: SendMessages): boolean {
    return this.reactor.libc.sendmsg(this.fd, outbox.first(), MSG_NOSIGNAL) >= 0;
  }

  #throwIf(error: SocketError | undefined): void {
    if (!error) return;
    this.#outbox?.drop(1);
    throw error;
  }

  protected throwPending(): void {
    const error = this.#pendingError;
    this.#pendingError = undefined;
    if (error) throw error;
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function copyOf({ data, address }: Outgoing): Outgoing {
  return { data: data instanceof Uint8Array ? data.slice() : data.map((part) => part.slice()), address };
}
