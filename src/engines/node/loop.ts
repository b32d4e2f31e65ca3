/**
 * What the sockets of this engine ask of the thread's event loop: to keep the program running while a call waits, and
 * to let other work run in between. Node's own handles are never referenced, so there is one rule for all of them.
 */

/** The longest delay of a timer in milliseconds; the timer only has to exist. */
const TIMER_MAX_MS = 2_147_483_647;

/** The event loop of one thread. */
export class Loop {
  #holds = 0;
  #timer: NodeJS.Timeout | undefined;
  #turning = false;
  #afterTurn: (() => void)[] = [];

  /** Keeps the program running until as many `release` calls have come. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds > 1) return;
    this.#timer ??= setInterval(() => {}, TIMER_MAX_MS);
    this.#timer.ref();
  }

  /** Undoes one `hold`. */
  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#timer?.unref();
  }

  /** Calls back when this turn is over, in the order of the calls. */
  nextTurn(callback: () => void): void {
    this.#afterTurn.push(callback);
    this.#endTurnSoon();
  }

  #endTurnSoon(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      const callbacks = this.#afterTurn;
      this.#afterTurn = [];
      this.#turning = false;
      for (const callback of callbacks) callback();
    });
  }
}

/** How much of one thing a socket may do in one turn. */
export class TurnBudget {
  readonly #loop: Loop;
  readonly #max: number;
  #used = 0;

  constructor(loop: Loop, max: number) {
    this.#loop = loop;
    this.#max = max;
  }

  /** Uses one unit; false when this turn's are used up. */
  take(): boolean {
    this.#used += 1;
    // To learn of the end of each turn would cost more than most of them do.
    if (this.#used === this.#max >> 1) this.#loop.nextTurn(() => (this.#used = 0));
    return this.#used <= this.#max;
  }
}
