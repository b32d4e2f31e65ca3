/** A running server for the lab's page, from the built package: it has threads, and the page beside it. */
import { request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InetAddress, StreamSocket } from '../../src/index.ts';
import { AF_INET, decode, SOCK_STREAM, socket } from '../../src/index.ts';
import type { Handlers, LabServer, ServeOptions, Server } from '../../src/server/index.ts';
import type { Snapshot } from '../../src/server/server.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

const built = new URL('../../dist/server/index.js', import.meta.url).href;
const { serve, serveLab } = (await import(built)) as typeof import('../../src/server/index.ts');
const module = new URL('../fixtures/server/handlers.mjs', import.meta.url);

interface Started {
  readonly server: Server;
  readonly lab: LabServer;
  /** Where the page is. */
  readonly url: URL;
  readonly tcp: InetAddress;
}

async function start(service: URL | Handlers, options: ServeOptions = {}): Promise<Started> {
  const server = await serve(service, { host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  const lab = await serveLab(server, { port: 0 });
  onTestFinished(() => lab.close());
  return { server, lab, url: new URL(lab.url), tcp: server.addresses.tcp ?? { host: '', port: 0 } };
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

/** Each event of the stream: what it is, and its data. */
async function* events(url: URL): AsyncGenerator<readonly [event: string, data: string], void> {
  const leaving = new AbortController();
  try {
    const response = await fetch(new URL('events', url), { signal: leaving.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decode(chunk);
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks)
        yield [/^event: (.*)$/m.exec(block)?.[1] ?? 'message', /^data: ?(.*)$/m.exec(block)?.[1] ?? ''];
    }
  } finally {
    leaving.abort();
  }
}

/** The first snapshot that is as it should be. */
async function seen(url: URL, isRight: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  for await (const [, data] of events(url)) {
    const snapshot = JSON.parse(data) as Snapshot;
    if (isRight(snapshot)) return snapshot;
  }
  throw new Error('The stream ended before');
}

/** `fetch` sets some headers by itself. */
function ask(url: URL, method: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      response.destroy();
      resolve(response.statusCode);
    })
      .once('error', reject)
      .end();
  });
}

const hold: Handlers = { tcp: () => new Promise(() => {}) };

describe('serveLab()', () => {
  test('serves the page, which alone may ask it, under the names of this host', async () => {
    const { url } = await start(hold);
    const page = await fetch(url);
    expect(await page.text()).toContain('<meta name="portico-live" content="events" />');
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    expect((await fetch(new URL('/', url), { redirect: 'manual' })).headers.get('location')).toBe(url.href);
    expect((await fetch(new URL('lab.js', url))).status).toBe(200);
    const { port } = url;
    for (const path of ['/lab/', '/lab/events']) {
      const target = new URL(path, url);
      const asked = (headers: Record<string, string>) => ask(target, 'GET', headers);
      expect(await asked({ host: `localhost:${port}` })).toBe(200);
      expect(await asked({ host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}` })).toBe(200);
      expect(await asked({ host: `evil.example:${port}` })).toBe(403);
      expect(await asked({ host: '127.0.0.1' })).toBe(403);
      expect(await asked({ host: `127.0.0.1:${port}`, origin: 'http://evil.example' })).toBe(403);
      expect(await asked({ host: `127.0.0.1:${port}`, origin: 'null' })).toBe(403);
    }
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const { url } = await start(hold);
    for (const path of ['', 'events']) expect(await ask(new URL(path, url), method, {})).toBe(405);
  });

  test('has nothing else', async () => {
    const { url } = await start(hold);
    for (const path of ['/stats', '/lab', '/lab/none', '/lab/..%2fserver%2findex.js'])
      expect((await fetch(new URL(path, url))).status).toBe(404);
  });

  test('tells of connections as the system has them', async () => {
    const { url, tcp, server } = await start(hold);
    const client = await dial(tcp);
    const { host, port } = client.getsockname() as InetAddress;
    const [row] = (await seen(url, ({ connections }) => connections.length === 1)).connections;
    expect(row).toMatchObject({ protocol: 'tcp', state: 'ESTAB', peer: `${host}:${port}`, thread: 0 });
    expect(row?.local).toBe(`127.0.0.1:${tcp.port}`);
    if (server.engine === 'linux') {
      await client.sendall('hello');
      await seen(url, ({ connections: [one] }) => one?.receiveQueue === 5 && one.bytesRead === 0);
      await client.close();
      await seen(url, ({ connections: [one] }) => one?.state === 'CLOSE-WAIT');
    }
  });

  test('sends a stream to each of two viewers, and tells both of the end', async () => {
    const { server, url } = await start(hold);
    const streams = [events(url), events(url)];
    await Promise.all(streams.map((stream) => stream.next()));
    await server.drain({ deadlineMs: 0 });
    const ends = streams.map(async (stream) => {
      let last: readonly [string, string] = ['', ''];
      for await (const event of stream) {
        if (event[0] === 'end') return JSON.parse(last[1]).stats.state;
        last = event;
      }
      return 'cut';
    });
    expect(await Promise.all(ends)).toEqual(['closed', 'closed']);
  });

  test('ends its streams when it is closed itself, and the server goes on', async () => {
    const { server, lab, url } = await start(hold);
    const stream = events(url);
    await stream.next();
    await lab.close();
    const rest: string[] = [];
    for await (const [event] of stream) rest.push(event);
    expect(rest.at(-1)).toBe('end');
    expect(server.stats().state).toBe('serving');
  });
});

describe.skipIf(noLinuxEngine)('serveLab() with threads', () => {
  test('has the rows of both, each with its own bytes, and what they have done in all', async () => {
    const { url, tcp } = await start(module, { threads: 2 });
    const clients = await Promise.all(Array.from({ length: 6 }, () => dial(tcp)));
    const answered = new Map<string, { thread: number; connection: number; bytes: number }>();
    for (const [index, client] of clients.entries()) {
      await client.sendall('x'.repeat(10 + index));
      const answer = decode(await client.recv());
      const [thread, connection] = answer.split(' ').map(Number);
      const { host, port } = client.getsockname() as InetAddress;
      answered.set(`${host}:${port}`, {
        thread: thread ?? -1,
        connection: connection ?? -1,
        bytes: answer.length,
      });
    }
    const snapshot = await seen(url, ({ threads }) => sum(threads, 'bytesWritten') >= 6);
    const { connections, threads, stats } = snapshot;
    expect(connections).toHaveLength(6);
    expect(threads.map(({ thread, open }) => [thread, open]).sort()).toEqual([
      [0, 3],
      [1, 3],
    ]);
    for (const [index, row] of clients.entries()) {
      const { host, port } = row.getsockname() as InetAddress;
      const { thread, connection, bytes } = answered.get(`${host}:${port}`) ?? {};
      expect(connections.find(({ peer }) => peer === `${host}:${port}`)).toMatchObject({
        thread,
        connection,
        bytesRead: 10 + index,
        bytesWritten: bytes,
        receiveQueue: 0,
        state: 'ESTAB',
      });
    }
    expect(sum(threads, 'bytesRead')).toBe(10 + 11 + 12 + 13 + 14 + 15);
    expect(stats.open).toBe(6);
    const ages = connections.map(({ ageMs }) => ageMs);
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
    await Promise.all(clients.map((client) => client.close()));
    const after = await seen(url, ({ connections: left }) => left.length === 0);
    expect(sum(after.threads, 'bytesRead'), 'of those that are over').toBe(75);
  });

  test('goes on when a thread says nothing, and tells for how long', async () => {
    const { url, tcp } = await start(module, { threads: 2 });
    await dial(tcp);
    await seen(url, ({ connections }) => connections.length === 1);
    await (await dial(tcp)).sendall('loop');
    const { threads, connections } = await seen(url, ({ threads: all }) =>
      all.some((one) => one.silentMs > 300),
    );
    expect(threads.filter(({ silentMs }) => silentMs < 300)).toHaveLength(1);
    expect(connections.length).toBeGreaterThanOrEqual(1);
  });

  test('asks threads for nothing while nobody watches', async () => {
    const { server, url, tcp } = await start(module, { threads: 2 });
    const spy = server.look.bind(server);
    let looks = 0;
    server.look = (max) => {
      looks += 1;
      return spy(max);
    };
    await dial(tcp);
    await pause(500);
    expect(looks).toBe(0);
    await seen(url, ({ connections }) => connections.length === 1);
    // the one that is under way when the viewer leaves
    await pause(300);
    const before = looks;
    expect(before).toBeGreaterThan(0);
    await pause(700);
    expect(looks).toBe(before);
  });
});

function sum<Name extends string>(all: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return all.reduce((total, one) => total + one[name], 0);
}
