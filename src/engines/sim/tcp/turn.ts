/**
 * How much one socket does at one moment of virtual time. A program whose calls are all answered at once would never
 * let the clock go on: after so many calls the next one waits a little, as a real one would have taken time.
 */
import type { TcpEnvironment } from './environment.ts';

/** How many calls one socket answers at one moment, as the engine `linux` does in a turn. */
const CALLS_MAX = 16;
/** How long the next one waits, in microseconds. A guess at what so many calls take. */
const REST_US = 10;

/** The turns of one socket. */
export class Turn {
  readonly #environment: TcpEnvironment;
  readonly #onRested: () => void;
  #now = -1;
  #calls = 0;
  #cancel: (() => void) | undefined;

  /** @param onRested - called when waiting calls may be answered again. */
  constructor(environment: TcpEnvironment, onRested: () => void) {
    this.#environment = environment;
    this.#onRested = onRested;
  }

  /** Counts a call; false when it has to wait. */
  mayAnswer(): boolean {
    const now = this.#environment.now();
    if (now !== this.#now) {
      this.#now = now;
      this.#calls = 0;
    }
    this.#calls += 1;
    if (this.#calls <= CALLS_MAX) return true;
    this.#cancel ??= this.#environment.after(REST_US, () => {
      this.#cancel = undefined;
      this.#onRested();
    });
    return false;
  }

  /** Nobody waits any more. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
