/**
 * When the messages of an open loop are due: planned ahead at an even rate, whatever the server does. A latency counts
 * from the planned time, so that the messages which a stalled server kept from being sent are not forgotten
 * (Gil Tene's "coordinated omission").
 */

/** How long after its making a schedule begins, in milliseconds. */
const BEGIN_MS = 1;

/** An even rate of messages. */
export class Schedule {
  readonly #intervalMs: number;
  readonly #beganAt: number = performance.now() + BEGIN_MS;
  #taken = 0;

  /** @param rate - messages a second, more than 0. */
  constructor(rate: number) {
    this.#intervalMs = 1000 / rate;
  }

  /** How many are due and not taken yet. */
  due(now: number): number {
    return Math.max(0, Math.floor((now - this.#beganAt) / this.#intervalMs) + 1 - this.#taken);
  }

  /** Takes the next one and gives the time for which it was planned. */
  take(): number {
    const planned = this.#beganAt + this.#taken * this.#intervalMs;
    this.#taken += 1;
    return planned;
  }

  /** How long there is nothing to send, in whole milliseconds, rounded down: a late message would be our fault. */
  restMs(now: number, max: number): number {
    const rest = this.#beganAt + this.#taken * this.#intervalMs - now;
    return Math.min(max, Math.max(0, Math.floor(rest)));
  }
}
