/**
 * Every scenario gives the same run in Node, in Chromium, and a second time there, for twenty seeds: the simulator is
 * bundled as the page has it and asked for the hashes.
 */
import { build } from 'rolldown';
import { expect, it } from 'vitest';
import { play, scenarios } from '../../src/scenarios/index.ts';
import { trace } from '../../src/sim/index.ts';
import { LabBrowser, ROOT } from './chromium.ts';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const ENTRY = `
  import { play, scenarios } from '${ROOT}src/scenarios/index.ts';
  import { trace } from '${ROOT}src/sim/index.ts';
  globalThis.hashesOf = async (name, variant, seeds) => {
    const scenario = scenarios.find((one) => one.name === name);
    const hashes = [];
    for (const seed of seeds) hashes.push(trace((await play(scenario, { variant, seed })).sim).hash);
    return hashes;
  };
`;
const lab = new LabBrowser();

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

let loading: Promise<unknown> | undefined;
/** Puts the simulator into the page, once. */
const loaded = () => {
  loading ??= lab.open('').then(async (page) => page.evaluate(await bundled()));
  return loading;
};

const variants = scenarios.flatMap((scenario) =>
  scenario.variants.map((variant) => ({
    scenario,
    variant: variant.name,
    name: `${scenario.name}, ${variant.name}`,
  })),
);

it.each(variants)('$name', async ({ scenario, variant }) => {
  await loaded();
  const inChromium = () =>
    lab.page.evaluate(`hashesOf('${scenario.name}', '${variant}', ${JSON.stringify(SEEDS)})`);
  const [first, again] = [await inChromium(), await inChromium()];
  const inNode: string[] = [];
  for (const seed of SEEDS) inNode.push(trace((await play(scenario, { variant, seed })).sim).hash);
  expect(first).toEqual(inNode);
  expect(again).toEqual(inNode);
});
