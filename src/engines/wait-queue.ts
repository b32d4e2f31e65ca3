/**
 * The calls that wait on one direction of a socket, first come, first served. Every engine keeps one for each kind of
 * waiting call; cancellation and close are handled here once.
 */
import type { Cancellation } from './engine.ts';

interface Waiter<Request, Result> {
  readonly request: Request;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
  readonly cancellation: Cancellation | undefined;
}

/** Waiting calls, each with what it asks for. */
export class WaitQueue<Request, Result> {
  readonly #onIdle: (() => void) | undefined;
  readonly #waiters: Waiter<Request, Result>[] = [];

  /** @param onIdle - called when the last waiting call has left. */
  constructor(onIdle?: () => void) {
    this.#onIdle = onIdle;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#waiters.length;
  }

  /** What the first call asks for. */
  get first(): Request | undefined {
    return this.#waiters[0]?.request;
  }

  /** Lets a call wait; the promise settles through `resolve`, `reject`, `rejectAll` or the cancellation. */
  wait(request: Request, cancellation?: Cancellation): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiter = { request, resolve, reject, cancellation };
      this.#waiters.push(waiter);
      if (cancellation) cancellation.onCancel = (reason) => this.#remove(waiter)?.reject(reason);
    });
  }

  /** Gives the first call its result. */
  resolve(result: Result): void {
    this.#shift()?.resolve(result);
  }

  /** Fails the first call. */
  reject(reason: unknown): void {
    this.#shift()?.reject(reason);
  }

  /** Fails every call; `reason` makes an error for each, so that none is shared. */
  rejectAll(reason: () => unknown): void {
    this.dismissAll(reason)();
  }

  /**
   * Takes every call out of the queue; the result fails them. A `close()` that takes time fails them when it is over,
   * not before: a program that handles its call only after `await socket.close()` would have an unhandled rejection.
   */
  dismissAll(reason: () => unknown): () => void {
    const dismissed: Waiter<Request, Result>[] = [];
    for (let waiter = this.#shift(); waiter; waiter = this.#shift()) dismissed.push(waiter);
    return () => {
      for (const waiter of dismissed) waiter.reject(reason());
    };
  }

  #shift(): Waiter<Request, Result> | undefined {
    const waiter = this.#waiters.shift();
    if (waiter) this.#left(waiter);
    return waiter;
  }

  #remove(waiter: Waiter<Request, Result>): Waiter<Request, Result> | undefined {
    const index = this.#waiters.indexOf(waiter);
    if (index < 0) return undefined;
    this.#waiters.splice(index, 1);
    this.#left(waiter);
    return waiter;
  }

  #left(waiter: Waiter<Request, Result>): void {
    if (waiter.cancellation) waiter.cancellation.onCancel = undefined;
    if (this.#waiters.length === 0) this.#onIdle?.();
  }
}
