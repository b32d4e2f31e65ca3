/**
 * Datagram sockets: UDP, and Unix datagrams. Receiving takes up to 64 datagrams a call and hands them out one by one;
 * sending goes to the kernel at once when it stands alone, and together with the others of its turn when it does not.
 */
import type { Address } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import { AF_UNIX, MSG_TRUNC, SOCK_DGRAM } from '../../posix/constants.ts';
import { errorNumber } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import { UDP_CORK, UDP_GRO, UDP_SEGMENT } from '../../posix/options.ts';
import { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, EngineDatagramSocket, Eventually, Outgoing, Received } from '../engine.ts';
import { EPOLLIN } from './epoll.ts';
import { EAGAIN, EINTR, LinuxSocket, MSG_NOSIGNAL } from './linux-socket.ts';
import { BATCH_MAX, DATAGRAM_BYTES_MAX, ReceiveMessages, SendMessages } from './messages.ts';
import type { Reactor } from './reactor.ts';

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

/** What the datagram sockets of one thread share. */
export class DatagramShare {
  readonly inbox: ReceiveMessages;
  /** Whether this system lets us use recvmmsg: a filter of system calls may not. */
  receivesMany = true;
  /** The same of sendmmsg. */
  sendsMany = true;

  constructor(reactor: Reactor) {
    this.inbox = new ReceiveMessages(reactor.libc, reactor.codec);
  }
}

/** Messages on their way into the outbox. */
interface SendRequest {
  readonly messages: readonly Outgoing[];
  /** Whether the result is a count of messages, and an error ends the rest. */
  readonly many: boolean;
  /** How many are in the outbox or gone. */
  queued: number;
}

/** A datagram socket of the kernel. */
export class LinuxDatagramSocket extends LinuxSocket implements EngineDatagramSocket {
  readonly #share: DatagramShare;
  readonly #readers = this.waitQueue<boolean, Received>();
  readonly #writers = this.waitQueue<SendRequest, number>();
  #batch: Received[] = [];
  #taken = 0;
  #filledIn = -1;
  #outbox: SendMessages | undefined;
  /** Whether the kernel may hand over several datagrams as one: UDP_GRO was set once. */
  #mayReceiveTrains = false;
  #turnIsOpen = false;
  #sentThisTurn = false;
  #pendingError: SocketError | undefined;
  #onDrained: (() => void) | undefined;

  static create(reactor: Reactor, share: DatagramShare, family: Family): LinuxDatagramSocket {
    return new LinuxDatagramSocket(reactor, share, family, LinuxSocket.open(reactor, family, SOCK_DGRAM));
  }

  private constructor(reactor: Reactor, share: DatagramShare, family: Family, fd: number) {
    super(reactor, family, SOCK_DGRAM, fd);
    this.#share = share;
  }

  get received(): number {
    return this.#batch.length - this.#taken;
  }

  connect(address: Address | undefined): void {
    this.#throwPending();
    this.#flush();
    if (address) {
      this.withAddress('connect', address, (pointer, length) =>
        this.reactor.libc.connect(this.fd, pointer, length),
      );
    } else if (this.disconnect() < 0) {
      throw this.failure('connect');
    }
  }

  /** A program that cuts or gathers datagrams itself must not have it done twice. */
  override setsockopt(option: SocketOption, value: unknown): void {
    super.setsockopt(option, value);
    if (option === UDP_GRO) this.#mayReceiveTrains ||= value === true;
    if (option === UDP_SEGMENT || option === UDP_CORK) this.#box().segmenting = false;
  }

  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received> {
    this.#throwPending();
    if (this.#readers.size === 0 && (this.received > 0 || this.#fill())) return this.#take(peek);
    return this.wait(this.#readers, peek, cancellation, EPOLLIN);
  }

  send(message: Outgoing, cancellation?: Cancellation): Eventually<number> {
    this.#throwPending();
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
    this.#throwPending();
    this.#flush();
    const request = { messages, many: true, queued: 0 };
    const now = this.#writers.size === 0 && this.withinTurn(SENDS_PER_TURN, messages.length);
    return (now ? this.#sendRequest(request) : undefined) ?? this.#sendLater(request, cancellation);
  }

  close(): Eventually<void> {
    this.#readers.rejectAll(() => this.closedError('recvfrom'));
    this.#writers.rejectAll(() => this.closedError('sendto'));
    this.#flush();
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

  override onTurnEnd(): void {
    this.#turnIsOpen = false;
    this.#sentThisTurn = false;
    if (!this.released) this.#flush();
  }

  /** A Unix datagram waits for room at its receiver, of which epoll knows nothing when the socket is not connected. */
  protected override get tellsOfRoom(): boolean {
    return this.family !== AF_UNIX;
  }

  protected pumpReaders(): void {
    while (this.#readers.size > 0) {
      try {
        if (this.received === 0 && !this.#fill()) return;
      } catch (error) {
        this.#readers.reject(error);
        continue;
      }
      this.#readers.resolve(this.#take(this.#readers.first === true));
    }
  }

  protected pumpWriters(): void {
    if (!this.#writers.first?.queued) this.#flush();
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

  /** Gives out the next received datagram; a peeked one stays, so its bytes are copied. */
  #take(peek: boolean): Received {
    const message = this.#batch[this.#taken] as Received;
    if (peek) return { ...message, data: message.data.slice() };
    this.#taken += 1;
    return message;
  }

  /**
   * Receives a batch, at most one a turn; false when there is nothing, or this turn has had its batch. What this turn
   * has queued to send goes out first: the batch that it answers is used up.
   */
  #fill(): boolean {
    if (!this.readable) return false;
    if (this.#filledIn === this.reactor.turn) {
      this.reactor.defer(this);
      return false;
    }
    this.#flush();
    this.#filledIn = this.reactor.turn;
    const count = this.#receiveBatch();
    const { inbox, receivesMany } = this.#share;
    if (count > 0) this.notEmpty();
    if (count < BATCH_MAX && receivesMany) this.readable = false;
    this.#batch = [];
    this.#taken = 0;
    for (let slot = 0; slot < count; slot += 1) {
      if (this.#mayReceiveTrains && inbox.segmentOf(slot) > 0) inbox.cutTrain(slot, this.#batch);
      else this.#batch.push(inbox.messageOf(slot));
    }
    return count > 0;
  }

  #receiveBatch(): number {
    const share = this.#share;
    const { libc } = this.reactor;
    share.inbox.reset(this.#mayReceiveTrains);
    for (;;) {
      const messages = share.inbox.header(0, BATCH_MAX);
      const count = share.receivesMany
        ? libc.recvmmsg(this.fd, messages, BATCH_MAX, MSG_TRUNC, 0)
        : this.#receiveOne();
      if (count >= 0) return count;
      const errno = libc.errno();
      if (errno === EINTR) continue;
      if (errno === EAGAIN) {
        this.isEmpty();
        return 0;
      }
      if (!share.receivesMany || (errno !== ENOSYS && errno !== EPERM))
        throw this.failure('recvfrom', undefined, errno);
      share.receivesMany = false;
    }
  }

  #receiveOne(): number {
    const { inbox } = this.#share;
    const length = this.reactor.libc.recvmsg(this.fd, inbox.header(0, 1), MSG_TRUNC);
    if (length < 0) return -1;
    inbox.setLength(0, length);
    return 1;
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
    this.#flush();
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
  #flush(): void {
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
    if (this.#share.sendsMany) return libc.sendmmsg(this.fd, outbox.pending(), outbox.messages, MSG_NOSIGNAL);
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
    if (!this.#share.sendsMany || (errno !== ENOSYS && errno !== EPERM)) return false;
    if (!this.#sendFirst(outbox)) {
      const reason = this.reactor.libc.errno();
      return reason === EINTR || this.isFull(reason);
    }
    this.#share.sendsMany = false;
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

  #throwPending(): void {
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
