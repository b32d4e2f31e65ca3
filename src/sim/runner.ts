/**
 * Lets a network run: programs until they wait, then all that is due at the next time, as a burst is taken from a network
 * card at once. Never hangs: what can't go on is reported.
 */
import type { Clock } from '../engines/sim/clock.ts';
import type { Hop } from './macrotask.ts';
import type { Program } from './program.ts';
import { SimulationError } from './simulation-error.ts';

/** How many events one `run()` may take unless it is told otherwise. */
export const RUN_EVENTS_MAX = 1_000_000;
/** How often a program that waits for something outside may look again before it is reported: a module has to load. */
const OUTSIDE_HOPS_MAX = 100;
/** Every so many events the trace's hash is kept, so that a replay can see whether it is the same run. */
const CHECKPOINT_EVENTS = 256;

/** The host's other work has its turn at least every so many events. */
const HOP_EVENTS = 256;

/** When a run ends. With neither, when nothing can happen any more. */
export interface RunOptions {
  /** When this settles, or gives `true`. A rejection is not this call's: await the promise itself. */
  readonly until?: Promise<unknown> | (() => boolean);
  /** After so many milliseconds of the network's time. */
  readonly forMs?: number;
  /** After so many events it counts as endless; 1,000,000 when left out. */
  readonly eventsMax?: number;
}

/** How a run ended. */
export interface RunResult {
  /** `until` came true, the time was up, or nothing can happen any more. */
  readonly reason: 'until' | 'time' | 'idle';
  /** The network's time in milliseconds. */
  readonly now: number;
  /** How many events have happened since the start. */
  readonly events: number;
  /** The programs that have not ended, each with what it waits for. */
  readonly waiting: readonly string[];
}

/** What a runner needs of its network. */
export interface RunnerRoom {
  readonly clock: Clock;
  /** Whether a program could have gone on since the last time this was asked. */
  takeWoken(): boolean;
  hash(): string;
  programs(): readonly Program<unknown>[];
  readonly hop: Hop;
  hint(): string;
}

/** A trace's hash after an event. */
export interface Checkpoint {
  readonly events: number;
  readonly hash: string;
}

/** How a run went. */
export interface RunRecord {
  /** Before the event that follows. */
  readonly passed: readonly Checkpoint[];
  /** With every program at rest. */
  readonly last: Checkpoint;
}

/** Runs one network. */
export class Runner {
  readonly #room: RunnerRoom;
  readonly #checkpoints: Checkpoint[] = [];
  #failure: { readonly error: SimulationError; readonly result: Promise<unknown> | undefined } | undefined;
  #isRunning = false;
  #isStopped = false;

  constructor(room: RunnerRoom) {
    this.#room = room;
  }

  /** Whether what happens now happens in the run, not outside it. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** What a replay compares itself with: on the way, and at its end. */
  get record(): RunRecord {
    return { passed: this.#checkpoints, last: this.#checkpoint() };
  }

  /** Hears of a program that failed. */
  failed(program: Program<unknown>, cause: unknown): void {
    const text = `The program ${program.name} on ${program.host} failed: ${String(cause)}. ${this.#room.hint()}`;
    this.#failure ??= { error: new SimulationError('PROGRAM', text, { cause }), result: program.result };
  }

  /** Calls a function of the test; its error is the run's. */
  guarded(callback: () => void): void {
    try {
      callback();
    } catch (cause) {
      const text = `A function given to sim.at() failed: ${String(cause)}. ${this.#room.hint()}`;
      this.#failure ??= { error: new SimulationError('PROGRAM', text, { cause }), result: undefined };
    }
  }

  async run({ until, forMs, eventsMax = RUN_EVENTS_MAX }: RunOptions): Promise<RunResult> {
    if (this.#isRunning) throw new Error('The network runs already');
    const { clock, hop } = this.#room;
    const isReached = reached(until);
    const endUs = forMs === undefined ? Number.POSITIVE_INFINITY : clock.now + Math.round(forMs * 1000);
    const lastEvent = clock.executed + eventsMax;
    this.#isRunning = true;
    try {
      await hop();
      for (;;) {
        await this.#rest();
        if (isReached()) return this.#result('until');
        this.#throwFailure(until);
        const next = clock.next;
        if (next === undefined || next > endUs) {
          if (next === undefined && (await this.#someoneMovedOutside(isReached))) continue;
          if (forMs === undefined) return this.#idle(until !== undefined);
          clock.advanceTo(endUs);
          return this.#result('time');
        }
        do {
          if (clock.executed >= lastEvent) throw this.#endless(eventsMax);
          this.#step();
        } while (clock.next === clock.now);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  /** Moves the network whenever everything rests, until it is stopped. */
  drive(): { stop(): void; [Symbol.dispose](): void } {
    const { clock, hop } = this.#room;
    let isMoving = false;
    let isDriving = true;
    const move = async () => {
      if (isMoving) return;
      isMoving = true;
      await hop();
      while (isDriving && !this.#isStopped && clock.next !== undefined) {
        this.#step();
        await hop();
      }
      isMoving = false;
    };
    const stop = () => {
      isDriving = false;
      clock.onPlan = undefined;
    };
    clock.onPlan = () => void move();
    void move();
    return { stop, [Symbol.dispose]: stop };
  }

  /** Plays `steps` and events up to number `n`, and compares with an earlier run. */
  async replay(
    n: number,
    steps: readonly { readonly at: number; readonly again: () => void }[],
    known: RunRecord,
  ): Promise<void> {
    const { clock, hop } = this.#room;
    const left = [...steps];
    const passed = new Map(known.passed.map(({ events, hash }) => [events, hash]));
    this.#isRunning = true;
    try {
      for (;;) {
        await hop();
        while (left[0] && left[0].at <= clock.executed) left.shift()?.again();
        if (clock.executed >= n || clock.next === undefined) break;
        do {
          this.#compare(passed.get(clock.executed));
          this.#step();
        } while (clock.next === clock.now && clock.executed < n && left[0]?.at !== clock.executed);
      }
      if (known.last.events === clock.executed) this.#compare(known.last.hash);
    } finally {
      this.#isRunning = false;
    }
  }

  /**
   * Lets programs run until they wait. A hop takes microseconds, as much as all else in an event, and most events wake
   * nobody: the kernel says at once, or after the two microtasks that `accept` takes, when one did.
   */
  async #rest(): Promise<void> {
    const { takeWoken, hop, clock } = this.#room;
    await undefined;
    await undefined;
    await undefined;
    if (takeWoken() || clock.executed % HOP_EVENTS === 0) await hop();
  }

  /** Ends whatever moves the network. */
  stop(): void {
    this.#isStopped = true;
  }

  #step(): void {
    const { clock } = this.#room;
    if (clock.executed % CHECKPOINT_EVENTS === 0) this.#checkpoints.push(this.#checkpoint());
    clock.step();
  }

  #checkpoint(): Checkpoint {
    return { events: this.#room.clock.executed, hash: this.#room.hash() };
  }

  #compare(known: string | undefined): void {
    const { events, hash } = this.#checkpoint();
    if (known === undefined || known === hash) return;
    const text = `The replay is another run: after event ${events} its hash is ${hash}, not ${known}; a program uses something that the seed does not decide. ${this.#room.hint()}`;
    throw new SimulationError('DIVERGED', text);
  }

  /** A failed program whose result is what the run waits for is the caller's to see. */
  #throwFailure(until: RunOptions['until']): void {
    const failure = this.#failure;
    if (!failure) return;
    this.#failure = undefined;
    if (failure.result === undefined || failure.result !== until) throw failure.error;
  }

  /** Gives programs that wait for something outside a chance to go on. */
  async #someoneMovedOutside(isReached: () => boolean): Promise<boolean> {
    const { clock, hop } = this.#room;
    for (let hops = 0; hops < OUTSIDE_HOPS_MAX && this.#outside().length > 0; hops++) {
      await hop();
      if (clock.next !== undefined || isReached() || this.#failure) return true;
    }
    return false;
  }

  #idle(isAwaited: boolean): RunResult {
    const outside = this.#outside();
    const waiting = this.#waiting();
    if (outside.length > 0) {
      const names = outside.map(({ name, host }) => `${name} on ${host}`).join(', ');
      const text = `Nothing can happen any more, and ${names} wait${outside.length === 1 ? 's' : ''} for something outside the network (a real timer, a file, a promise that nobody settles). ${this.#room.hint()}`;
      throw new SimulationError('OUTSIDE', text, { waiting });
    }
    if (isAwaited) {
      const text = `Nothing can happen any more, and what the run waits for has not come. Waiting: ${waiting.join('; ') || 'no program'}. ${this.#room.hint()}`;
      throw new SimulationError('IDLE', text, { waiting });
    }
    return this.#result('idle');
  }

  #endless(eventsMax: number): SimulationError {
    const waiting = this.#waiting();
    const text = `The run took more than ${eventsMax} events (eventsMax); a program may be endless. Not ended: ${waiting.join('; ') || 'no program'}. ${this.#room.hint()}`;
    return new SimulationError('ENDLESS', text, { waiting });
  }

  #result(reason: RunResult['reason']): RunResult {
    const { clock } = this.#room;
    return { reason, now: clock.now / 1000, events: clock.executed, waiting: this.#waiting() };
  }

  #outside(): readonly Program<unknown>[] {
    return this.#room.programs().filter(({ isRunning, waiting }) => isRunning && waiting.length === 0);
  }

  #waiting(): readonly string[] {
    return this.#room
      .programs()
      .filter(({ isRunning }) => isRunning)
      .map(({ name, host, waiting }) => `${name} on ${host}: ${waiting.join(', ') || 'something outside'}`);
  }
}

function reached(until: RunOptions['until']): () => boolean {
  if (until === undefined) return () => false;
  if (typeof until === 'function') return until;
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  until.then(settle, settle);
  return () => isSettled;
}
