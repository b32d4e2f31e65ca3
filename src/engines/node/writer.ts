/**
 * The sending half of a connection. Node gets copies of 64 KiB, one at a time: what it can't hand to the kernel stays
 * with it after the call has settled, when the caller's memory is the caller's again. A call that waits has given
 * nothing of the piece that it waits with, so cancelling it is clean.
 */
import type { Socket } from 'node:net';
import { MSG_OOB } from '../../posix/constants.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, Eventually } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import type { Data } from './bytes.ts';
import { copy, Outbox } from './bytes.ts';
import type { Ends } from './errors.ts';
import { socketError } from './errors.ts';
import type { Loop } from './loop.ts';
import { TurnBudget } from './loop.ts';
import type { PendingError } from './pending-error.ts';

/** The bytes that Node gets at a time, as many as libuv reads at a time. */
const PIECE_BYTES = 65_536;
/** How many pieces one connection sends in a turn before other work has its turn. A guess: 4 MiB take about a millisecond. */
const PIECES_PER_TURN = 64;

interface WriteRequest {
  readonly outbox: Outbox;
  readonly all: boolean;
}

/** Bytes on their way from the calls that send them to Node. */
export class Writer {
  readonly #loop: Loop;
  readonly #socket: Socket;
  readonly #ends: Ends;
  readonly #pendingError: PendingError;
  readonly #budget: TurnBudget;
  readonly #waiting: WaitQueue<WriteRequest, number>;
  #isEnded = false;

  constructor(loop: Loop, socket: Socket, ends: Ends, pendingError: PendingError) {
    this.#loop = loop;
    this.#socket = socket;
    this.#ends = ends;
    this.#pendingError = pendingError;
    this.#budget = new TurnBudget(loop, PIECES_PER_TURN);
    this.#waiting = new WaitQueue(() => loop.release());
    socket.on('drain', () => this.#serve());
  }

  /** Whether nothing more can be sent. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether Node has handed over everything, the end of the stream included. */
  get isFlushed(): boolean {
    const { writableLength, writableEnded, writableFinished } = this.#socket;
    return writableLength === 0 && (!writableEnded || writableFinished);
  }

  send(data: Data, flags: number, all: boolean, cancellation?: Cancellation): Eventually<number> {
    if (flags & MSG_OOB) {
      throw socketError('EOPNOTSUPP', 'send', this.#ends, 'the engine node has no urgent byte');
    }
    this.#pendingError.throwIfSet('send', this.#ends);
    if (this.#isEnded) throw socketError('EPIPE', 'send', this.#ends);
    if (this.#givesWhole(data)) return data.length;
    const request = { outbox: new Outbox(data), all };
    if (this.#waiting.size === 0) {
      if (this.#give(request)) return request.outbox.taken;
      this.#loop.hold();
    }
    return this.#waiting.wait(request, cancellation);
  }

  /** Ends the stream after the calls that wait. */
  end(): void {
    this.#isEnded = true;
    this.#serve();
  }

  /** The connection broke: one call has the pending error, unless another one had it, and the others EPIPE. */
  break(): void {
    this.#isEnded = true;
    this.#waiting.rejectAll(
      () => this.#pendingError.take('send', this.#ends) ?? socketError('EPIPE', 'send', this.#ends),
    );
  }

  /** Takes every call that waits out; the result fails them. */
  dismissAll(error: () => SocketError): () => void {
    return this.#waiting.dismissAll(error);
  }

  #serve(): void {
    if (this.#socket.destroyed) return;
    for (let request = this.#waiting.first; request; request = this.#waiting.first) {
      try {
        if (!this.#give(request)) return;
        this.#waiting.resolve(request.outbox.taken);
      } catch (error) {
        this.#waiting.reject(error);
      }
    }
    if (this.#isEnded && !this.#socket.writableEnded) this.#socket.end();
  }

  /** Gives Node one small array: what most calls send. False when that is not the way. */
  #givesWhole(data: Data): data is Uint8Array {
    if (!(data instanceof Uint8Array) || data.length === 0 || data.length > PIECE_BYTES) return false;
    if (this.#waiting.size > 0 || !this.#isFree || !this.#budget.take()) return false;
    this.#socket.write(copy(data));
    return true;
  }

  /** Whether a piece may go to the kernel at once. */
  get #isFree(): boolean {
    return this.#socket.writableLength === 0 && !this.#socket.errored;
  }

  /** Gives Node the next pieces while they go straight on to the kernel. True when the call is done. */
  #give({ outbox, all }: WriteRequest): boolean {
    while (outbox.taken < outbox.length && this.#isFree) {
      if (!this.#budget.take()) {
        this.#loop.nextTurn(() => this.#serve());
        break;
      }
      const piece = outbox.take(PIECE_BYTES);
      if (!piece)
        throw socketError('EFAULT', 'send', this.#ends, 'the buffer was detached while it was sent');
      this.#socket.write(piece);
    }
    return outbox.taken === outbox.length || (!all && outbox.taken > 0);
  }
}
