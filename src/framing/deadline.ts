/** The `signal` and the times of one message, which may take several calls of the connection. */
import type { CallOptions } from '../index.ts';

/** The longest delay of a timer in milliseconds; a longer timeout counts as none. */
const TIMER_MAX_MS = 2_147_483_647;

/** A clock: calls back once after `delayMs`; the result calls it off. */
export type After = (delayMs: number, callback: () => void) => () => void;

/** The clock of the host, for what has no engine. */
export const afterOnHost: After = (delayMs, callback) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
};

/** How reading one message may end early. */
export interface MessageOptions extends CallOptions {
  /**
   * How long a message may take from its beginning to its end, in milliseconds; 0, or left out, is any time. A peer that
   * is silent between two messages is not late, as it is by `timeoutMs`. What came along with the message before has
   * begun when the next one is asked for.
   */
  readonly completeMs?: number | undefined;
}

/**
 * Checks the options of a call before it does anything.
 *
 * @throws The signal's reason when it is aborted already; RangeError for a negative timeout or NaN, TypeError for what
 * is no number.
 */
export function checkCallOptions(options: MessageOptions | undefined): void {
  checkTimeout(options?.timeoutMs);
  checkTimeout(options?.completeMs);
  options?.signal?.throwIfAborted();
}

/** The way of one call that has to wait to end early. */
export class Deadline {
  readonly #options: CallOptions | undefined;
  readonly #after: After;
  readonly #timeout: (timeoutMs: number) => unknown;
  #signal: AbortSignal | undefined;
  #stop: (() => void) | undefined;

  /**
   * @param options - checked already.
   * @param timeout - makes the reason when the time is over.
   */
  constructor(options: CallOptions | undefined, after: After, timeout: (timeoutMs: number) => unknown) {
    this.#options = options;
    this.#after = after;
    this.#timeout = timeout;
  }

  /** The signal to wait under, `undefined` when nothing ends the call early. The time runs from its first use. */
  get signal(): AbortSignal | undefined {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY } = this.#options ?? {};
    if (timeoutMs > TIMER_MAX_MS) return signal;
    this.#signal ??= this.#start(timeoutMs, signal);
    return this.#signal;
  }

  /** Stops the clock. */
  end(): void {
    this.#stop?.();
  }

  #start(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
    const controller = new AbortController();
    const abort = () => controller.abort(signal?.reason);
    const stopClock = this.#after(timeoutMs, () => controller.abort(this.#timeout(timeoutMs)));
    signal?.addEventListener('abort', abort, { once: true });
    this.#stop = () => {
      stopClock();
      signal?.removeEventListener('abort', abort);
    };
    return controller.signal;
  }
}

/**
 * Waits for `pending` until `signal` is aborted. What is pending goes on, and a failure of it after that is no unhandled
 * rejection.
 */
export function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort(); // just now, between two reads of one message
    signal.addEventListener('abort', abort, { once: true });
    const settled = () => signal.removeEventListener('abort', abort);
    pending.then(resolve, reject).then(settled, settled);
  });
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs !== 'number')
    throw new TypeError(`A timeout must be a number of milliseconds, got ${typeof timeoutMs}`);
  if (!(timeoutMs >= 0)) throw new RangeError(`A timeout must be 0 or more milliseconds, got ${timeoutMs}`);
}
