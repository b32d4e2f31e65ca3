/**
 * The sending half of a datagram socket: hands datagrams to Node in the order of the calls, a bounded number a turn,
 * and knows which are still on their way.
 */
import type { Socket } from 'node:dgram';
import type { Address } from '../../posix/address.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
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

/** One datagram, and what its failure is called. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly address: Address | undefined;
  readonly failure: (cause: unknown) => SocketError;
}

/** Datagrams on their way from the calls that send them to Node. */
export class Sender {
  readonly #loop: Loop;
  readonly #budget: TurnBudget;
  #inFlight = 0;
  #onFlushed: (() => void) | undefined;

  constructor(loop: Loop) {
    this.#loop = loop;
    this.#budget = new TurnBudget(loop, SENDS_PER_TURN);
  }

  /** Sends one datagram; gives its length when the kernel has it. */
  send(socket: Socket, { bytes, address, failure }: Datagram, cancellation?: Cancellation): Promise<number> {
    const waiting = new WaitQueue<undefined, number>(() => this.#onSettled());
    const sent = waiting.wait(undefined, cancellation);
    this.#inFlight += 1;
    const onResult = (cause: unknown) => {
      if (!cause) waiting.resolve(bytes.length);
      else if (codeOf(cause) === SHORTAGE && waiting.size > 0) setTimeout(attempt, MEMORY_REST_MS);
      else waiting.reject(failure(cause));
    };
    const attempt = () => sendNow(socket, bytes, address, onResult);
    if (this.#budget.take()) attempt();
    else this.#loop.nextTurn(attempt);
    return sent;
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

  #onSettled(): void {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onFlushed?.();
  }
}
