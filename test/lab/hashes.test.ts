/** Every scenario gives the same run in Node, in Chromium, and a second time there, for twenty seeds: the simulator is bundled as the page has it and asked for the hashes. */
import { build } from 'rolldown';
import { expect, it } from 'vitest';
import { play, scenarios } from '../../src/scenarios/index.ts';
import { trace } from '../../src/sim/index.ts';
import { openBrowser, ROOT } from './chromium.ts';

const SEEDS = 20;
const ENTRY = `
  import { play, scenarios } from '${ROOT}src/scenarios/index.ts';
  import { trace } from '${ROOT}src/sim/index.ts';
  globalThis.hashOf = async (name, variant, seed) => {
    const scenario = scenarios.find((one) => one.name === name);
    return trace((await play(scenario, { variant, seed })).sim).hash;
  };
`;

async function bundled(): Promise<string> {
  const { output } = await build({
    input: 'entry',
    write: false,
    output: { format: 'iife' },
    // the simulator imports the file system only where it writes a file
    onLog: () => undefined,
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => {
          if (id === 'entry') return 'entry';
          if (/engines\/select\.ts$|^node:fs\/promises$/.test(id)) return `${ROOT}src/lab/model/absent.ts`;
          return undefined;
        },
        load: (id) => (id === 'entry' ? ENTRY : undefined),
      },
    ],
  });
  return output[0].code;
}

it('Node, Chromium, and Chromium again', async (context) => {
  const browser = await openBrowser();
  if (typeof browser === 'string') return context.skip(browser);
  try {
    const page = await browser.newPage();
    await page.goto('about:blank');
    await page.evaluate(await bundled());
    for (const { name, variants } of scenarios)
      for (const { name: variant } of variants) {
        const call = (seed: number) => `hashOf('${name}', '${variant}', ${seed})`;
        for (let seed = 1; seed <= SEEDS; seed++) {
          const scenario = scenarios.find((one) => one.name === name) ?? scenarios[0];
          if (!scenario) throw new Error('no scenario');
          const here = trace((await play(scenario, { variant, seed })).sim).hash;
          const there = await page.evaluate(`Promise.all([${call(seed)}, ${call(seed)}])`);
          expect({ name, variant, seed, there }).toEqual({ name, variant, seed, there: [here, here] });
        }
      }
  } finally {
    await browser.close();
  }
  return undefined;
});
