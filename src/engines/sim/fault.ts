/** What every fault has: a name, a count of what it did, and a way to take it away. A fault that did nothing fails the run. */

/** A fault that is in place. `using` takes it away at the end of a block. */
export interface Fault {
  /** What it is and where, for a message. */
  readonly name: string;
  /** How often it did something. */
  readonly hits: number;
  /** How many packets it looked at, hit or not; for a fault of a host the same as `hits`. */
  readonly seen: number;
  /** Whether it may do nothing. */
  readonly optional: boolean;
  /** Takes it away. What it did stays done, and counted. */
  remove(): void;
  [Symbol.dispose](): void;
}

/** Several faults under one name: a fault of both directions. */
export class FaultGroup implements Fault {
  readonly name: string;
  readonly #faults: readonly Fault[];

  constructor(name: string, faults: readonly Fault[]) {
    this.name = name;
    this.#faults = faults;
  }

  get hits(): number {
    return this.#faults.reduce((sum, { hits }) => sum + hits, 0);
  }

  get seen(): number {
    return this.#faults.reduce((sum, { seen }) => sum + seen, 0);
  }

  get optional(): boolean {
    return this.#faults.every(({ optional }) => optional);
  }

  remove(): void {
    for (const fault of this.#faults) fault.remove();
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
