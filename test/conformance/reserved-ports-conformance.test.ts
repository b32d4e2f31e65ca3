/** The cases of reserved ports, as a user who may not bind them. */
import type { conformanceCases } from 'portico/testing';
import { runConformance } from 'portico/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { engines } from './engines.ts';

const NOBODY = 65_534;
const root = process.geteuid?.() === 0;

beforeEach(() => {
  if (root) process.seteuid?.(NOBODY);
});
afterEach(() => {
  if (root) process.seteuid?.(0);
});

it.each(engines)('engine %s', async (engine) => {
  const filter = ({ needs = [] }: (typeof conformanceCases)[number]) => needs.includes('reserved ports');
  const report = await runConformance(engine, { filter });
  const wrong = report.results.filter(
    ({ verdict, reason }) => verdict === 'failed' || !/^$|may bind/.test(reason),
  );
  expect(wrong).toEqual([]);
});
