/** The page in a real Chromium: what a person finds by role and text, never by class. */
import { readFile } from 'node:fs/promises';
import type { Download, Locator, Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { play, scenarios } from '../../src/scenarios/index.ts';
import { trace } from '../../src/sim/index.ts';
import { LabBrowser, press, seek, stateOf } from './chromium.ts';

const lab = new LabBrowser();
afterEach(() => lab.look());

const variants = scenarios.flatMap((scenario) =>
  scenario.variants.map((variant) => ({ scenario, variant, name: `${scenario.name}, ${variant.name}` })),
);
/** So many steps are taken on and back, from the beginning of each run, from its middle, and up to its end. */
const STEPS = 3;
const PLACES = [0, 0.5, 1];
/** Waits as long as the test may. */
const POLL = { timeout: 20_000 };

const story = (page: Page) => page.getByRole('main');
const log = (page: Page) => page.getByRole('log');
const logText = (page: Page) => log(page).innerText();
const timesOf = async (page: Page, text: RegExp) => {
  const entries = await log(page).getByRole('listitem').filter({ hasText: text }).allInnerTexts();
  return entries.map((entry) => entry.split('\n')[0]);
};
const windowsText = (page: Page) =>
  page.getByRole('group', { name: 'Windows' }).getByRole('paragraph').innerText();
const timeOf = (page: Page) => page.getByRole('status', { name: 'Time now' }).innerText();
const rowsOf = async (page: Page) => {
  const rows = await page.getByRole('region', { name: 'Sockets' }).getByRole('row').allInnerTexts();
  return rows.slice(1).map((row) => row.replaceAll(':\n', ':').split(/\s+/).filter(Boolean));
};
const textOf = async (download: Download) => readFile(await download.path(), 'latin1');
/** Steps until something holds; fails when it never does. */
async function stepUntil(page: Page, holds: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < 100; step++) {
    if (await holds()) return;
    await press(page, 'ArrowRight');
  }
  throw new Error('It never came to that');
}
const focusedElement = (page: Page) =>
  page.evaluate<string>('document.activeElement.outerHTML.slice(0, 1000)');
const markedLines = (page: Page) =>
  page.getByRole('region', { name: 'Programs' }).locator('[aria-current=step]').allInnerTexts();

describe.each(variants)('$name', ({ scenario, variant }) => {
  const query = `?scenario=${scenario.name}&variant=${variant.name}`;

  it('is the run of Node, tells its story, and steps back to what was there before', async () => {
    const page = await lab.open(query);
    await page.getByText(variant.question.text).last().waitFor();
    // which the story must not have answered yet
    for (const sentence of variant.captions) expect(await story(page).innerText()).not.toContain(sentence);
    for (const place of PLACES) {
      await seek(page, place);
      // the slider stands between two moments, and at the end there is no further one
      await press(page, 'ArrowLeft', place === 1 ? STEPS : 1);
      const states = [await stateOf(page)];
      for (let step = 0; step < STEPS; step++) {
        await press(page, 'ArrowRight');
        const state = await stateOf(page);
        if (state !== states.at(-1)) states.push(state);
      }
      for (const before of states.toReversed()) {
        expect(await stateOf(page)).toBe(before);
        await press(page, 'ArrowLeft');
      }
    }
    await press(page, 'End');
    await story(page)
      .getByText(variant.captions.at(-1) ?? '', { exact: true })
      .waitFor();
    await press(page, 'Home');
    await story(page)
      .getByText(variant.captions[0] ?? '', { exact: true })
      .waitFor();
    await page.getByRole('button', { name: 'Help' }).click();
    const { sim } = await play(scenario, { variant: variant.name });
    await page
      .getByRole('dialog')
      .getByText(`hash ${trace(sim).hash}`)
      .waitFor();
  });
});

describe('the page opens', () => {
  it('paused, with a question and a big Play, and Play plays to the end', async () => {
    const page = await lab.open('');
    await page
      .getByText('How many packets cross the network before the first byte of data?')
      .last()
      .waitFor();
    const before = await timeOf(page);
    await page.getByLabel('Speed').selectOption('10');
    await page.getByRole('button', { name: 'Play' }).first().click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await expect.poll(() => timeOf(page)).not.toBe(before);
    await expect.poll(() => page.getByRole('button', { name: 'Pause' }).count(), POLL).toBe(0);
    expect(await logText(page)).toContain('client prints: HELLO from 10.0.0.2:12000');
  });

  it('with the answer only when it is asked for', async () => {
    const page = await lab.open('');
    const answer = page.getByText('None: UDP has no handshake.');
    expect(await answer.isVisible()).toBe(false);
    await page.locator('summary', { hasText: 'Predict first' }).click();
    await page.getByText('Show the answer').click();
    expect(await answer.isVisible()).toBe(true);
  });
});

it('an empty line, which TCP does not send, leaves both programs waiting, and the page says so', async () => {
  const page = await lab.open('?scenario=tcp-handshake&variant=syn-lost&input=');
  await press(page, 'End');
  await story(page)
    .getByText(/Nothing more can happen\.$/)
    .waitFor();
});

it.each([
  ['?scenario=tcp-handshakes', 'There is no scenario “tcp-handshakes”: this is the first.'],
  ['?scenario=99&view=constructor', 'There is no scenario “99”: this is the first.'],
  [
    '?scenario=%3Cscript%3Ealert(1)%3C/script%3E',
    'There is no scenario “<script>alert(1)</script>”: this is the first.',
  ],
  ['?scenario=backlog&variant=none&seed=-1&t=-5', 'There is no variant “none”: this is the first.'],
  [
    '?scenario=udp-loss&changes=drop-4,client-10&seed=1e99&t=1e99',
    'A change in the address can’t be made: the run is without it.',
  ],
])('%s says what it lacks, until something is done', async (query, lack) => {
  const page = await lab.open(query);
  await story(page).getByText(lack, { exact: true }).waitFor();
  await press(page, 'Home');
  await story(page).getByText(lack, { exact: true }).waitFor({ state: 'detached' });
});

describe('what a scenario shows', () => {
  it('udp-echo: two datagrams, and one UDP row at the server throughout', async () => {
    const page = await lab.open('?scenario=udp-echo&t=100');
    for (let step = 0; step < 4; step++) {
      expect((await rowsOf(page)).map(([state, , , local]) => [state, local])).toEqual([
        ['UNCONN', '*:12000'],
      ]);
      await press(page, 'ArrowRight');
    }
    expect((await logText(page)).match(/sends “/g)).toHaveLength(2);
  });

  it('udp-loss: a ✕ on the wire, the timeout at its call, and the server saw nothing of what was lost', async () => {
    const page = await lab.open('?scenario=udp-loss');
    await press(page, 'End');
    const text = await logText(page);
    const lostToServer = text.match(/✕ “ping \d+” to server is lost/g)?.length ?? 0;
    expect(lostToServer).toBeGreaterThan(0);
    expect(text.match(/“ping \d+” arrives at server/g)).toHaveLength(10 - lostToServer);
    expect(text).toContain('recvfrom() on client fails: ETIMEDOUT');
  });

  it('udp-reorder: the program receives 2, 1, 1, 3', async () => {
    const page = await lab.open('?scenario=udp-reorder');
    await press(page, 'End');
    const received = [...(await logText(page)).matchAll(/prints: received (\d)/g)].map(
      ([, number]) => number,
    );
    expect(received).toEqual(['2', '1', '1', '3']);
  });

  it('tcp-handshake: the refused connect at its line and in the log; with the SYN ACK lost it takes a second more', async () => {
    const page = await lab.open('?scenario=tcp-handshake&t=52000');
    expect(await logText(page)).toContain('connect() on client fails: ECONNREFUSED');
    expect(await markedLines(page)).toContainEqual(expect.stringMatching(/sleep\(1000\)/));
    await lab.open('?scenario=4c');
    await press(page, 'End');
    const text = await logText(page);
    const [at] = /([\d.]+) s\s*connect\(\) on client returns/.exec(text)?.slice(1) ?? [];
    expect(Number(at)).toBeCloseTo(1.05, 1);
    expect(text).toMatch(/sends SYN to server again/);
  });

  it('welcome-socket: one LISTEN and three ESTAB, all at port 12000', async () => {
    const rows = await rowsOf(await lab.open('?scenario=welcome-socket&t=160000'));
    expect(rows.map(([state]) => state)).toEqual(['LISTEN', 'ESTAB', 'ESTAB', 'ESTAB']);
    for (const row of rows) expect(row[3]).toMatch(/:12000$/);
  });

  it('a row of the table opens, and tells what TCP keeps of the connection', async () => {
    const page = await lab.open('?scenario=7b&t=260000');
    const sockets = page.getByRole('region', { name: 'Sockets' });
    await sockets.getByRole('combobox', { name: 'Host' }).selectOption('client');
    await sockets.getByRole('button', { name: 'ESTAB' }).click();
    const kept = await sockets.getByRole('definition').allInnerTexts();
    // the SYN counts one
    expect(kept.slice(0, 3)).toEqual(['14601', '14601', '1']);
    await sockets.getByRole('button', { name: 'ESTAB' }).click();
    expect(await sockets.getByRole('definition').count()).toBe(0);
  });

  it('four-tuple: an arrival lights the fields that match it, and the row of its socket', async () => {
    const page = await lab.open('?scenario=four-tuple');
    await press(page, 'ArrowRight');
    const inspector = page.getByRole('region', { name: 'Inspector' });
    const counts = new Set<number>();
    for (let step = 0; step < 19; step++) {
      counts.add(await inspector.getByText('(matches)').count());
      await press(page, 'ArrowRight');
    }
    // none while it is under way, the port for the welcome socket, all four for a connection
    expect([...counts].sort()).toEqual([0, 1, 4]);
    await lab.open('?scenario=6b&t=60000');
    expect(await rowsOf(page)).toHaveLength(1);
  });

  it('tcp-loss: a lone segment comes again by the timer, which doubles', async () => {
    const page = await lab.open('?scenario=7a');
    await press(page, 'End');
    expect(await timesOf(page, /client sends “hello”/)).toEqual([
      '150.0 ms',
      '400.0 ms',
      '900.0 ms',
      '1.900 s',
    ]);
    expect(await windowsText(page)).toMatch(/congestion window 2,920/);
  });

  it('tcp-loss: seven duplicates, one copy after a round trip, and one ACK for all', async () => {
    const page = await lab.open('?scenario=7b&t=260000');
    expect(await timesOf(page, /client sends 1460 B/)).toEqual([...Array(10).fill('150.0 ms'), '200.0 ms']);
    // one for each of the first two, seven that repeat the second, and the one for all
    expect(await timesOf(page, /server sends ACK/)).toEqual([...Array(9).fill('175.0 ms'), '225.0 ms']);
    // half of what was under way, as Reno has it
    expect(await windowsText(page)).toMatch(/congestion window 5,840\s+window of the peer 65,535/);
  });

  it('backlog: the queue of listen(1) holds two, and the SYN is thrown away', async () => {
    const page = await lab.open('?scenario=8&t=900000');
    expect((await rowsOf(page))[0]?.slice(0, 3)).toEqual(['LISTEN', '2', '1']);
    expect(await logText(page)).toMatch(/✕ server throws SYN away/);
  });

  it('backlog: a client is sure of a connection that the server does not have', async () => {
    const page = await lab.open('?scenario=8c&t=900000');
    const server = await rowsOf(page);
    await page.getByRole('combobox', { name: 'Host' }).selectOption('client');
    const established = (rows: string[][]) => rows.filter(([state]) => state === 'ESTAB').length;
    expect(established(await rowsOf(page))).toBe(4);
    expect(established(server)).toBe(1);
  });

  it('slow-reader: send() waits while the window is full, and goes on after the program reads', async () => {
    const page = await lab.open('?scenario=slow-reader');
    await seek(page, 0.3);
    expect(await markedLines(page)).toContainEqual(expect.stringMatching(/\.send(all)?\(.*[\s\S]*waits/));
    expect(await windowsText(page)).toMatch(/window of the peer 0/);
    await press(page, 'End');
    expect(await logText(page)).toMatch(/sends probe to/);
  });

  it('close: TIME_WAIT, and bind() refused until SO_REUSEADDR', async () => {
    const page = await lab.open('?scenario=close');
    await press(page, 'End');
    expect(await logText(page)).toMatch(/becomes FIN_WAIT_1[\s\S]*becomes TIME_WAIT/);
    await lab.open('?scenario=10b');
    await press(page, 'End');
    expect(await logText(page)).toMatch(
      /bind\(\) on server fails: EADDRINUSE[\s\S]*bind\(\) on server returns/,
    );
  });

  it('reset: the RST on the wire, and its errno at the call', async () => {
    const page = await lab.open('?scenario=reset');
    await press(page, 'End');
    expect(await logText(page)).toMatch(/sends RST[\s\S]*fails: ECONNRESET/);
  });

  it('stream-or-message: three sends, one recv over TCP and three over UDP', async () => {
    const received = async (query: string, call: string) => {
      const page = await lab.open(query);
      await press(page, 'End');
      return (await logText(page)).match(new RegExp(`\\n?${call}\\(\\) on server returns [1-9]`, 'g'))
        ?.length;
    };
    expect(await received('?scenario=12a', 'recv')).toBe(1);
    expect(await received('?scenario=12b', 'recvfrom')).toBe(3);
  });

  it('stream-or-message: what waits is one stream of bytes over TCP, and three messages over UDP', async () => {
    const stage = (page: Page) => page.getByRole('group', { name: 'Host server' });
    await stage(await lab.open('?scenario=12a&t=250000'))
      .getByText(/^▤ in 11 B$/)
      .waitFor();
    await stage(await lab.open('?scenario=12b&t=250000'))
      .getByText(/^▤▤▤ 3 messages$/)
      .waitFor();
  });

  it('hundred-clients: all are served, with more threads sooner', async () => {
    const endOf = async (query: string) => {
      const page = await lab.open(query);
      await press(page, 'End');
      return Number(await page.getByRole('slider', { name: 'Time' }).getAttribute('max'));
    };
    expect(await endOf('?scenario=13b')).toBeLessThan(await endOf('?scenario=13a'));
  });

  it('compare: the same losses, and eight messages beside ten', async () => {
    const page = await lab.open('?view=compare');
    await press(page, 'End');
    const row = page.getByRole('row', { name: /^The program received/ });
    expect(await row.getByRole('cell').allInnerTexts()).toEqual([
      expect.stringMatching(/^\d{8}$/),
      '0123456789',
    ]);
  });
});

describe('compare: any run', () => {
  const named = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  const table = async (page: Page, row: string) =>
    page
      .getByRole('row', { name: new RegExp(`^${row}`) })
      .getByRole('cell')
      .allInnerTexts();

  it('beside the next variant: a hundred clients wait longer for one thread', async () => {
    const page = await lab.open('?scenario=hundred-clients');
    await page.getByRole('button', { name: 'Compare' }).click();
    await named(page, 'eight requests at a time').waitFor();
    await seek(page, 0.15);
    const [one = 0, eight = 0] = (await table(page, 'Answers')).map(Number);
    expect(eight).toBeGreaterThan(2 * one);
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('region', { name: 'Programs' }).waitFor();
    expect(page.url()).toMatch(/scenario=hundred-clients&variant=one-thread/);
  });

  it('has the keys that its help names, and packets that are only looked at', async () => {
    const page = await lab.open('?view=compare&t=20000');
    await page
      .getByRole('img', { name: /from client to server/ })
      .first()
      .waitFor();
    await press(page, '?');
    const help = page.getByRole('dialog', { name: 'Help' });
    await help.getByText('play and pause').waitFor();
    expect(await help.getByText('drop the selected packet').count()).toBe(0);
  });

  it('beside another seed, and the address has both', async () => {
    const page = await lab.open('?view=compare&scenario=udp-loss');
    const lost = async () => {
      await press(page, 'End');
      return table(page, 'Lost');
    };
    const [first] = await lost();
    const choose = async (side: Locator, seed: string) => {
      const field = side.getByRole('spinbutton', { name: 'Seed' });
      await field.fill(seed);
      await field.press('Enter');
    };
    await choose(named(page, 'seed 2'), '5');
    await named(page, 'seed 5').waitFor();
    const both = await lost();
    expect(both).toEqual([first, expect.not.stringMatching(`^${first}$`)]);
    await lab.open(new URL(page.url()).search);
    expect(await lost()).toEqual(both);
    await choose(named(page, 'seed 5'), '1');
    await expect.poll(lost, POLL).toEqual([first, first]);
  });
});

describe('the menus', () => {
  it('a seed that is too large becomes the largest, and the address has it', async () => {
    const page = await lab.open('?scenario=udp-loss');
    const seed = page.getByRole('spinbutton', { name: 'Seed' });
    for (const text of ['9999999999', '1e30']) {
      await seed.fill(text);
      await seed.press('Enter');
      await expect.poll(() => new URL(page.url()).searchParams.get('seed')).toBe('2147483647');
      expect(await seed.inputValue()).toBe('2147483647');
    }
  });

  it('another scenario is one place further in the history, and Back comes to the one before as it was', async () => {
    const page = await lab.open('?scenario=udp-echo&t=25000');
    const before = await stateOf(page);
    const title = 'UDP: ten pings on a network that loses some';
    await page.getByLabel('Scenario').selectOption({ label: `2. ${title}` });
    await story(page).getByText(title).waitFor();
    await page.goBack();
    await expect.poll(() => stateOf(page), POLL).toBe(before);
    await page.goForward();
    await story(page).getByText(title).waitFor();
  });

  it.each(['?scenario=udp-echo', '?view=compare'])('Link says what came of it: %s', async (query) => {
    const page = await lab.open(query);
    await page.getByRole('button', { name: 'Link' }).click();
    await page.getByText(/^(Address copied|Copy it from the address bar)$/).waitFor();
  });

  it.each([
    ['More…', 'Add a client'],
    ['Predict first', 'Show the answer'],
  ])('%s closes at Escape, and at a click elsewhere', async (name, item) => {
    const page = await lab.open('?scenario=udp-echo&t=10000');
    for (const close of [
      () => press(page, 'Escape'),
      () => page.getByRole('heading', { name: 'Ladder' }).click(),
    ]) {
      await page.getByText(name).click();
      await page.getByText(item).waitFor();
      await close();
      await page.getByText(item).waitFor({ state: 'hidden' });
    }
  });

  it('a digit while it plays opens the other scenario at its question', async () => {
    const page = await lab.open('?scenario=udp-loss');
    await press(page, ' ');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await press(page, '4');
    await page.getByText('The client runs before the server. What does connect() do?').last().waitFor();
    expect(await page.getByRole('button', { name: 'Pause' }).count()).toBe(0);
  });
});

describe('break it', () => {
  it('a packet is selected while it is on the stage, and meets a fault once', async () => {
    const page = await lab.open('?scenario=udp-loss&t=10000');
    const inspector = page.getByRole('region', { name: 'Inspector' });
    await page.getByRole('button', { name: /^“ping 1”/ }).focus();
    for (const _ of ['once', 'again']) await press(page, 'd');
    await page.getByRole('button', { name: 'Undo 1' }).waitFor();
    await inspector.getByText('Datagram “ping 1”').waitFor();
    await press(page, 'End');
    expect(await inspector.getByText('Datagram “ping 1”').count()).toBe(0);
  });

  it('drops a packet that was clicked; it is sent again, and the address replays the run', async () => {
    const page = await lab.open('?scenario=tcp-handshake&variant=syn-ack-lost');
    await press(page, 'End');
    expect(await logText(page)).not.toContain('sends “hello” to server again');
    await press(page, 'Home');
    const data = page.getByRole('button', { name: /^“hello”, segment from client to server/ });
    await stepUntil(page, async () => (await data.count()) > 0);
    await data.click({ force: true });
    await page.getByRole('button', { name: 'Drop the selected packet' }).click();
    await page.getByRole('button', { name: 'Undo 1' }).waitFor();
    await press(page, 'End');
    await log(page).getByText('client sends “hello” to server again').waitFor();
    // what is selected is the reader's own
    const seen = async () => [await logText(page), await rowsOf(page), await timeOf(page)];
    const [before, query] = [await seen(), new URL(page.url()).search];
    await lab.open(query);
    expect(await seen()).toEqual(before);
  });

  it('has a menu at the packet that was clicked, which stops the play; by keys too', async () => {
    const page = await lab.open('?scenario=udp-echo&t=1000');
    const datagram = page.getByRole('button', { name: /datagram from client to server/ });
    const menu = page.getByRole('group', { name: 'Break “hello”' });
    await page.getByLabel('Speed').selectOption('200');
    await press(page, ' ');
    await datagram.click({ force: true });
    await menu.waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    await press(page, 'Escape');
    await menu.waitFor({ state: 'hidden' });
    await press(page, 'Enter');
    await menu.getByRole('button', { name: 'Duplicate' }).click();
    await menu.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Undo 1' }).waitFor();
    await datagram.first().click({ force: true });
    await menu.getByRole('button', { name: 'Drop' }).click();
    await press(page, 'End');
    expect(new URL(page.url()).searchParams.get('changes')).toBe(
      'duplicate-client-server-1,drop-client-server-1',
    );
  });

  it('crashes the server, and Undo brings it back', async () => {
    const page = await lab.open('?scenario=udp-echo&t=10000');
    await page.getByText('More…').click();
    await page.getByRole('button', { name: 'Crash server' }).click();
    await press(page, 'End');
    await page.getByRole('group', { name: /^Host server, 10.0.0.2, crashed/ }).waitFor();
    await page.getByRole('button', { name: 'Undo 1' }).click();
    await page.getByRole('group', { name: /^Host server, 10.0.0.2, 1 socket/ }).waitFor();
  });

  it('sends the line that was typed, over a slower link, and to one client more', async () => {
    const page = await lab.open('');
    await page.getByText('More…').click();
    await page.getByLabel('Line to send').fill('see the door');
    await page.getByRole('button', { name: 'Send this line' }).click();
    await page.getByLabel('Delay, ms').fill('300');
    await page.getByRole('button', { name: 'Set the links from now on' }).click();
    await page.getByRole('button', { name: 'Add a client' }).click();
    await press(page, 'End');
    await log(page).getByText('new1 prints: SEE THE DOOR').waitFor();
    expect(await logText(page)).toContain('client prints: SEE THE DOOR');
    expect(Number.parseFloat(await timeOf(page))).toBeGreaterThan(300);
  });
});

describe('for a class', () => {
  it('the Python of the notes stands beside the program, with the same line marked', async () => {
    const page = await lab.open('?scenario=udp-echo&t=20000');
    await page.getByRole('button', { name: 'Python' }).click();
    expect(await markedLines(page)).toContainEqual(
      expect.stringMatching(/modifiedMessage, serverAddress = clientSocket\.recvfrom\(2048\)/),
    );
  });

  it('the ladder stands downward in the place of the stage, and is saved as a picture', async () => {
    const page = await lab.open('?scenario=tcp-handshake&variant=syn-ack-lost&t=1100000');
    await page.getByRole('button', { name: 'Time downward' }).click();
    const stage = page.getByRole('region', { name: 'Stage' });
    await stage.getByRole('img', { name: /^Ladder: \d+ packets until 1\.100 s$/ }).waitFor();
    expect(await stage.getByRole('group', { name: 'The network' }).count()).toBe(0);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'SVG' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('tcp-handshake-syn-ack-lost-1.svg');
    const picture = await textOf(download);
    for (const words of ['SYN again', '>ESTABLISHED<', '>timer 1.0 s<']) expect(picture).toContain(words);
    expect(picture).not.toMatch(/class=|var\(/);
  });

  it('what the link carried is saved for Wireshark', async () => {
    const page = await lab.open('?scenario=udp-echo');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'pcap' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('udp-echo-echo-1.pcapng');
    expect(await textOf(download)).toContain('hello');
  });

  it('in the page of another it shows what moves, and nothing to choose from', async () => {
    const page = await lab.open('?scenario=udp-echo&embed=1&t=20000', {
      viewport: { width: 700, height: 500 },
    });
    await page.getByRole('group', { name: 'The network' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Scenario' }).count()).toBe(0);
    expect(await page.getByRole('region', { name: 'Programs' }).count()).toBe(0);
    await press(page, 'ArrowRight');
    const address = () => new URL(page.url()).search;
    await expect.poll(address).toMatch(/t=251.*embed=1/);
    for (const key of ['d', '4', 'ArrowRight']) await press(page, key);
    await expect.poll(address).toMatch(/^\?scenario=udp-echo&variant=echo&seed=1&t=501..&embed=1$/);
    await lab.open('?view=compare&embed=1&t=20000');
    expect(await page.getByRole('group', { name: 'The network' }).count()).toBe(2);
    expect(await page.getByRole('combobox', { name: 'Scenario' }).count()).toBe(0);
    await press(page, 'ArrowRight');
    await expect.poll(address).toMatch(/view=compare.*embed=1/);
  });
});

describe('without a mouse', () => {
  it('a scenario is opened, played, stepped, and broken by keys', async () => {
    const page = await lab.open('');
    await press(page, '2');
    await page.getByText('A ping is lost on its way. Who sends it again?').last().waitFor();
    await press(page, 'Space');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await press(page, 'Space');
    await press(page, 'Home');
    await press(page, 'd');
    await expect.poll(() => new URL(page.url()).searchParams.get('changes')).toBe('drop-client-server-1');
    await press(page, 'ArrowRight', 2);
    await log(page).getByText('✕ “ping 1” to server is lost on its way').waitFor();
    await press(page, '?');
    await page.getByRole('dialog', { name: 'Help' }).waitFor();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('the focus stays on the page where a button goes', async () => {
    const page = await lab.open('?scenario=udp-echo');
    await page.getByRole('button', { name: 'Play' }).first().click();
    await page
      .locator('*:focus')
      .and(page.getByRole('button', { name: 'Pause' }))
      .waitFor();
    await lab.open('?scenario=udp-echo&t=10000');
    const datagram = page.getByRole('button', { name: /datagram from client to server/ });
    await datagram.focus();
    await press(page, 'Enter');
    await page.getByRole('group', { name: 'Break “hello”' }).getByRole('button', { name: 'Corrupt' }).click();
    await page.getByRole('button', { name: 'Undo 1' }).waitFor();
    await page.locator('*:focus').and(datagram).waitFor();
  });

  it('Tab reaches every control', async () => {
    const page = await lab.open('?scenario=udp-echo&t=10000');
    await page.getByRole('button', { name: /datagram from client to server/ }).waitFor();
    const wanted = await page
      .getByRole('button')
      .and(page.locator(':not(:disabled, [tabindex="-1"])'))
      .count();
    const reached = new Set<string>();
    for (let tab = 0; tab < 60; tab++) {
      await press(page, 'Tab');
      if ((await page.locator('*:focus').and(page.getByRole('button')).count()) > 0)
        reached.add(await focusedElement(page));
    }
    expect(reached.size).toBe(wanted);
  });

  it('the focus goes from packet to packet with the selection', async () => {
    const page = await lab.open('?scenario=udp-reorder&t=20000');
    const packets = page.getByRole('button', { name: /^“.*datagram from client/ });
    expect(await packets.count()).toBeGreaterThan(1);
    await packets.and(page.getByRole('button', { pressed: true })).focus();
    const focused = [await focusedElement(page)];
    for (let key = 1; key < (await packets.count()); key++) {
      await press(page, 'ArrowDown');
      focused.push(await focusedElement(page));
    }
    expect(new Set(focused).size).toBe(await packets.count());
  });
});

it('with reduced motion Play goes from event to event', async () => {
  const page = await lab.open('', { reducedMotion: 'reduce' });
  const times = new Set<string>();
  await page.getByRole('button', { name: 'Play' }).first().click();
  while ((await page.getByRole('button', { name: 'Pause' }).count()) > 0) times.add(await timeOf(page));
  times.add(await timeOf(page));
  expect([...times]).toEqual(['0.0 ms', '0.1 ms', '25.1 ms', '50.1 ms']);
});
