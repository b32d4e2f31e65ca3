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
/** The moments of a run at which it is looked at, at each size others. */
const MOMENTS = 8;
const queries = [
  ...scenarios.flatMap(({ name, variants }) =>
    variants.map((variant) => `?scenario=${name}&variant=${variant.name}`),
  ),
  '?view=compare',
  '?view=compare&scenario=tcp-loss',
];

describe('nothing is wider than the screen, no text covers another, and the stage stays where it is', () => {
  it.each(queries)('%s', async (query) => {
    const page = await lab.open(query);
    const stage = page.getByRole('group', { name: 'The network' }).first();
    const found: string[] = [];
    const look = async (where: string) => {
      for (const fault of await overlaps(page)) found.push(`${where}: ${fault}`);
    };
    for (const [index, viewport] of SIZES.entries()) {
      await page.setViewportSize(viewport);
      const before = await stage.boundingBox();
      for (let moment = 1; moment <= MOMENTS; moment++) {
        const part = (moment - index / SIZES.length) / MOMENTS;
        await seek(page, part);
        await look(`${viewport.width} px, at ${part}`);
        expect(await stage.boundingBox()).toEqual(before);
      }
    }
    // the small screen shows one panel at a time
    for (const tab of await page.getByRole('navigation', { name: 'Panels' }).getByRole('button').all()) {
      await tab.dispatchEvent('click');
      await look((await tab.textContent()) ?? '');
    }
    expect(found).toEqual([]);
  });
});

describe('nothing covers another, and nothing falls out of its host, where there is little room', () => {
  const clients = (count: number) => `changes=${Array(count).fill('client-10000').join()}`;
  const compared = '?scenario=backlog&variant=cookies&view=compare';
  it.each([
    { query: '?scenario=welcome-socket&view=compare', width: 1280, height: 800 },
    { query: `?scenario=welcome-socket&${clients(2)}`, width: 1920, height: 1080 },
    { query: `?scenario=reset&variant=reboot&${clients(4)}`, width: 1280, height: 800 },
    { query: `?scenario=welcome-socket&${clients(9)}`, width: 1280, height: 800 },
    { query: `?scenario=welcome-socket&${clients(9)}`, width: 390, height: 844 },
    { query: `?scenario=tcp-handshake&${clients(4)}`, width: 390, height: 844 },
    { query: compared, width: 1280, height: 800 },
    { query: compared, width: 1024, height: 768 },
    { query: compared, width: 900, height: 700 },
    { query: compared, width: 390, height: 844 },
    { query: '?scenario=four-tuple&view=compare', width: 390, height: 844 },
    { query: '?scenario=tcp-loss&variant=fast-retransmit', width: 1366, height: 625 },
    { query: '?scenario=welcome-socket', width: 900, height: 700 },
    { query: '?scenario=welcome-socket', width: 640, height: 400 },
    { query: '?scenario=welcome-socket', width: 320, height: 640 },
    { query: '?scenario=tcp-loss&embed=1', width: 700, height: 500 },
    { query: '?scenario=tcp-loss&embed=1', width: 640, height: 480 },
    { query: '?scenario=tcp-loss&embed=1', width: 560, height: 400 },
  ])('$query at $width x $height', async ({ query, ...viewport }) => {
    const page = await lab.open(query, { viewport });
    const found: string[] = [];
    for (let moment = 1; moment <= MOMENTS; moment++) {
      await seek(page, moment / MOMENTS);
      for (const fault of await overlaps(page)) found.push(`at ${moment}: ${fault}`);
    }
    expect(found).toEqual([]);
  });

  it('what is not drawn is counted: clients, and the programs of one', async () => {
    const page = await lab.open(`?scenario=welcome-socket&${clients(9)}&t=160000`);
    const stage = page.getByRole('group', { name: 'The network' });
    const drawn = await stage.getByRole('group', { name: /^Host (?!server)/ }).count();
    expect(drawn).toBeLessThan(12);
    await stage.getByText(`and ${12 - drawn} more client`).waitFor();
    await lab.open(`${compared}&t=225000`);
    const side = stage.first();
    const programs = await side.getByText(/^TCP.* \d$/).count();
    expect(programs).toBeLessThan(4);
    await side.getByText(`and ${4 - programs} more`).waitFor();
  });

  it('the rails of a low ladder are apart, the client above the server', async () => {
    for (const { query, ...viewport } of [
      { query: '?scenario=tcp-loss&embed=1', width: 700, height: 500 },
      { query: '?scenario=tcp-loss&embed=1', width: 560, height: 400 },
      { query: '?scenario=tcp-loss&variant=fast-retransmit', width: 1366, height: 625 },
    ]) {
      const page = await lab.open(query, { viewport });
      const ladder = page.getByRole('region', { name: 'Ladder' });
      const placeOf = async (name: string) => {
        const box = await ladder.getByText(name, { exact: true }).first().boundingBox();
        return (box?.y ?? 0) + (box?.height ?? 0) / 2;
      };
      expect((await placeOf('server')) - (await placeOf('client'))).toBeGreaterThan(30);
    }
  });
});

it.each(SIZES)(
  'letters are those of the scale at $width x $height, larger on a large screen',
  async (viewport) => {
    const page = await lab.open('?scenario=tcp-handshake&t=1100000', { viewport });
    const sizes = await page.evaluate<number[]>(`[...document.querySelectorAll('#lab *')]
    .filter((one) => !one.closest('svg') && one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3))
    .map((one) => Number.parseFloat(getComputedStyle(one).fontSize))`);
    const letters = viewport.width === 1920 ? 1.1875 : 1;
    expect([...new Set(sizes)].sort((a, b) => a - b)).toEqual([12 * letters, 14 * letters, 16 * letters]);
  },
);

it('the legend says what the signs of this run mean, and of no other', async () => {
  const signsOf = async (query: string) => {
    const page = await lab.open(query);
    return page.getByRole('list', { name: 'Legend' }).getByRole('listitem').allInnerTexts();
  };
  expect(await signsOf('?scenario=udp-echo')).toEqual(
    ['UDP', 'datagram'].map((text) => expect.stringContaining(text)),
  );
  const tcp = (await signsOf('?scenario=tcp-handshake')).join();
  for (const text of ['welcome socket', 'connection', 'handshake', 'ACK', 'FIN', 'RST'])
    expect(tcp).toContain(text);
  expect(tcp).not.toContain('data');
});

it('a short run takes all of its ladder', async () => {
  const page = await lab.open('?scenario=udp-echo');
  await press(page, 'End');
  const ladder = page.getByRole('region', { name: 'Ladder' });
  const [panel, now] = [await ladder.boundingBox(), await ladder.locator('.now').boundingBox()];
  expect(now?.x).toBeGreaterThan((panel?.width ?? 0) * 0.8);
});

it('the lines that run are in sight, in a panel that is too low for the programs', async () => {
  const page = await lab.open('?scenario=welcome-socket');
  const panel = page.getByRole('group', { name: 'Program text' });
  const room = await panel.boundingBox();
  expect(await panel.evaluate('document.querySelector(".code .scroll").scrollHeight')).toBeGreaterThan(
    room?.height ?? 0,
  );
  for (let moment = 1; moment <= MOMENTS; moment++) {
    await seek(page, moment / MOMENTS);
    const lines = await panel.locator('[aria-current=step]').all();
    const boxes = (await Promise.all(lines.map((line) => line.boundingBox()))).flatMap((box) => box ?? []);
    const isIn = ({ y, height }: { readonly y: number; readonly height: number }) =>
      room !== null && y >= room.y - 1 && y + height <= room.y + room.height + 1;
    const extent =
      Math.max(...boxes.map(({ y, height }) => y + height)) - Math.min(...boxes.map(({ y }) => y));
    const seen = boxes.filter(isIn).length;
    expect(seen).toBeGreaterThanOrEqual(extent <= (room?.height ?? 0) ? boxes.length : 1);
  }
});

it.each(SIZES)('a menu that opens is on the screen at $width x $height', async (viewport) => {
  const page = await lab.open('?t=10000', { viewport });
  for (const [menu, last] of [
    ['More…', 'Send this line'],
    ['Predict first', 'Show the answer'],
  ] as const) {
    await page.locator('summary', { hasText: menu }).click();
    const box = await page.locator('.popover').filter({ hasText: last }).boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(viewport.height);
    await page.keyboard.press('Escape');
  }
});

it('the legend has the colours of the packets in print, and where a person forces theirs', async () => {
  const page = await lab.open('?scenario=tcp-handshake&t=10000');
  const swatches = (property: string) =>
    page.evaluate<string[]>(
      `[...document.querySelectorAll('.swatch')].map((one) => getComputedStyle(one).getPropertyValue('${property}'))`,
    );
  const before = await swatches('background-color');
  expect(new Set(before).size).toBeGreaterThan(3);
  await page.emulateMedia({ forcedColors: 'active' });
  expect(await swatches('background-color')).toEqual(before);
  expect(new Set(await swatches('print-color-adjust'))).toEqual(new Set(['exact']));
});

/** A sheet of A4, held upright and across, in CSS pixels. */
const SHEETS = [
  { width: 794, height: 1123 },
  { width: 1123, height: 794 },
];

it.each(SHEETS)('nothing covers another on a printed sheet of $width x $height', async (viewport) => {
  const found: string[] = [];
  for (const { name } of scenarios) {
    const page = await lab.open(`?scenario=${name}`, { viewport });
    await seek(page, 0.6);
    await page.emulateMedia({ media: 'print' });
    for (const fault of await overlaps(page)) found.push(`${name}: ${fault}`);
    for (const panel of ['Programs', 'Stage', 'Sockets', 'Inspector', 'Ladder'])
      if (!(await page.getByRole('region', { name: panel, exact: true }).isVisible()))
        found.push(`${name}: no ${panel}`);
  }
  expect(found).toEqual([]);
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
  const found = async (rules?: readonly string[]) => {
    // what it would preload is on the page already, and a browser lets no page read a disk
    const options = { preload: false, resultTypes: ['violations'], runOnly: rules };
    const { violations } = (await lab.page.evaluate(`axe.run(${JSON.stringify(options)})`)) as Violations;
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
    );
  };

  const compared = ['?view=compare', '?view=compare&scenario=tcp-loss'];
  it.each([...scenarios.map(({ name }) => `?scenario=${name}`), ...compared])('%s', async (query) => {
    const page = await lab.open(query);
    await page.evaluate(axe);
    await press(page, 'ArrowRight', 4);
    expect(await found()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    // a theme changes nothing but colours
    expect(await found(['color-contrast'])).toEqual([]);
  });

  it('as it opens', async () => {
    const page = await lab.open('');
    await page.evaluate(axe);
    expect(await found()).toEqual([]);
  });

  it('on a small screen, at the menu of a packet', async () => {
    const page = await lab.open('?scenario=tcp-handshake&t=20000', { viewport: { width: 390, height: 844 } });
    await page.evaluate(axe);
    await page.getByRole('button', { name: /segment from client/ }).click({ force: true });
    await page.getByRole('group', { name: 'Break SYN' }).waitFor();
    expect(await found()).toEqual([]);
  });
});

it('the script is smaller than 200 kB, compressed', () => {
  expect(gzipSync(readFileSync(`${ROOT}/dist/lab/lab.js`)).length).toBeLessThan(200_000);
});
