/** The seed of the property tests: printed, and taken from PORTICO_SEED to play a failed run again. */
import type { EngineName } from '../../src/engines/select.ts';
import { ENGINE_NAMES, loadEngine } from '../../src/engines/select.ts';

/** The seed of this run. fast-check prints it, with the path to the smallest failure, when a property fails. */
const seed: number = Number(process.env.PORTICO_SEED ?? Date.now() & 0x7fff_ffff);

console.log(`PORTICO_SEED=${seed}`);

/** What every property is checked with; PORTICO_PATH is the path that fast-check printed. */
export function parameters(numRuns: number): {
  seed: number;
  numRuns: number;
  path?: string;
  includeErrorInReport: boolean;
} {
  const path = process.env.PORTICO_PATH;
  return { seed, numRuns, includeErrorInReport: true, ...(path === undefined ? {} : { path }) };
}

/** An engine, and why it can't run here when it can't; the name of the group of tests shows it. */
export interface Candidate {
  readonly engine: EngineName;
  readonly missing: string;
}

/** The engines to check; PORTICO_ENGINE names the only one. */
export const candidates: readonly Candidate[] = ENGINE_NAMES.filter((name) =>
  [undefined, '', name].includes(process.env.PORTICO_ENGINE),
).map((engine) => {
  try {
    loadEngine(engine);
    return { engine, missing: '' };
  } catch (error) {
    return { engine, missing: ` (not here: ${String(error)})` };
  }
});

/** Bytes that tell their message: a mix of its number and the place, so that no other memory looks like them. */
export function pattern(message: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const start = Math.imul(message + 1, 0x9e37_79b1);
  for (let at = 0; at < length; at += 1) bytes[at] = Math.imul(start ^ at, 0x85eb_ca6b) >>> 24;
  return bytes;
}
