/**
 * The sending half of a datagram socket: hands datagrams to Node in the order of the calls, a bounded number a turn,
 * and knows which are still on their way.
 */
import type { Socket } from 'node:dgram';
import type { Address } from '../../posix/address.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation } from '../engine.ts';
import { sendNow } from './datagrams.ts';
import { codeOf } from './errors.ts';
import type { Loop } from './loop.ts';
import { TurnBudget } from './loop.ts';

/** How many datagrams one socket sends in a turn before other work has its turn, as many as the engine linux. */
const SENDS_PER_TURN = 1024;
/** How long a closing socket waits for what is on its way, in milliseconds. A guess: a full buffer drains in microseconds. */
const FLUSH_MS = 1000;
/** How long a send rests when the kernel is out of memory, in milliseconds: no event tells when it has some again. A guess. */
const MEMORY_REST_MS = 1;
/** Back-pressure that libuv does not take for such; EAGAIN and ENOBUFS it waits out itself. */
const SHORTAGE: ErrorCode = 'ENOMEM';

/** One datagram. */
export interface Datagram {
  readonly bytes: Uint8Array;
  /** Where Node is told to send it; `undefined` on a connected socket. */
  readonly address: Address | undefined;
  /** Where it goes, for the error when it does not. */
  readonly remote: Address | undefined;
}

/** A datagram on its way, and the call that waits for it. */
interface Sending {
  readonly socket: Socket;
  readonly datagram: Datagram;
  readonly cancellation: Cancellation | undefined;
  readonly resolve: (length: number) => void;
  readonly reject: (reason: unknown) => void;
  isSettled: boolean;
}

/** Datagrams on their way from the calls that send them to Node. */
export class Sender {
  readonly #loop: Loop;
  readonly #failure: (datagram: Datagram, cause: unknown) => SocketError;
  readonly #budget: TurnBudget;
  #inFlight = 0;
  #onFlushed: (() => void) | undefined;

  /** @param failure - makes the error of a datagram that Node could not send. */
  constructor(loop: Loop, failure: (datagram: Datagram, cause: unknown) => SocketError) {
    this.#loop = loop;
    this.#failure = failure;
    this.#budget = new TurnBudget(loop, SENDS_PER_TURN);
  }

  /** Sends one datagram; gives its length when the kernel has it. */
  send(socket: Socket, datagram: Datagram, cancellation?: Cancellation): Promise<number> {
    this.#inFlight += 1;
    return new Promise((resolve, reject) => {
      const sending = { socket, datagram, cancellation, resolve, reject, isSettled: false };
      if (cancellation) cancellation.onCancel = (reason) => this.#cancel(sending, reason);
      if (this.#budget.take()) this.#attempt(sending);
      else this.#loop.nextTurn(() => this.#attempt(sending));
    });
  }

  /** Waits until everything has left, but not for ever. */
  async flush(): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FLUSH_MS);
      this.#onFlushed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #attempt(sending: Sending): void {
    const { socket, datagram, isSettled } = sending;
    // cancelled while it waited for its turn, or for memory
    if (isSettled) return;
    sendNow(socket, datagram.bytes, datagram.address, (cause) => this.#onResult(sending, cause));
  }

  #onResult(sending: Sending, cause: unknown): void {
    const { datagram, isSettled } = sending;
    if (isSettled) return;
    if (cause && codeOf(cause) === SHORTAGE) {
      setTimeout(() => this.#attempt(sending), MEMORY_REST_MS);
      return;
    }
    this.#settle(sending);
    if (cause) sending.reject(this.#failure(datagram, cause));
    else sending.resolve(datagram.bytes.length);
  }

  #cancel(sending: Sending, reason: unknown): void {
    this.#settle(sending);
    sending.reject(reason);
  }

  #settle(sending: Sending): void {
    sending.isSettled = true;
    if (sending.cancellation) sending.cancellation.onCancel = undefined;
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onFlushed?.();
  }
}
