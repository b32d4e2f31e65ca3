/**
 * Virtual time: whole microseconds, and what is due when. Events of one time happen in the order in which they were
 * planned, so a run is a function of its seed. A binary heap; an event that was called off leaves it when its time comes.
 */

/** One thing that is due. */
interface Due {
  readonly at: number;
  /** The number of the plan: earlier plans first. */
  readonly order: number;
  callback: (() => void) | undefined;
}

/** The most events that may wait at once: more is a program that plans without end. */
export const EVENTS_PENDING_MAX = 1_000_000;
/** Called-off events are swept out of the heap when there are more of them than this, and more than of the others. */
const SWEEP_MIN = 4096;

/** The clock of one simulated network. */
export class Clock {
  #now = 0;
  #planned = 0;
  #executed = 0;
  #calledOff = 0;
  #heap: Due[] = [];
  /** Told of each plan: a driver that rests begins again. */
  onPlan: (() => void) | undefined;

  /** The time in microseconds since the start. */
  get now(): number {
    return this.#now;
  }

  /** How many events have happened. */
  get executed(): number {
    return this.#executed;
  }

  /** How many events wait. */
  get pending(): number {
    return this.#heap.length - this.#calledOff;
  }

  /** When the next event is due; `undefined` when nothing waits. */
  get next(): number | undefined {
    this.#dropCalledOff();
    return this.#heap[0]?.at;
  }

  /** Plans an event after so many microseconds, rounded; the result calls it off. */
  after(delayUs: number, callback: () => void): () => void {
    if (this.pending >= EVENTS_PENDING_MAX) {
      throw new RangeError(`More than ${EVENTS_PENDING_MAX} events wait: something plans without end`);
    }
    const at = this.#now + Math.max(0, Math.round(delayUs));
    const due: Due = { at, order: this.#planned++, callback };
    this.#heap.push(due);
    this.#rise(this.#heap.length - 1);
    this.onPlan?.();
    return () => this.#callOff(due);
  }

  /** Goes to the next event and lets it happen; `false` when nothing waits. */
  step(): boolean {
    this.#dropCalledOff();
    const due = this.#take();
    if (!due) return false;
    this.#now = due.at;
    this.#executed += 1;
    const { callback } = due;
    due.callback = undefined;
    callback?.();
    return true;
  }

  /** Goes on to a time at which nothing happens; never back, and never past an event. */
  advanceTo(timeUs: number): void {
    this.#now = Math.max(this.#now, Math.min(timeUs, this.next ?? timeUs));
  }

  #callOff(due: Due): void {
    if (due.callback === undefined) return;
    due.callback = undefined;
    this.#calledOff += 1;
    if (this.#calledOff > SWEEP_MIN && this.#calledOff * 2 > this.#heap.length) this.#sweep();
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((due) => due.callback !== undefined);
    this.#calledOff = 0;
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  #dropCalledOff(): void {
    while (this.#heap[0] && this.#heap[0].callback === undefined) {
      this.#take();
      this.#calledOff -= 1;
    }
  }

  #take(): Due | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first && last && first !== last) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const due = heap[from] as Due;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Due;
      if (!isBefore(due, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const due = heap[from] as Due;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Due)) child += 1;
      const below = heap[child] as Due;
      if (!isBefore(below, due)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = due;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
