/** Finds threads that have given no sign of life for too long. */

/** How long a thread may take to load the handlers, in milliseconds: on a busy machine, a second or two. A guess. */
const START_MS = 30_000;
/** How often it looks in the time that a thread may be silent: it is late by two looks at most. */
const LOOKS_IN_TIME = 10;

/** A thread, as far as it is watched. */
export interface Guarded {
  readonly isLoaded: boolean;
  readonly isKilled: boolean;
  silenceMs(): number;
  excuse(ms: number): void;
}

/** Watches the threads of a server. */
export class Watchdog<Thread extends Guarded> {
  readonly #stuckMs: number;
  readonly #threads: () => Iterable<Thread>;
  readonly #onStuck: (thread: Thread, silenceMs: number) => void;
  readonly #lookMs: number;
  #lookedAt: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param stuckMs - how long a thread may be silent; 0: for ever.
   * @param threads - gives those that are there.
   */
  constructor(
    stuckMs: number,
    threads: () => Iterable<Thread>,
    onStuck: (thread: Thread, silenceMs: number) => void,
  ) {
    this.#stuckMs = stuckMs;
    this.#threads = threads;
    this.#onStuck = onStuck;
    this.#lookMs = stuckMs / LOOKS_IN_TIME;
    this.#lookedAt = performance.now();
    if (stuckMs > 0) this.#timer = setInterval(() => this.look(performance.now()), this.#lookMs).unref();
  }

  /**
   * Looks once. Time in which the look itself was late does not count: the whole process stood still perhaps (Ctrl-Z, a
   * frozen container), and with it those that are looked at.
   */
  look(nowMs: number): void {
    const lateMs = Math.max(0, nowMs - this.#lookedAt - this.#lookMs);
    this.#lookedAt = nowMs;
    for (const thread of this.#threads()) {
      thread.excuse(lateMs);
      const silenceMs = thread.silenceMs();
      const limitMs = thread.isLoaded ? this.#stuckMs : Math.max(this.#stuckMs, START_MS);
      if (silenceMs > limitMs && !thread.isKilled) this.#onStuck(thread, silenceMs);
    }
  }

  /** Looks no more. */
  end(): void {
    clearInterval(this.#timer);
  }
}
