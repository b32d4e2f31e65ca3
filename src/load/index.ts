/** The load generator: what `portico bench` and the benchmarks use of it. */
export { runLoad } from './run.ts';
export type { LoadReport, LoadSpec } from './spec.ts';
export { type Progress, startLoad } from './thread.ts';
