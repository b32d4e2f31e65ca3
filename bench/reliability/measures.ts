/** All measures, in the order of the table. */
import type { Measure } from './measure.ts';
import { KILLED } from './rows/killed.ts';
import { RESTART } from './rows/restart.ts';

export const MEASURES: readonly Measure[] = [...RESTART, ...KILLED];
