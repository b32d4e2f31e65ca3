/** The time of a load: a warm-up, the measured part, the end; and who is told of it. */
import type { LoadReport, LoadSpec } from './spec.ts';
import { Tally } from './tally.ts';

/** What may be watched and stopped from another thread, as 64-bit floats. */
export const SHARED = { stop: 0, measuring: 1, messages: 2, lost: 3, wrong: 4, errors: 5, count: 6 } as const;

/** Who wants to know. Both are called in the midst of the load and must be quick. */
export interface LoadHooks {
  /** The clients are open: for a drain, with the port that it bound. */
  readonly onReady?: (port: number) => void;
  /** The warm-up is over. */
  readonly onBegin?: () => void;
  /** The measured part is over. */
  readonly onEnd?: () => void;
  /** `SHARED.count` numbers in shared memory. */
  readonly shared?: Float64Array;
}

/** How often the numbers for other threads are written, in milliseconds. */
const SHARE_MS = 50;

/** Counts and times one run of a load. */
export class Period {
  readonly tally: Tally;
  readonly #spec: LoadSpec;
  readonly #hooks: LoadHooks;
  #beginsAt = 0;
  #endsAt = 0;
  #began = 0;
  #ended = 0;
  #cpu: NodeJS.CpuUsage | undefined;
  #nextShareAt = 0;
  #before = 0;

  constructor(spec: LoadSpec, hooks: LoadHooks) {
    this.#spec = spec;
    this.tally = new Tally(spec);
    this.#hooks = hooks;
  }

  /** Begins the warm-up: the clients are open. */
  start(): void {
    this.#beginsAt = performance.now() + this.#spec.warmUpMs;
    this.#endsAt = this.#beginsAt + this.#spec.measureMs;
  }

  /** To be called often, at least every 100 ms, with `performance.now()`; false when the load is over. */
  goesOn(now: number): boolean {
    if (now >= this.#nextShareAt) this.#share(now);
    if (this.#cpu === undefined && now >= this.#beginsAt) this.#begin();
    if (
      now < this.#endsAt &&
      this.#before + this.tally.messages < (this.#spec.count ?? Number.POSITIVE_INFINITY)
    )
      return true;
    this.#end(now);
    return false;
  }

  /** The report, after the end. */
  report(generator: LoadReport['generator']): LoadReport {
    const { messages, bytes, lost, late, wrong, errors } = this.tally;
    const seconds = Math.max(this.#ended - this.#began, 0.001) / 1000;
    const cpu = process.cpuUsage(this.#cpu);
    const busy = (cpu.user + cpu.system) / 1e6 / seconds;
    const kernelShare = cpu.system / Math.max(1, cpu.user + cpu.system);
    const latencyUs = this.tally.latency();
    return {
      generator,
      seconds,
      messages,
      bytes,
      rate: messages / seconds,
      lost,
      late,
      wrong,
      errors,
      latencyUs,
      busy,
      kernelShare,
    };
  }

  #begin(): void {
    this.#hooks.onBegin?.();
    this.#before = this.tally.messages;
    this.tally.reset();
    this.#cpu = process.cpuUsage();
    this.#began = performance.now();
    this.#endsAt = this.#began + this.#spec.measureMs;
  }

  #end(now: number): void {
    if (this.#cpu === undefined) {
      this.#began = this.#beginsAt - this.#spec.warmUpMs;
      this.#cpu = { user: 0, system: 0 };
    }
    this.#ended = now;
    this.#share(now);
    this.#hooks.onEnd?.();
  }

  #share(now: number): void {
    this.#nextShareAt = now + SHARE_MS;
    const { shared } = this.#hooks;
    if (!shared) return;
    shared[SHARED.measuring] = this.#cpu === undefined ? 0 : 1;
    shared[SHARED.messages] = this.tally.messages;
    shared[SHARED.lost] = this.tally.lost;
    shared[SHARED.wrong] = this.tally.wrong;
    shared[SHARED.errors] = this.tally.errors;
    if (shared[SHARED.stop] === 1) this.#endsAt = now;
  }
}
