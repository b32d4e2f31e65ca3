/**
 * A skip is a debt: a case that is skipped must exist, and must still fail. The cases run in a process of their own,
 * for a case may be skipped because it ends the process.
 */
import { spawnSync } from 'node:child_process';
import { conformanceCases, conformanceSkips } from 'portico/testing';
import { expect, it } from 'vitest';
import { engines } from './engines.ts';

const testing = new URL('../../dist/testing/index.js', import.meta.url).href;
const names = new Set(conformanceCases.map(({ name }) => name));

/** Runs these cases, skips ignored; the names of those that passed. */
function passing(engine: string, cases: readonly string[]): string[] {
  const source = `
    import { runConformance } from ${JSON.stringify(testing)};
    const cases = ${JSON.stringify(cases)};
    const { results } = await runConformance(${JSON.stringify(engine)}, {
      filter: ({ name }) => cases.includes(name), ignoreSkips: true });
    console.log(JSON.stringify(results.filter(({ verdict }) => verdict === 'passed').map(({ name }) => name)));
    process.exit();`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  return stdout === '' ? [] : JSON.parse(stdout);
}

it('every skip gives a reason and names cases that exist, once', () => {
  for (const { reason, cases } of conformanceSkips) {
    expect(reason.length).toBeGreaterThan(10);
    expect(cases.filter((name) => !names.has(name))).toEqual([]);
  }
  const skipped = conformanceSkips.flatMap(({ engine, cases }) => cases.map((name) => `${engine}: ${name}`));
  expect(new Set(skipped).size).toBe(skipped.length);
});

it.each(engines)('no case that is skipped on the engine %s would pass', (engine) => {
  const cases = conformanceSkips.filter((skip) => skip.engine === engine).flatMap((skip) => skip.cases);
  expect(passing(engine, cases), 'these pass now: take them out of src/testing/skips.ts').toEqual([]);
});
