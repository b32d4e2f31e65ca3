/**
 * What one thread of a server counts: numbers in memory that other threads read while it goes on, and that outlive it.
 * Only their own thread writes them, so no count is lost between threads.
 */

/** What is counted. */
export const COUNTS = [
  /** Datagrams received, and answered: handed to the system, which may still lose them. */
  'datagrams',
  'answers',
  /** Datagrams without an answer: two servers would talk for ever, a source had too many, an address list, too long. */
  'loops',
  'limited',
  'deniedDatagrams',
  'longDatagrams',
  /** Connections accepted, and of those the ones that are over. */
  'connections',
  'closed',
  /** Connections that were reset at once: an address list, too many of one client, no descriptor left. */
  'deniedConnections',
  'crowdedConnections',
  'shedConnections',
  /** Connections that were reset later: no first byte, nothing moved, too old, too much queued, not done at the end. */
  'cutFirstByte',
  'cutIdle',
  'cutAge',
  'cutQueue',
  'cutDrain',
  /** Connections that ended with their thread. */
  'cutThread',
  /** Answers, connections and calls that failed. */
  'failures',
  /** Bytes of the connections that are over. */
  'bytesRead',
  'bytesWritten',
] as const;

/** The name of a count. */
export type CountName = (typeof COUNTS)[number];

/** A number for each name. */
export type Counts = { readonly [name in CountName]: number };

const INDEX = Object.fromEntries(COUNTS.map((name, index) => [name, index])) as Counts;

/** The counts of one thread. */
export class Counters {
  readonly #values: Float64Array;

  /** @param values - what another thread made with `memory()`. */
  constructor(values: Float64Array = new Float64Array(COUNTS.length)) {
    this.#values = values;
  }

  /** Memory that two threads can share. */
  static memory(): Float64Array {
    return new Float64Array(new SharedArrayBuffer(COUNTS.length * Float64Array.BYTES_PER_ELEMENT));
  }

  add(name: CountName, amount = 1): void {
    this.#values[INDEX[name]] = (this.#values[INDEX[name]] as number) + amount;
  }

  get(name: CountName): number {
    return this.#values[INDEX[name]] as number;
  }

  /** Adds the counts of a thread that is gone. */
  absorb(other: Counters): void {
    for (const name of COUNTS) this.add(name, other.get(name));
  }
}

/** The sum of what several threads have counted. */
export function sumOf(all: readonly Counters[]): Counts {
  const sum = new Counters();
  for (const one of all) sum.absorb(one);
  return Object.fromEntries(COUNTS.map((name) => [name, sum.get(name)])) as Counts;
}
