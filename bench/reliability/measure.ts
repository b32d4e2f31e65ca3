/** What a measure of reliability is: one row of the table in docs/reliability.md, and what was found. */
import type { Machine } from '../harness/results.ts';

/** What a measure found out. */
export interface Finding {
  readonly met: boolean;
  /** The figure, in words, as the table shows it. */
  readonly figure: string;
  /** What else was measured, a line each. */
  readonly details: readonly string[];
  /** How the server was started. */
  readonly command: string;
}

/** Why there is no finding. */
export interface Skip {
  readonly skipped: string;
}

/** One measure. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  /** What was aimed at, before anything was measured. */
  readonly aim: string;
  /** How it is measured. */
  readonly how: string;
  run(): Promise<Finding | Skip>;
}

/** A measure that was made. */
export interface Made {
  readonly name: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly commit: string | undefined;
  readonly load: string;
  readonly finding: Finding | Skip;
}

/** A file of results. */
export interface Results {
  readonly version: 1;
  machine: Machine;
  command: string;
  made: Made[];
}

/** Ends a measure: the finding, from the aims that it has to meet. */
export function finding(
  command: string,
  figure: string,
  aims: readonly boolean[],
  details: readonly string[] = [],
): Finding {
  return { met: aims.every(Boolean), figure, details, command };
}
