/** The page in a real Chromium: what a person finds by role and text, never by class. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { play, scenarios } from '../../src/scenarios/index.ts';
import { trace } from '../../src/sim/index.ts';
import { openBrowser, openLab, ROOT } from './chromium.ts';

const variants = scenarios.flatMap((scenario) =>
  scenario.variants.map((variant) => ({ scenario, variant, name: `${scenario.name}, ${variant.name}` })),
);

let opened: Browser | string = 'not started';
beforeAll(async () => {
  opened = await openBrowser();
});
afterAll(async () => {
  if (typeof opened !== 'string') await opened.close();
});
beforeEach((context) => {
  if (typeof opened === 'string') context.skip(opened);
});

/** Opens the lab, runs the test, and closes it; whatever the page throws fails the test. */
async function withLab(
  query: string,
  test: (page: Page) => Promise<void>,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<void> {
  if (typeof opened === 'string') throw new Error(opened);
  const { page, requests, errors } = await openLab(opened, query, options);
  try {
    await test(page);
    expect(errors).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
  } finally {
    await page.context().close();
  }
}

const press = async (page: Page, key: string, times: number) => {
  for (let time = 0; time < times; time++) await page.keyboard.press(key);
};
/** What assistive technology is told of the whole page: a picture of its state. */
const stateOf = (page: Page) => page.locator('body').ariaSnapshot();
const caption = (page: Page) => page.getByRole('main');
const rowsOf = (page: Page) =>
  page.getByRole('region', { name: 'Sockets' }).getByRole('row').allInnerTexts();

describe.each(variants)('$name', ({ scenario, variant }) => {
  const query = `?scenario=${scenario.name}&variant=${variant.name}`;

  it('is the same run in Chromium as in Node', async () => {
    const { sim } = await play(scenario, { variant: variant.name });
    await withLab(query, async (page) => {
      await page.getByRole('button', { name: 'Help' }).click();
      await page.getByRole('dialog').getByText(`hash ${trace(sim).hash}`).waitFor();
    });
  });

  it('steps back to what was there before', async () => {
    await withLab(query, async (page) => {
      await page.keyboard.press('ArrowRight');
      for (let step = 0; step < 4; step++) {
        const before = await stateOf(page);
        await press(page, 'ArrowRight', 5);
        await press(page, 'ArrowLeft', 5);
        // a short run has fewer than five steps left: then it has come further back
        if ((await timeOf(page)) === (await timeIn(before))) expect(await stateOf(page)).toBe(before);
        await page.keyboard.press('ArrowRight');
      }
    });
  });

  it('tells its whole story on the way to the end', async () => {
    await withLab(query, async (page) => {
      await page.keyboard.press('End');
      await caption(page).getByText(variant.captions.at(-1) ?? '', { exact: true }).waitFor();
      await page.keyboard.press('Home');
      await caption(page).getByText(variant.captions[0] ?? '', { exact: true }).waitFor();
    });
  });
});

const timeOf = (page: Page) => page.getByRole('status', { name: 'Time now' }).innerText();
const timeIn = async (snapshot: string) => /status "Time now": (.*)/.exec(snapshot)?.[1]?.trim();

describe('the page opens', () => {
  it('paused, with a question and a big Play, and Play plays', async () => {
    await withLab('', async (page) => {
      await page.getByText('How many packets cross the network before the first byte of data?').first().waitFor();
      const before = await timeOf(page);
      await page.getByRole('button', { name: 'Play' }).first().click();
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await expect.poll(() => timeOf(page)).not.toBe(before);
      // it plays to the end and stops there
      await expect.poll(() => page.getByRole('button', { name: 'Pause' }).count(), POLL).toBe(0);
      expect(await page.getByRole('log').innerText()).toContain('client prints: HELLO from 10.0.0.2:12000');
    });
  });

  it('with the answer only when it is asked for', async () => {
    await withLab('', async (page) => {
      const answer = page.getByText('None: UDP has no handshake.');
      expect(await answer.isVisible()).toBe(false);
      await page.getByText('Predict first').last().click();
      await page.getByText('Show the answer').click();
      expect(await answer.isVisible()).toBe(true);
    });
  });
});

/** Waits as long as the test may. */
const POLL = { timeout: 0 };

describe('what a scenario shows', () => {
  it('welcome-socket: one LISTEN and three ESTAB, all at port 12000', async () => {
    await withLab('?scenario=welcome-socket&t=160000', async (page) => {
      const rows = await rowsOf(page);
      expect(rows.slice(1).map((row) => row.split(/\s/)[0])).toEqual(['LISTEN', 'ESTAB', 'ESTAB', 'ESTAB']);
      for (const row of rows.slice(1)) expect(row).toContain(':12000');
    });
  });

  it('tcp-handshake: the refused connect at its line, and in the log', async () => {
    await withLab('?scenario=tcp-handshake&t=52000', async (page) => {
      expect(await page.getByRole('log').innerText()).toContain('connect() on client fails: ECONNREFUSED');
      const marked = page.getByRole('region', { name: 'Programs' }).locator('[aria-current=step]');
      expect(await marked.allInnerTexts()).toContainEqual(expect.stringMatching(/sleep\(1000\)/));
    });
  });

  it('four-tuple: an arrival lights the fields that match it', async () => {
    await withLab('?scenario=four-tuple', async (page) => {
      await page.keyboard.press('ArrowRight');
      const inspector = page.getByRole('region', { name: 'Inspector' });
      const lit = () => inspector.getByText('(matches)').count();
      const counts = new Set<number>();
      for (let step = 0; step < 19; step++) {
        counts.add(await lit());
        await page.keyboard.press('ArrowRight');
      }
      // none while it is under way, the port for the welcome socket, all four for a connection
      expect([...counts].sort()).toEqual([0, 1, 4]);
    });
  });

  it('backlog: the queue of listen(1) holds two, and the SYN is thrown away', async () => {
    await withLab('?scenario=8&t=900000', async (page) => {
      expect((await rowsOf(page))[1]).toMatch(/^LISTEN\s+2\s+1\s/);
      expect(await page.getByRole('log').innerText()).toMatch(/✕ server throws SYN away/);
    });
  });
});

describe('break it', () => {
  it('drops a packet that was clicked; it is sent again, and the address replays the run', async () => {
    await withLab('?scenario=tcp-handshake&variant=syn-ack-lost', async (page) => {
      await page.keyboard.press('End');
      expect(await page.getByRole('log').innerText()).not.toContain('sends “hello” to server again');
      await page.keyboard.press('Home');
      const data = page.getByRole('button', { name: /^“hello”, segment from client to server/ });
      while ((await data.count()) === 0) await page.keyboard.press('ArrowRight');
      await data.click({ force: true });
      await page.getByRole('button', { name: 'Drop the selected packet' }).click();
      await page.keyboard.press('End');
      await page.getByRole('log').getByText('client sends “hello” to server again').waitFor();
      const [state, query] = [await stateOf(page), new URL(page.url()).search];
      await withLab(query, async (again) => expect(await stateOf(again)).toBe(state));
    });
  });

  it('crashes the server, and Undo brings it back', async () => {
    await withLab('?scenario=udp-echo&t=10000', async (page) => {
      await page.getByText('More…').click();
      await page.getByRole('button', { name: '☠ Crash server' }).click();
      await page.keyboard.press('End');
      await page.getByRole('group', { name: /^Host server, 10.0.0.2, crashed/ }).waitFor();
      await page.getByRole('button', { name: 'Undo 1' }).click();
      await page.getByRole('group', { name: /^Host server, 10.0.0.2, 1 socket/ }).waitFor();
    });
  });

  it('sends the line that was typed', async () => {
    await withLab('', async (page) => {
      await page.getByText('More…').click();
      await page.getByLabel('Line to send').fill('see the door');
      await page.getByRole('button', { name: 'Send this line' }).click();
      await page.keyboard.press('End');
      await page.getByRole('log').getByText('SEE THE DOOR').first().waitFor();
    });
  });
});

describe('without a mouse', () => {
  it('a scenario is opened, played, stepped, and broken by keys', async () => {
    await withLab('', async (page) => {
      await page.keyboard.press('2');
      await page.getByText('A ping is lost on its way. Who sends it again?').first().waitFor();
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: 'Pause' }).waitFor();
      await page.keyboard.press('Space');
      await page.keyboard.press('Home');
      await page.keyboard.press('d');
      await expect.poll(() => new URL(page.url()).searchParams.get('changes')).toMatch(/^drop-\d+$/);
      await press(page, 'ArrowRight', 2);
      await page.getByRole('log').getByText('✕ “ping 1” to server is lost on its way').waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: 'Help' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    });
  });

  it('Tab reaches every control', async () => {
    await withLab('?scenario=udp-echo&t=10000', async (page) => {
      const wanted = await page.getByRole('button').and(page.locator(':enabled')).count();
      const reached = new Set<string>();
      for (let tab = 0; tab < 80; tab++) {
        await page.keyboard.press('Tab');
        reached.add(await page.evaluate('document.activeElement.outerHTML.slice(0, 200)'));
      }
      expect(reached.size).toBeGreaterThanOrEqual(wanted);
    });
  });
});

describe('with reduced motion', () => {
  it('Play goes from event to event', async () => {
    await withLab(
      '',
      async (page) => {
        const times = new Set<string>();
        await page.getByRole('button', { name: 'Play' }).first().click();
        while ((await page.getByRole('button', { name: 'Pause' }).count()) > 0) times.add(await timeOf(page));
        times.add(await timeOf(page));
        expect([...times]).toEqual(['0.1 ms', '25.1 ms', '50.1 ms']);
      },
      { reducedMotion: 'reduce' },
    );
  });
});

const SIZES = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
];

describe.each(SIZES)('at $width x $height', (viewport) => {
  it.each(['?scenario=udp-echo', '?scenario=four-tuple&t=100000', '?scenario=hundred-clients&t=60000', '?view=compare&t=200000'])(
    '%s needs no sideways scrolling',
    async (query) => {
      await withLab(
        query,
        async (page) => {
          const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
          expect(await page.evaluate(over)).toBe(0);
        },
        { viewport },
      );
    },
  );

  it('every control is at least 24 pixels', async () => {
    await withLab(
      '?t=10000',
      async (page) => {
        for (const control of await page.locator('button, select, summary, input').all()) {
          const box = await control.boundingBox();
          if (box) expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(24);
        }
      },
      { viewport },
    );
  });
});

interface Violations {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

describe.each(['light', 'dark'] as const)('axe finds nothing, %s:', (colorScheme) => {
  const axe = readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, 'utf8');
  const found = async (page: Page) => {
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as Violations;
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
  };

  it.each([...scenarios.map(({ name }) => `?scenario=${name}`), '?view=compare'])('%s', async (query) => {
    await withLab(
      query,
      async (page) => {
        expect(await found(page)).toEqual([]);
        await press(page, 'ArrowRight', 4);
        expect(await found(page)).toEqual([]);
      },
      { colorScheme },
    );
  });

  it('on a small screen', async () => {
    await withLab('?scenario=tcp-handshake&t=20000', async (page) => expect(await found(page)).toEqual([]), {
      colorScheme,
      viewport: { width: 390, height: 844 },
    });
  });
});
