/** `portico/testing`: the conformance cases, for our engines and for anyone's. */
export { ConformanceFailure } from './assertions.ts';
export { conformanceCases } from './cases.ts';
export { type ConformanceRow, conformanceRows } from './checklist.ts';
export type {
  ConformanceCase,
  ConformanceContext,
  Need,
  OpenSocket,
  OptionNeed,
} from './conformance-case.ts';
export type { Lack } from './needs.ts';
export type { Random } from './random.ts';
export { type RowWithoutCase, rowsWithoutCase } from './rows.ts';
export {
  type ConformanceOptions,
  type ConformanceReport,
  type ConformanceResult,
  runConformance,
} from './run-conformance.ts';
export { type ConformanceSkip, conformanceSkips } from './skips.ts';
