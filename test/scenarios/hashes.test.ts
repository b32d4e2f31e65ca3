/**
 * The digest of every scenario's trace is written down, so that each runtime that runs this test has to give the same
 * one. A change of the simulator changes them: `npx vitest run test/scenarios/hashes.test.ts -u` writes them anew.
 */
import { trace } from 'portico/sim';
import { expect, it } from 'vitest';
import { play, scenarios } from '../../src/scenarios/index.ts';

const SEEDS = [1, 2];

it('the traces of all scenarios are the same in every runtime', async () => {
  const hashes: Record<string, string> = {};
  for (const scenario of scenarios)
    for (const { name } of scenario.variants)
      for (const seed of SEEDS) {
        const { sim } = await play(scenario, { seed, variant: name });
        hashes[`${scenario.name} ${name} seed ${seed}`] = trace(sim).hash;
      }
  await expect(`${JSON.stringify(hashes, null, 2)}\n`).toMatchFileSnapshot('./hashes.json');
});
