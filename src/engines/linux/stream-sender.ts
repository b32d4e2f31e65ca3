/**
 * The half of a stream socket that sends. What is sent alone in its turn goes to the kernel at once; several small
 * pieces of one turn are queued and go out together when it ends. What has no room waits, whole and in order.
 */
import type { Family, ShutdownHow, SocketType } from '../../posix/constants.ts';
import { AF_UNIX, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_SEQPACKET } from '../../posix/constants.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, Eventually } from '../engine.ts';
import { ByteCursor } from './byte-cursor.ts';
import { EPOLLOUT } from './epoll.ts';
import { EINTR, LinuxSocket, MSG_NOSIGNAL } from './linux-socket.ts';
import type { Reactor } from './reactor.ts';
import type { Sharing } from './shared-calls.ts';
import { StreamOutbox } from './stream-outbox.ts';
import type { StreamShare } from './stream-share.ts';
import { SLAB_BYTES } from './stream-share.ts';

/** From this many bytes on, data goes to the kernel from where it lies: a copy costs more than the longer call. */
const SEND_IN_PLACE_BYTES = 16_384;
/** How many calls to the kernel one socket makes in a turn. */
const CALLS_PER_TURN = 16;
/** What queueing a `send` counts as, in calls: 1,024 of them are a turn's share. */
const QUEUEING = 1 / 64;
/** How long `close()` waits for room for what is queued, in milliseconds. A guess. */
const CLOSE_FLUSH_MS = 5000;

interface Sending {
  readonly bytes: ByteCursor;
  readonly flags: number;
  readonly all: boolean;
}

/** A stream or seqpacket socket as far as it sends. */
export abstract class SendingSocket extends LinuxSocket implements Sharing {
  protected readonly share: StreamShare;
  /** Whether it carries messages, each whole, and not a stream of bytes. */
  protected readonly records: boolean;
  #writers = this.noQueue<Sending, number>();
  /** One without a byte, which all sockets share, until there are some to queue. */
  outbox: StreamOutbox;
  #shutdownWaits = false;
  /** Whether small data may wait for the end of a turn; not when sending has ended or failed: then each call is told. */
  #mayQueue = true;
  /** How many calls of this turn small data came with. */
  #sends = 0;
  /** Whether several did in the last turn: then the first of the next waits for the others, in one segment with them. */
  #sendsOften = false;
  #holds = false;
  #pendingError: SocketError | undefined;
  #onDrained: (() => void) | undefined;
  bytesWritten = 0;

  protected constructor(
    reactor: Reactor,
    share: StreamShare,
    family: Family,
    type: SocketType,
    fd: number,
    close?: () => void,
  ) {
    super(reactor, family, type, fd, close);
    this.share = share;
    this.records = type === SOCK_SEQPACKET;
    this.outbox = share.noOutbox;
  }

  send(
    data: Uint8Array | readonly Uint8Array[],
    flags: number,
    all: boolean,
    cancellation?: Cancellation,
  ): Eventually<number> {
    this.throwPending();
    if (this.#shutdownWaits) throw this.error('EPIPE', 'send');
    let sent = 0;
    if (this.#writers.size === 0 && flags === 0 && data instanceof Uint8Array && !this.records) {
      sent = this.#sendSmall(data);
      if (sent === data.length || (sent > 0 && !all)) return sent;
    }
    const sending = { bytes: new ByteCursor(data, sent), flags, all };
    if (this.#writers.size === 0 && this.#trySend(sending)) return sending.bytes.sent;
    this.#writers = this.realQueue(this.#writers);
    return this.wait(this.#writers, sending, cancellation, EPOLLOUT);
  }

  override shutdown(how: ShutdownHow): void {
    if (how !== SHUT_RD) {
      this.#mayQueue = false;
      this.#flush();
      this.throwPending();
    }
    if (how === SHUT_RD || !this.#unsent()) {
      super.shutdown(how);
      return;
    }
    this.#shutdownWaits = true;
    if (how === SHUT_RDWR) super.shutdown(SHUT_RD);
  }

  get sharing(): Sharing {
    return this;
  }

  abstract wantsBytes(): number;
  abstract onReceived(result: number, bytes: Uint8Array, offset: number, room: number): void;

  onSent(result: number): void {
    try {
      this.outbox.drop(result >= 0 ? result : this.#sentNothing(-result));
    } catch (error) {
      this.#failedToFlush(error as SocketError);
    }
    this.#holdWhileFull();
  }

  override onTurnEnd(): void {
    this.#sendsOften = this.#sends > 1;
    this.#sends = 0;
    if (!this.released) this.#flush();
  }

  protected pumpWriters(): void {
    this.#flush();
    while (this.writable && this.#writers.size > 0) {
      const sending = this.#writers.first as Sending;
      try {
        if (!this.#trySend(sending)) break;
        this.#writers.resolve(sending.bytes.sent);
      } catch (error) {
        this.#writers.reject(error);
      }
    }
    if (this.#unsent()) return;
    if (this.#shutdownWaits) this.#shutdownNow();
    if (this.family === AF_UNIX) this.stopWatchingRoom();
    this.#onDrained?.();
  }

  /** Fails the calls that wait to send, and releases the socket when what is queued has gone, or can't go. */
  protected closeSending(): Eventually<void> {
    this.#writers.rejectAll(() => this.closedError('send'));
    this.#flush();
    if (this.outbox.size === 0 || this.writable) return this.#end();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#onDrained?.(), CLOSE_FLUSH_MS);
      this.#onDrained = () => {
        clearTimeout(timer);
        resolve(this.#end());
      };
    });
  }

  /** Tells whether this turn may make one more call to the kernel; else the next turn goes on. */
  protected mayCall(): boolean {
    if (this.withinTurn(CALLS_PER_TURN)) return true;
    this.reactor.defer(this);
    return false;
  }

  /** Throws the error of queued bytes, of which no call has been told. */
  protected throwPending(): void {
    const error = this.#pendingError;
    this.#pendingError = undefined;
    if (error) throw error;
  }

  #end(): void {
    this.outbox.clear();
    this.#holdWhileFull();
    this.release();
  }

  /** Whether bytes or calls wait to be sent. */
  #unsent(): boolean {
    return this.#writers.size > 0 || this.outbox.size > 0;
  }

  /**
   * Takes small data: what comes alone in its turn goes to the kernel at once, else into the outbox. Gives the count,
   * perhaps 0. A first piece sent ahead of the rest would have the rest wait for its acknowledgement (RFC 896).
   */
  #sendSmall(data: Uint8Array): number {
    if (data.length >= SEND_IN_PLACE_BYTES || !this.writable) return 0;
    this.#openTurn();
    if (this.#mayQueue && (this.#sends > 1 || this.#sendsOften || this.reactor.crowded)) {
      if (this.outbox === this.share.noOutbox) this.outbox = new StreamOutbox(this.share.outboxes);
      const queued = this.withinTurn(CALLS_PER_TURN, QUEUEING) && this.outbox.push(data);
      if (!queued) return 0;
      this.bytesWritten += data.length;
      return data.length;
    }
    if (this.outbox.size > 0 || !this.withinTurn(CALLS_PER_TURN)) return 0;
    const slab = this.share.bytes;
    slab.bytes.set(data);
    const count = this.reactor.libc.send(this.fd, slab.at(0, data.length), data.length, MSG_NOSIGNAL);
    if (count < 0) return this.#sentNothing();
    this.bytesWritten += count;
    return count;
  }

  /** Takes what a failed send says: 0 when it is to be made again, now or when there is room. */
  #sentNothing(errno: number = this.reactor.libc.errno()): 0 {
    if (errno === EINTR || this.isFull(errno)) return 0;
    this.#mayQueue = false;
    throw this.failure('send', undefined, errno);
  }

  /** Counts a call, and makes the end of its turn known, when what it queued goes out. */
  #openTurn(): void {
    this.#sends += 1;
    if (this.#sends === 1) this.reactor.atTurnEnd(this);
  }

  /**
   * Sends what is queued, as far as there is room. Nobody waits for it, so its error goes to the next call; the bytes
   * stay, so that a program which goes on after the error has no hole in its stream.
   */
  #flush(): void {
    const outbox = this.outbox;
    if (outbox.size === 0) return;
    try {
      while (outbox.size > 0 && this.writable) {
        const count = this.reactor.libc.send(this.fd, outbox.address(), outbox.size, MSG_NOSIGNAL);
        outbox.drop(count >= 0 ? count : this.#sentNothing());
      }
    } catch (error) {
      this.#failedToFlush(error as SocketError);
    }
    this.#holdWhileFull();
  }

  #failedToFlush(error: SocketError): void {
    this.#pendingError = error;
    if (this.#shutdownWaits || this.#onDrained) this.outbox.clear();
  }

  /** Queued bytes that have no room keep the program running: they were promised to go out. */
  #holdWhileFull(): void {
    const holds = this.outbox.size > 0 && !this.writable;
    if (holds === this.#holds) return;
    this.#holds = holds;
    if (holds) this.reactor.hold();
    else this.reactor.release();
  }

  /** Sends what fits; true when the call is done. */
  #trySend(sending: Sending): boolean {
    const { bytes, all } = sending;
    this.#flush();
    this.throwPending();
    while (this.writable && this.mayCall()) {
      const count = this.#sendSome(sending);
      if (count < 0) {
        this.#sentNothing();
        continue;
      }
      bytes.advance(count);
      this.bytesWritten += count;
      if (count === 0 && bytes.sent < bytes.total)
        throw new TypeError('The data must stay as it is until the send settles: it has become shorter');
      if (!all || bytes.sent >= bytes.total) return true;
    }
    return false;
  }

  /** One send: a large part from where it lies, small ones together through the slab. */
  #sendSome({ bytes, flags }: Sending): number {
    const { libc } = this.reactor;
    const large = this.records ? undefined : bytes.inPlace(SEND_IN_PLACE_BYTES);
    if (large) return libc.sendFrom(this.fd, large, large.length, flags | MSG_NOSIGNAL);
    if (this.records && bytes.total > SLAB_BYTES) throw this.error('EMSGSIZE', 'send');
    const slab = this.share.bytes;
    const length = bytes.gather(slab.bytes);
    return libc.send(this.fd, slab.at(0, length), length, flags | MSG_NOSIGNAL);
  }

  #shutdownNow(): void {
    this.#shutdownWaits = false;
    // A connection that failed meanwhile has told the calls that waited; there is nobody left to tell.
    if (!this.released) this.reactor.libc.shutdown(this.fd, SHUT_WR);
  }
}
