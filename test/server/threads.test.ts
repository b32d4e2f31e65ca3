/**
 * Threads that serve, and that die: reliability.md section 2 rows 10, 11, 38, 39. They are threads of the built package,
 * as a user has them.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InetAddress, SocketError, StreamSocket } from '../../src/index.ts';
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM, socket } from '../../src/index.ts';
import type { Problem, ServeOptions, Server } from '../../src/server/index.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

const built = new URL('../../dist/server/index.js', import.meta.url).href;
const { serve } = (await import(built)) as typeof import('../../src/server/index.ts');
const module = new URL('../fixtures/server/handlers.mjs', import.meta.url);

interface Started {
  readonly server: Server;
  readonly tcp: InetAddress;
  readonly udp: InetAddress;
  readonly problems: Problem[];
}

async function start(options: ServeOptions = {}): Promise<Started> {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem) => problems.push(problem);
  const server = await serve(module, { host: '127.0.0.1', threads: 2, onProblem, ...options });
  onTestFinished(() => server.close());
  const { tcp, udp } = server.addresses;
  if (!tcp || !udp) throw new Error('The module serves both');
  return { server, tcp, udp, problems };
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

async function ask(client: StreamSocket, word: string): Promise<string> {
  await client.sendall(word);
  return decode(await client.recv()).trim();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

function sockets(): number {
  return readdirSync('/proc/self/fd').length;
}

describe.skipIf(noLinuxEngine)('serve() with threads', () => {
  test('spreads connections evenly and counts what all of them do', async () => {
    const { server, tcp, udp } = await start();
    const clients = await Promise.all(Array.from({ length: 20 }, () => dial(tcp)));
    const answers = await Promise.all(clients.map((client, i) => ask(client, `hello ${i}`)));
    const threads = answers.map((answer) => answer.split(' ')[0]);
    expect(threads.filter((thread) => thread === '0')).toHaveLength(10);
    expect(new Set(answers.map((answer) => answer.split(' ')[1])).size, 'numbers').toBe(20);
    await using client = socket(AF_INET, SOCK_DGRAM);
    for (let i = 0; i < 50; i++) {
      await client.sendto(`${i}`, udp);
      expect(decode((await client.recvfrom())[0])).toMatch(new RegExp(`^[01] ${i}$`));
    }
    // an answer is counted when it is sent, and may be here before that
    await until(() => server.stats().answers === 50);
    expect(server.stats()).toMatchObject({ connections: 20, open: 20, datagrams: 50 });
    await Promise.all(clients.map((one) => one.close()));
    await until(() => server.stats().open === 0);
    expect(server.stats()).toMatchObject({ closed: 20, failures: 0, bytesRead: 8 * 10 + 7 * 10 });
  });

  test.each(['throw', 'reject', 'exit', 'loop', 'memory'])(
    'replaces a thread that dies (%s), and the others do not notice',
    async (death) => {
      const before = sockets();
      const { server, tcp, problems } = await start({ stuckMs: 3000, heapMb: 64 });
      const [one, other] = [await dial(tcp), await dial(tcp)];
      expect((await ask(one, 'who'))[0]).not.toBe((await ask(other, 'who'))[0]);
      await one.sendall(death);
      await until(() => server.stats().threads.some(({ deaths }) => deaths === 1));
      expect(server.stats(), 'one connection went with it').toMatchObject({ cutThread: 1, closed: 1 });
      expect(await ask(other, 'still')).toMatch(/still$/);
      await until(() => server.stats().threads.every(({ state }) => state === 'serving'));
      const ended = await one.recv().catch((error: SocketError) => error.code);
      expect(
        ended instanceof Uint8Array ? decode(ended).replace(/.*throw.*|.*reject.*/s, '') : ended,
      ).toMatch(/^$|ECONNRESET/);
      const next = await dial(tcp);
      expect(await ask(next, 'who')).toMatch(/who$/);
      expect(server.stats()).toMatchObject({ open: 2 });
      expect(problems.some(({ transport }) => transport === 'thread')).toBe(true);
      await Promise.all([one.close(), other.close(), next.close()]);
      await server.close();
      await until(() => sockets() <= before);
    },
  );

  test('restartThreads() replaces them one by one, and connections go on to their end', async () => {
    const { server, tcp, udp } = await start();
    const staying = await dial(tcp);
    expect(await ask(staying, 'who')).toMatch(/who$/);
    await using client = socket(AF_INET, SOCK_DGRAM);
    let asked = 0;
    let stop = false;
    const asking = (async () => {
      for (; !stop; asked++) {
        await client.sendto(`${asked}`, udp);
        expect(decode((await client.recvfrom())[0])).toMatch(new RegExp(`^[01] ${asked}$`));
        const short = await dial(tcp);
        expect(await ask(short, 'short')).toMatch(/short$/);
        await short.close();
      }
    })();
    const restarted = server.restartThreads();
    await restarted;
    await until(() => asked > 20);
    stop = true;
    await asking;
    await staying.close();
    await until(() => server.stats().open === 0);
    expect(server.stats()).toMatchObject({ failures: 0 });
    expect(server.stats().threads).toMatchObject([
      { restarts: 1, deaths: 0 },
      { restarts: 1, deaths: 0 },
    ]);
  });

  test('close() leaves no thread and no descriptor behind', async () => {
    const before = sockets();
    for (let time = 0; time < 3; time++) {
      const { server, tcp } = await start();
      const client = await dial(tcp);
      await ask(client, 'hello');
      await server.close();
      await client.close();
      expect(server.stats()).toMatchObject({ state: 'closed', open: 0 });
    }
    await until(() => sockets() <= before);
  });

  test('serves TypeScript', async () => {
    const typed = new URL('../fixtures/server/typed.ts', import.meta.url);
    await using server = await serve(typed, { host: '127.0.0.1', threads: 2 });
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('straße', server.addresses.udp as InetAddress);
    expect(decode((await client.recvfrom())[0])).toBe('STRASSE 0');
    expect(server.addresses.tcp, 'no handler').toBeUndefined();
  });

  test('has threads on the engine node, each with its own sockets, or says why not', async () => {
    const { server, tcp, udp, problems } = await start({ engine: 'node' });
    const { length: threads } = server.stats().threads;
    if (threads === 1) expect(problems[0]?.message).toMatch(/One thread serves: .*reusePort/);
    const seen = new Set<string | undefined>();
    for (let i = 0; i < 40 || seen.size < threads; i++) {
      const client = await dial(tcp);
      seen.add((await ask(client, 'who'))[0]);
      await client.close();
    }
    expect(seen.size).toBe(threads);
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('hello', udp);
    expect(decode((await client.recvfrom())[0])).toMatch(/^[01] hello$/);
    await until(() => server.stats().open === 0 && server.stats().answers === 1);
    expect(server.stats()).toMatchObject({ failures: 0 });
  });

  test('counts the connections that end with a thread on the engine node too', async (context) => {
    const { server, tcp } = await start({ engine: 'node' });
    if (server.stats().threads.length === 1) context.skip('threads share no port here');
    const clients = await Promise.all(Array.from({ length: 10 }, () => dial(tcp)));
    const threads = await Promise.all(clients.map((client) => ask(client, 'who')));
    await until(() => server.stats().open === 10);
    const lost = threads.filter(([thread]) => thread === threads[0]?.[0]).length;
    const connections = server.stats().threads.map((thread) => thread.connections);
    expect(connections[Number(threads[0]?.[0])]).toBe(lost);
    await clients[0]?.sendall('exit');
    await until(() => server.stats().threads.some(({ deaths }) => deaths === 1));
    expect(server.stats()).toMatchObject({ open: 10 - lost, closed: lost, cutThread: lost });
  });

  test('does not start with a module that is missing, empty or wrong, and leaves nothing behind', async () => {
    const before = sockets();
    const missing = new URL('../fixtures/server/missing.mjs', import.meta.url);
    await expect(serve(missing, { threads: 2 })).rejects.toThrow(/missing\.mjs/);
    const empty = new URL('../fixtures/server/typed-part.ts', import.meta.url);
    await expect(serve(empty, { threads: 2 })).rejects.toThrow(/exports neither udp nor tcp/);
    await expect(serve(module, { threads: 0 })).rejects.toThrow(RangeError);
    await expect(serve({ udp: () => 'x' }, { threads: 2 })).rejects.toThrow(/URL of their module/);
    await until(() => sockets() <= before);
    expect(fileURLToPath(module)).toMatch(/handlers/);
  });
});
