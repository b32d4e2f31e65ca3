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
  next: Waiter<Request, Result> | undefined;
}

/** Waiting calls, each with what it asks for. */
export class WaitQueue<Request, Result> {
  readonly #onIdle: (() => void) | undefined;
  // A list, for mostly one call waits, and an array that goes from one to none costs more than the rest of its wait.
  #first: Waiter<Request, Result> | undefined;
  #last: Waiter<Request, Result> | undefined;
  #size = 0;

  /** @param onIdle - called when the last waiting call has left. */
  constructor(onIdle?: () => void) {
    this.#onIdle = onIdle;
  }

  /** How many calls wait. */
  get size(): number {
    return this.#size;
  }

  /** What the first call asks for. */
  get first(): Request | undefined {
    return this.#first?.request;
  }

  /** Lets a call wait; the promise settles through `resolve`, `reject`, `rejectAll` or the cancellation. */
  wait(request: Request, cancellation?: Cancellation): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiter = { request, resolve, reject, cancellation, next: undefined };
      if (this.#last) this.#last.next = waiter;
      else this.#first = waiter;
      this.#last = waiter;
      this.#size += 1;
      if (cancellation) cancellation.onCancel = (reason) => this.#remove(waiter, reason);
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
    const waiter = this.#first;
    if (waiter) this.#unlink(waiter, undefined);
    return waiter;
  }

  /** Fails a call wherever it stands; nothing happens when it has left already. */
  #remove(waiter: Waiter<Request, Result>, reason: unknown): void {
    let before: Waiter<Request, Result> | undefined;
    for (let at = this.#first; at; at = at.next) {
      if (at === waiter) {
        this.#unlink(waiter, before);
        waiter.reject(reason);
        return;
      }
      before = at;
    }
  }

  #unlink(waiter: Waiter<Request, Result>, before: Waiter<Request, Result> | undefined): void {
    if (before) before.next = waiter.next;
    else this.#first = waiter.next;
    if (this.#last === waiter) this.#last = before;
    this.#size -= 1;
    if (waiter.cancellation) waiter.cancellation.onCancel = undefined;
    if (this.#size === 0) this.#onIdle?.();
  }
}
