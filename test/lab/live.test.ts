/** The tab Live in a real Chromium, before a server with threads. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { InetAddress, StreamSocket } from '../../src/index.ts';
import { AF_INET, SOCK_STREAM, socket } from '../../src/index.ts';
import type { LabServer, Server } from '../../src/server/index.ts';
import { browserForTests, PAGE, ROOT } from './chromium.ts';

const built = new URL('../../dist/server/index.js', import.meta.url).href;
const { serve, serveLab } = (await import(built)) as typeof import('../../src/server/index.ts');

const browser = browserForTests();

interface Shown {
  readonly page: Page;
  readonly server: Server;
  readonly lab: LabServer;
  readonly tcp: InetAddress;
  /** What the page asked for. */
  readonly requests: readonly string[];
}

async function openPage(
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Pick<Shown, 'page' | 'requests'>> {
  const context = await browser().newContext({ viewport: { width: 1280, height: 800 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const [errors, requests]: string[][] = [[], []];
  page.on('request', (request) => requests?.push(request.url()));
  page.on('pageerror', (error) => errors?.push(String(error)));
  onTestFinished(() => expect(errors).toEqual([]));
  await page.goto(url);
  return { page, requests: requests ?? [] };
}

async function show(options: Parameters<Browser['newContext']>[0] = {}): Promise<Shown> {
  const server = await serve('upper', { host: '127.0.0.1', spareThreads: 0 });
  onTestFinished(() => server.close());
  const lab = await serveLab(server, { port: 0 });
  onTestFinished(() => lab.close());
  const { page, requests } = await openPage(lab.url, options);
  await page.getByText('serving', { exact: true }).first().waitFor();
  return { page, server, lab, tcp: server.addresses.tcp ?? { host: '', port: 0 }, requests };
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

const sockets = (page: Page) => page.getByRole('region', { name: 'Sockets' });
const rowOf = (page: Page, { port }: InetAddress) =>
  sockets(page)
    .getByRole('row')
    .filter({ hasText: `127.0.0.1:${port}` });

describe('a connection', () => {
  it('appears in the table and on the stage, moves bytes, and goes', async () => {
    const { page, tcp, lab, requests } = await show();
    const client = await dial(tcp);
    const end = client.getsockname() as InetAddress;
    const row = rowOf(page, end);
    await row.getByText('ESTAB').waitFor();
    await page.getByRole('group', { name: 'Host 127.0.0.1, 1 open, 1 socket' }).waitFor();
    await page.getByRole('group', { name: /^Host server, .*, 3 sockets$/ }).waitFor();
    await client.sendall('hello\n');
    await row.getByText('6 B').first().waitFor();
    await client.close();
    await row.getByText('closed').waitFor();
    await row.waitFor({ state: 'detached' });
    await page.getByRole('group', { name: /^Host server, .*, 2 sockets$/ }).waitFor();
    const origin = new URL(lab.url).origin;
    for (const url of requests)
      expect(url.startsWith(`${origin}/lab/`) || url.startsWith('data:')).toBe(true);
  });

  it('is one of two hundred; of more it says how many', async () => {
    const { page, tcp } = await show();
    await Promise.all(Array.from({ length: 205 }, () => dial(tcp)));
    await sockets(page).getByText('200 connections, the oldest of each thread; 5 more are open').waitFor();
    // the heads, the two sockets of the server
    expect(await sockets(page).getByRole('row').count()).toBe(1 + 2 + 200);
  });
});

describe('the stream', () => {
  it('is left when the page pauses, by keyboard too, and taken up again', async () => {
    const { page, tcp } = await show();
    await page.keyboard.press('Tab');
    while ((await page.evaluate('document.activeElement.textContent')) !== 'Pause')
      await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.getByText('Paused: the server is asked for nothing').waitFor();
    const client = await dial(tcp);
    const row = rowOf(page, client.getsockname() as InetAddress);
    expect(await row.count()).toBe(0);
    await page.keyboard.press('Space');
    await row.getByText('ESTAB').waitFor();
  });

  it('ends with the server, and the page says so and asks no more', async () => {
    const { page, server, requests } = await show();
    await server.drain();
    await page.getByText('The server has ended; these are its last figures').waitFor();
    expect(requests.filter((url) => url.endsWith('/lab/events'))).toHaveLength(1);
  });
});

describe('without a server', () => {
  it('the tab says how to start one, and asks for nothing', async () => {
    const { page, requests } = await openPage(`${PAGE}?view=live`);
    await page.getByText('npx portico serve upper --lab').waitFor();
    expect(requests.filter((url) => !url.startsWith('file:') && !url.startsWith('data:'))).toEqual([]);
  });

  it('is reached from the scenarios and back', async () => {
    const { page } = await openPage(PAGE);
    await page.getByRole('link', { name: 'Live' }).click();
    await page.getByText('npx portico serve upper --lab').waitFor();
    await page.getByRole('link', { name: 'Scenarios' }).click();
    await page.getByRole('slider', { name: 'Time' }).waitFor();
  });
});

describe('with reduced motion', () => {
  it('the figures change once a second', async () => {
    const { page } = await show({ reducedMotion: 'reduce' });
    const { count, seconds } = (await page.evaluate(COUNT_CHANGES)) as { count: number; seconds: number };
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(seconds + 1);
  });
});

/** For the page: how often the figures change, and in what time. */
const COUNT_CHANGES = `new Promise((resolve) => {
  const figures = document.querySelector('[aria-label="Rates"]');
  let count = 0;
  const began = performance.now();
  new MutationObserver(() => { count += 1; })
    .observe(figures, { subtree: true, childList: true, attributes: true, characterData: true });
  setTimeout(() => resolve({ count, seconds: (performance.now() - began) / 1000 }), 3000);
})`;

interface Violations {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

describe.each([
  { width: 1280, height: 800, colorScheme: 'light' as const },
  { width: 1920, height: 1080, colorScheme: 'dark' as const },
  { width: 390, height: 844, colorScheme: 'dark' as const },
])('at $width x $height, $colorScheme', ({ colorScheme, ...viewport }) => {
  it('axe finds nothing, and nothing needs sideways scrolling', async () => {
    const axe = readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, 'utf8');
    const { page, tcp } = await show({ viewport, colorScheme, bypassCSP: true });
    await Promise.all(Array.from({ length: 60 }, () => dial(tcp)));
    await sockets(page).getByText('60 connections').waitFor();
    expect(
      await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBe(0);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as Violations;
    const found = violations.map(({ id, nodes }) =>
      [id, ...nodes.map(({ html }) => html.slice(0, 120))].join(' | '),
    );
    expect(found).toEqual([]);
  });
});
