/** Threads that have loaded the handlers and wait to take the place of one that dies. */

/**
 * From the second death within this time on there are so many more: whatever has killed two may kill the next, and on a
 * busy machine a thread takes half a second to two seconds to start.
 */
const MOURNING_MS = 10_000;
const MORE = 2;
/** How long one that is not needed may take to end, in milliseconds. A guess. */
const END_MS = 500;

/** A thread, as far as it is a spare. */
export interface Spare {
  readonly isLoaded: boolean;
  readonly loaded: Promise<unknown>;
  readonly gone: Promise<void>;
  drain(): void;
  kill(): Promise<void>;
}

/** The spare threads of a server. */
export class SpareThreads<Thread extends Spare> {
  readonly #count: number;
  readonly #start: () => Thread | undefined;
  readonly #threads = new Set<Thread>();
  #mourning: NodeJS.Timeout | undefined;
  /** How many have died since it was calm. */
  #deaths = 0;

  /**
   * @param count - how many there are to be while nobody dies; 0: none at all.
   * @param start - `undefined` when none can be had now: the next `keep` tries again.
   */
  constructor(count: number, start: () => Thread | undefined) {
    this.#count = count;
    this.#start = start;
  }

  [Symbol.iterator](): IterableIterator<Thread> {
    return this.#threads.values();
  }

  /** Sees to it that as many are there as are to be; they start one after another, for together all of them are late. */
  keep(): void {
    if (this.#count === 0) return;
    const wanted = this.#count + (this.#deaths > 1 ? MORE : 0);
    const threads = [...this.#threads];
    void this.#end(threads.slice(wanted));
    if (threads.length < wanted && threads.every(({ isLoaded }) => isLoaded)) this.#startOne();
  }

  #startOne(): void {
    const thread = this.#start();
    if (!thread) return;
    this.#threads.add(thread);
    thread.loaded.then(
      () => {
        if (this.#threads.has(thread)) this.keep();
      },
      () => {}, // one that can't be loaded now can't be loaded again at once
    );
  }

  /** Gives one that has its handlers, or else the one that began first. */
  take(): Thread | undefined {
    const threads = [...this.#threads];
    const taken = threads.find(({ isLoaded }) => isLoaded) ?? threads[0];
    if (taken) this.#threads.delete(taken);
    return taken;
  }

  /** One of them is gone. */
  forget(thread: Thread): void {
    this.#threads.delete(thread);
  }

  /** A thread has died: there may be more from the next `keep` on, for a while. */
  mourn(): void {
    this.#deaths += 1;
    clearTimeout(this.#mourning);
    this.#mourning = setTimeout(() => {
      this.#deaths = 0;
      this.keep();
    }, MOURNING_MS).unref();
  }

  /** Ends all, and is as at the beginning; resolves when they are gone. */
  end(): Promise<void> {
    clearTimeout(this.#mourning);
    this.#deaths = 0;
    return this.#end([...this.#threads]);
  }

  async #end(threads: readonly Thread[]): Promise<void> {
    for (const thread of threads) {
      this.#threads.delete(thread);
      thread.drain();
    }
    const late = setTimeout(() => {
      for (const thread of threads) void thread.kill();
    }, END_MS);
    await Promise.all(threads.map(({ gone }) => gone));
    clearTimeout(late);
  }
}
