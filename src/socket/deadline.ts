/** The `signal` and `timeoutMs` of a waiting call: how it ends before the network ends it. */
import type { Cancellation, Engine, Eventually } from '../engines/engine.ts';

/** What every waiting call takes last. */
export interface CallOptions {
  /** Ends the call with the signal's reason. The socket stays usable, and no byte is lost. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the call with ETIMEDOUT after so many milliseconds; 0 is one look at what is there, `Infinity` waits for
   * ever. In place of the socket's `settimeout`.
   */
  readonly timeoutMs?: number | undefined;
}

/** The longest delay of a timer in milliseconds; a longer timeout counts as none. */
const TIMER_MAX_MS = 2_147_483_647;

/** @throws RangeError for a negative timeout or NaN, TypeError for what is no number. */
export function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return;
  if (typeof timeoutMs !== 'number')
    throw new TypeError(`A timeout must be a number of milliseconds, got ${typeof timeoutMs}`);
  if (!(timeoutMs >= 0)) throw new RangeError(`A timeout must be 0 or more milliseconds, got ${timeoutMs}`);
}

/** One waiting call's way to end early. It may pass through several operations of an engine, one after another. */
export class Deadline implements Cancellation {
  onCancel: ((reason: unknown) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timeoutMs: number | undefined;
  #over: { readonly reason: unknown } | undefined;

  private constructor(signal: AbortSignal | undefined, timeoutMs: number | undefined) {
    this.#signal = signal;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The deadline that `options` ask for, `undefined` when they ask for none.
   *
   * @throws The signal's reason when it is aborted already; see `checkTimeout`.
   */
  static of(options: CallOptions | undefined, defaultTimeoutMs: number | undefined): Deadline | undefined {
    if (options === undefined && defaultTimeoutMs === undefined) return undefined;
    const signal = options?.signal;
    const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs;
    checkTimeout(timeoutMs);
    signal?.throwIfAborted();
    const bounded = timeoutMs !== undefined && timeoutMs <= TIMER_MAX_MS;
    return signal || bounded ? new Deadline(signal, bounded ? timeoutMs : undefined) : undefined;
  }

  /** Throws when the deadline passed between two operations. */
  throwIfOver(): void {
    if (this.#over) throw this.#over.reason;
  }

  /** Waits for `pending` under this deadline. `timeout` makes the error for the clock's end. */
  async settle<T>(pending: Promise<T>, engine: Engine, timeout: (timeoutMs: number) => unknown): Promise<T> {
    const timeoutMs = this.#timeoutMs;
    const onAbort = () => this.#end(this.#signal?.reason);
    const stop =
      timeoutMs === undefined ? undefined : engine.after(timeoutMs, () => this.#end(timeout(timeoutMs)));
    this.#signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await pending;
    } finally {
      stop?.();
      this.#signal?.removeEventListener('abort', onAbort);
    }
  }

  #end(reason: unknown): void {
    this.#over ??= { reason };
    this.onCancel?.(reason);
  }
}

/** Tells whether an operation has to be waited for. */
export function isPending<T>(operation: Eventually<T>): operation is Promise<T> {
  return operation instanceof Promise;
}
