/** What a benchmark gives: every single run, the machine, the settings. This is the JSON file. */
import type { Figures, Metric, Target } from './question.ts';
import { SUBJECT } from './question.ts';
import type { Settings } from './settings.ts';

/** One run of one contestant. */
export interface Run {
  readonly contestant: string;
  readonly round: number;
  /** Empty when the run failed. */
  readonly figures: Figures;
  /** Why it failed. */
  readonly failed?: string;
}

/** One of those that were compared, or why it was not. */
export interface Entry {
  readonly name: string;
  readonly program: string;
  readonly version?: string | undefined;
  /** How it is installed. */
  readonly missing?: string;
  /** System calls per message, of a separate run. */
  readonly calls?: number;
}

/** Whether a target is met; `met` is absent where there is no figure. */
export interface Outcome extends Target {
  readonly figure?: number;
  readonly min?: number;
  readonly max?: number;
  readonly met?: boolean;
}

/** What a question gave. */
export interface Answer {
  readonly name: string;
  readonly title: string;
  readonly note?: string;
  readonly metrics: readonly Metric[];
  readonly entries: readonly Entry[];
  readonly runs: readonly Run[];
  readonly outcomes: readonly Outcome[];
}

/** The machine and the software. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly commit: string | undefined;
  readonly dirty: boolean;
  readonly pinned: boolean;
  readonly load: string;
}

/** A whole run of the benchmark. */
export interface Results {
  readonly version: 1;
  readonly machine: Machine;
  readonly settings: Settings;
  readonly command: string;
  readonly startedAt: string;
  endedAt: string;
  /** Whether Ctrl-C ended it. */
  interrupted: boolean;
  readonly answers: Answer[];
}

/** The middle value; of an even number the lower one. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

/** A figure of every run of a contestant that did not fail. */
export function valuesOf(runs: readonly Run[], contestant: string, metric: Metric): number[] {
  return runs.flatMap((run) => (run.contestant === contestant ? (run.figures[metric] ?? []) : []));
}

/** The ratios (or differences) of two contestants, round by round. */
export function compared(
  runs: readonly Run[],
  metric: Metric,
  [mine, theirs]: readonly [string, string],
  as: 'ratio' | 'difference' = 'ratio',
): number[] {
  return runs.flatMap((run) => {
    if (run.contestant !== mine) return [];
    const other = runs.find(({ contestant, round }) => contestant === theirs && round === run.round);
    const [a, b] = [run.figures[metric], other?.figures[metric]];
    if (a === undefined || b === undefined || (as === 'ratio' && b <= 0)) return [];
    return [as === 'ratio' ? a / b : a - b];
  });
}

/** Holds the targets against the runs. */
export function outcomes(targets: readonly Target[], runs: readonly Run[]): Outcome[] {
  return targets.map((target) => {
    const { contestant = SUBJECT, metric, against, as } = target;
    const values =
      against === undefined
        ? valuesOf(runs, contestant, metric)
        : compared(runs, metric, [contestant, against], as);
    const figure = median(values);
    if (figure === undefined) return target;
    const met = figure <= (target.atMost ?? Number.POSITIVE_INFINITY) && figure >= (target.atLeast ?? 0);
    return { ...target, figure, min: Math.min(...values), max: Math.max(...values), met };
  });
}
