/**
 * How many datagrams one call takes of a descriptor that other threads read too: what one thread has taken, no other can
 * answer. A program that is done with a batch at once gets twice as many the next time, one that takes long gets half.
 */
import { BATCH_MAX } from './messages.ts';

/** A batch is worth this much of the program's time at most, in milliseconds. A guess: far more than a system call, and less than a client notices. */
const LONG_MS = 2;

export class BatchSize {
  #size = 1;
  #filledAt = 0;

  get size(): number {
    return this.#size;
  }

  /** A batch has come. */
  filled(count: number): void {
    if (count === this.#size || count > 1) this.#filledAt = performance.now();
  }

  /** The program has had the batch and asks for more. */
  used(): void {
    if (this.#filledAt === 0) return;
    const tookMs = performance.now() - this.#filledAt;
    this.#filledAt = 0;
    if (tookMs > LONG_MS) this.#size = Math.max(1, this.#size >> 1);
    else this.#size = Math.min(BATCH_MAX, this.#size * 2);
  }
}
