/** A fault that outlives the network it was installed in: a replay builds the network anew, and the handle stays. */
import type { Fault } from '../engines/sim/fault.ts';

/** A fault as a test holds it. */
export class FaultHandle implements Fault {
  readonly #make: () => Fault;
  #target: Fault;
  #isRemoved = false;

  constructor(make: () => Fault) {
    this.#make = make;
    this.#target = make();
  }

  get name(): string {
    return this.#target.name;
  }

  get hits(): number {
    return this.#target.hits;
  }

  get seen(): number {
    return this.#target.seen;
  }

  get optional(): boolean {
    return this.#target.optional;
  }

  /** Installs it again, in a network that was built anew. */
  readonly renew = (): void => {
    this.#target = this.#make();
    this.#isRemoved = false;
  };

  remove(): void {
    if (!this.#isRemoved) this.#target.remove();
    this.#isRemoved = true;
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
