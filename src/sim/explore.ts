/** Many runs: each seed with faults by chance, and of a run that fails the smallest list of faults that still makes it fail. */

import { eventJson } from './event-json.ts';
import type { FaultPlan } from './plan.ts';
import type { SimNet } from './simnet.ts';
import { SimulationError } from './simulation-error.ts';

/** What a test that is explored is given. */
export interface Trial {
  readonly seed: number;
  /** The faults to install: `installPlan(sim, plan)`. */
  readonly plan: FaultPlan;
}

/** What to explore. */
export interface ExploreOptions {
  /** How many seeds, from 1 up, or which. */
  readonly seeds: number | readonly number[];
  /** The faults of a seed; none when left out. */
  readonly plan?: (seed: number) => FaultPlan;
  /** Builds a network of this seed, installs the plan, runs it, and throws when something is wrong. */
  readonly test: (trial: Trial) => Promise<unknown>;
  /** How many failing seeds end the exploration; 1 when left out. */
  readonly failuresMax?: number;
}

/** A seed that failed. */
export interface Failure {
  readonly seed: number;
  /** The smallest list of faults with which it still fails. */
  readonly plan: FaultPlan;
  /** What the smallest run threw. */
  readonly error: unknown;
  /** How many runs it took to make the list so small. */
  readonly runs: number;
}

/** What came of it. */
export interface Exploration {
  /** How many seeds were tried. */
  readonly tried: number;
  readonly failures: readonly Failure[];
}

/** Tries seed after seed. */
export async function explore({
  seeds,
  plan = () => [],
  test,
  failuresMax = 1,
}: ExploreOptions): Promise<Exploration> {
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds;
  const failures: Failure[] = [];
  let tried = 0;
  for (const seed of list) {
    tried += 1;
    const faults = plan(seed);
    const outcome = await outcomeOf(test, { seed, plan: faults });
    if (outcome) failures.push(await shrink(test, seed, faults, outcome.error));
    if (failures.length >= failuresMax) break;
  }
  return { tried, failures };
}

/** Leaves faults out one at a time, from the last to the first, for as long as that goes on failing. */
async function shrink(
  test: ExploreOptions['test'],
  seed: number,
  faults: FaultPlan,
  first: unknown,
): Promise<Failure> {
  let plan = faults;
  let error = first;
  let runs = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (let index = plan.length - 1; index >= 0; index--) {
      const fewer = plan.filter((_, other) => other !== index);
      runs += 1;
      const outcome = await outcomeOf(test, { seed, plan: fewer });
      if (!outcome) continue;
      plan = fewer;
      error = outcome.error;
      isSmaller = true;
    }
  }
  return { seed, plan, error, runs };
}

async function outcomeOf(
  test: ExploreOptions['test'],
  trial: Trial,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await test(trial);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/**
 * Plays something twice and compares: a program that uses the date, chance or a timer of the host gives another run.
 *
 * @param play - builds a network, runs it, and gives it back.
 * @returns The network of the first run.
 * @throws SimulationError `DIVERGED` with the first event that was another.
 */
export async function playTwice(play: () => Promise<SimNet>): Promise<SimNet> {
  const [first, second] = [await play(), await play()];
  const traces = [first, second].map((sim) => sim.fabric.trace);
  if (traces[0]?.hash === traces[1]?.hash) return first;
  const [a = [], b = []] = traces.map(({ events }) =>
    events.map((event) => JSON.stringify(eventJson(event))),
  );
  const at = a.findIndex((text, index) => text !== b[index]);
  const [one, other] = [a[at] ?? 'nothing more', b[at < 0 ? a.length : at] ?? 'nothing more'];
  throw new SimulationError(
    'DIVERGED',
    `The second run was another. First: ${one}. Second: ${other}. ${first.replayHint}`,
  );
}
