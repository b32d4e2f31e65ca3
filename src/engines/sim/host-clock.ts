/** The clock of one host: it may run fast or slow, stand still while the host is paused, and lose its timers in a crash. */
import type { Clock } from './clock.ts';

/** How a host's clock differs from that of the network. */
export interface Skew {
  /** Ahead by so many milliseconds. */
  readonly offsetMs?: number;
  /** Fast by so many millionths. */
  readonly ppm?: number;
}

/** What waits for a paused host at most; more is lost, as in the ring of a network card. */
export const ASLEEP_MAX = 10_000;

/** A host's view of time. */
export class HostClock {
  readonly #clock: Clock;
  readonly #onRead: () => void;
  #offsetUs = 0;
  #rate = 1;
  #life = 0;
  #isPaused = false;
  #asleep: (() => void)[] = [];

  /** @param onRead - told of every look at a clock that is wrong. */
  constructor(clock: Clock, onRead: () => void) {
    this.#clock = clock;
    this.#onRead = onRead;
  }

  /** Microseconds by this clock. */
  now(): number {
    if (this.#rate === 1 && this.#offsetUs === 0) return this.#clock.now;
    this.#onRead();
    return Math.round(this.#clock.now * this.#rate + this.#offsetUs);
  }

  /** Calls back after so many microseconds of this clock, unless the host has died meanwhile. */
  after(delayUs: number, callback: () => void): () => void {
    const life = this.#life;
    if (this.#rate !== 1) this.#onRead();
    const delay = this.#rate === 1 ? delayUs : delayUs / this.#rate;
    return this.#clock.after(delay, () => {
      if (life === this.#life) this.whenAwake(callback);
    });
  }

  /** Does it now, or when the host goes on; nothing when too much waits already. */
  whenAwake(callback: () => void): boolean {
    if (!this.#isPaused) {
      callback();
      return true;
    }
    if (this.#asleep.length >= ASLEEP_MAX) return false;
    this.#asleep.push(callback);
    return true;
  }

  set({ offsetMs = 0, ppm = 0 }: Skew): void {
    if (!Number.isFinite(offsetMs) || !(ppm > -1e6 && ppm < 1e6))
      throw new RangeError(
        `A skew must be finite and less than 1,000,000 ppm, got ${offsetMs} ms, ${ppm} ppm`,
      );
    this.#offsetUs = offsetMs * 1000;
    this.#rate = 1 + ppm / 1e6;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const callback of this.#asleep.splice(0)) this.whenAwake(callback);
  }

  /** Forgets every timer. */
  die(): void {
    this.#life += 1;
    this.#isPaused = false;
    this.#asleep = [];
  }
}
