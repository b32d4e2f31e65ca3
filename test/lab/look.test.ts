/** How the page looks: room for everything at three sizes, and nothing that axe finds, for every scenario in both themes. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { scenarios } from '../../src/scenarios/index.ts';
import { LabBrowser, press, ROOT, seek } from './chromium.ts';
import { overlaps } from './overlaps.ts';

const lab = new LabBrowser();
afterEach(() => lab.look());

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
];
/** The parts of a run at which it is looked at. */
const PARTS = [0, 0.3, 0.55, 1];
const queries = [
  ...scenarios.flatMap(({ name, variants }) =>
    variants.map((variant) => `?scenario=${name}&variant=${variant.name}`),
  ),
  '?view=compare',
];

describe('nothing is wider than the screen, and no text covers another', () => {
  it.each(queries)('%s', async (query) => {
    const page = await lab.open(query);
    const found: string[] = [];
    for (const viewport of SIZES) {
      await page.setViewportSize(viewport);
      for (const part of PARTS) {
        await seek(page, part);
        const tabs = await page.getByRole('navigation', { name: 'Panels' }).getByRole('button').all();
        for (const tab of viewport.width < 900 && tabs.length > 0 ? tabs : [undefined]) {
          await tab?.click();
          const where = `${viewport.width} px, at ${part}${tab ? `, ${await tab.innerText()}` : ''}`;
          for (const fault of await overlaps(page)) found.push(`${where}: ${fault}`);
        }
      }
    }
    expect(found).toEqual([]);
  });
});

it.each(SIZES)('every control is at least 24 pixels at $width x $height', async (viewport) => {
  const page = await lab.open('?t=10000', { viewport });
  await page.getByText('More…').click();
  for (const control of await page.locator('button, select, summary, input').all()) {
    const box = (await control.isVisible()) ? await control.boundingBox() : null;
    if (box) expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
  }
});

interface Violations {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

describe('axe finds nothing', () => {
  const axe = readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, 'utf8');
  const found = async () => {
    const { violations } = (await lab.page.evaluate('axe.run({ preload: false })')) as Violations;
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  };

  it.each([...scenarios.map(({ name }) => `?scenario=${name}`), '?view=compare'])('%s', async (query) => {
    const page = await lab.open(query);
    await page.evaluate(axe);
    // as it opens, then in the midst of it
    expect(await found()).toEqual([]);
    await press(page, 'ArrowRight', 4);
    expect(await found()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await found()).toEqual([]);
  });

  it('on a small screen', async () => {
    const page = await lab.open('?scenario=tcp-handshake&t=20000', { viewport: { width: 390, height: 844 } });
    await page.evaluate(axe);
    expect(await found()).toEqual([]);
  });
});

it('the script is smaller than 200 kB, compressed', () => {
  expect(gzipSync(readFileSync(`${ROOT}/dist/lab/lab.js`)).length).toBeLessThan(200_000);
});
