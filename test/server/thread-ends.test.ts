/** Threads that serve: how they end, and who follows. Of dist/, for a thread is started from a file. */
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import workerThreads from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InetAddress, StreamSocket } from '../../src/index.ts';
import { AF_INET, decode, SOCK_STREAM, socket } from '../../src/index.ts';
import type * as ServerModule from '../../src/server/index.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

const { serve } = (await import(
  new URL('../../dist/server/index.js', import.meta.url).href
)) as typeof ServerModule;
const MODULE = new URL('../fixtures/mortal.mjs', import.meta.url);

async function start(
  options: ServerModule.ServeOptions = {},
  module = MODULE,
): Promise<[ServerModule.Server, InetAddress]> {
  const server = await serve(module, { host: '127.0.0.1', threads: 2, ...options });
  onTestFinished(() => server.close());
  if (!server.addresses.tcp) throw new Error('The module serves TCP');
  return [server, server.addresses.tcp];
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

async function who(client: StreamSocket<typeof AF_INET>): Promise<string[]> {
  await client.sendall('who\n');
  return decode(await client.recv())
    .trim()
    .split(' ');
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** Lets Node's `Worker` be another class until the test has finished, or the result is called. */
function replaceWorker(other: typeof workerThreads.Worker): () => void {
  const { Worker } = workerThreads;
  const restore = () => {
    workerThreads.Worker = Worker;
    syncBuiltinESMExports();
  };
  onTestFinished(restore);
  workerThreads.Worker = other;
  syncBuiltinESMExports();
  return restore;
}

const serving = (server: ServerModule.Server) =>
  server.stats().threads.filter(({ state }) => state === 'serving').length;

describe.skipIf(noLinuxEngine)('the threads of a server', () => {
  test.each([0, 1])('die alone, and are replaced, with %i spare threads', async (spareThreads) => {
    const [server, tcp] = await start({ spareThreads });
    const [victim, other] = [await dial(tcp), await dial(tcp)];
    const [[thread, life], [otherThread, otherLife]] = [await who(victim), await who(other)];
    expect(otherThread).not.toBe(thread);
    await victim.sendall('throw\n');
    await victim.recv().catch(() => undefined);
    await until(() => serving(server) === 2);
    expect(await who(other)).toEqual([otherThread, otherLife]);
    const [newThread, newLife] = await who(await dial(tcp));
    expect(newThread).toBe(thread);
    expect(newLife).not.toBe(life);
    expect(server.stats().threads[Number(thread)]).toMatchObject({ restarts: 1, deaths: 1 });
  });

  test('are replaced by a restart, and what they have begun is finished', async () => {
    const [server, tcp] = await start();
    const clients = [await dial(tcp), await dial(tcp)];
    const before = await Promise.all(clients.map(who));
    await server.restartThreads();
    const lives = await Promise.all([await dial(tcp), await dial(tcp)].map(who));
    for (const [, life] of lives) expect(before.map(([, old]) => old)).not.toContain(life);
    // their input ends, and with it their handlers
    for (const client of clients) expect(await client.recv()).toHaveLength(0);
  });

  test('may take longer to load their handlers than they may be silent for', async () => {
    const problems: string[] = [];
    await using server = await serve(new URL('../fixtures/server/slow-start.mjs', import.meta.url), {
      host: '127.0.0.1',
      threads: 2,
      stuckMs: 1000,
      spareThreads: 0,
      onProblem: ({ message }) => problems.push(message),
    });
    await server.restartThreads();
    expect(problems).toEqual([]);
    expect(server.stats().threads).toMatchObject([{ deaths: 0 }, { deaths: 0 }]);
  });

  test('are replaced once more each when two restarts come at once', async () => {
    const [server, tcp] = await start();
    await Promise.all([server.restartThreads(), server.restartThreads()]);
    expect(server.stats().threads).toMatchObject([
      { state: 'serving', restarts: 2, deaths: 0 },
      { state: 'serving', restarts: 2, deaths: 0 },
    ]);
    expect(await who(await dial(tcp))).toHaveLength(2);
  });

  test('do not become more with each restart while none serves', async () => {
    let running = 0;
    let most = 0;
    const { Worker } = workerThreads;
    replaceWorker(
      class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          running += 1;
          most = Math.max(most, running);
          this.once('exit', () => {
            running -= 1;
          });
        }
      },
    );
    const module = new URL('../fixtures/server/may-hang.mjs', import.meta.url);
    const [server, tcp] = await start({ threads: 1 }, module);
    process.env.PORTICO_TEST_HANGS = '1';
    onTestFinished(() => void delete process.env.PORTICO_TEST_HANGS);
    // the spare thread that is there already can start, those after it can't
    for (const state of ['serving', 'starting']) {
      const deaths = (server.stats().threads[0]?.deaths ?? 0) + 1;
      await (await dial(tcp)).sendall('end');
      await until(() => server.stats().threads[0]?.deaths === deaths);
      await until(() => server.stats().threads[0]?.state === state);
    }
    most = running;
    for (let i = 0; i < 10; i++) await server.restartThreads();
    // the one that starts, a spare one that ends and one that follows it
    expect(most).toBeLessThanOrEqual(3);
  });

  test('take no connection out of the count, nor into it twice', async () => {
    const module = new URL('../fixtures/server/ends-at-close.mjs', import.meta.url);
    const [server, tcp] = await start({ threads: 1 }, module);
    const client = await dial(tcp);
    await client.sendall('end');
    await client.close();
    await until(() => server.stats().threads[0]?.deaths === 1);
    expect(server.stats()).toMatchObject({ connections: 1, closed: 1, open: 0, cutThread: 0 });
  });

  test('that the system does not give are asked for again, and the server goes on', async () => {
    const problems: string[] = [];
    const [server, tcp] = await start({
      onProblem: ({ message }) => problems.push(message),
      spareThreads: 0,
    });
    const [victim, other] = [await dial(tcp), await dial(tcp)];
    const [thread] = await who(victim);
    const restore = replaceWorker(
      class {
        constructor() {
          throw new Error('Worker initialization failure: EAGAIN');
        }
      } as unknown as typeof workerThreads.Worker,
    );
    await victim.sendall('throw\n');
    await until(() => problems.length === 2);
    expect(problems[1]).toBe("A thread can't be started: Worker initialization failure: EAGAIN");
    expect(await who(other)).toHaveLength(2);
    expect(server.stats().threads[Number(thread)]).toMatchObject({ state: 'resting', restarts: 0 });
    restore();
    await until(() => serving(server) === 2);
    expect(server.stats().threads[Number(thread)]).toMatchObject({ restarts: 1, deaths: 1 });
  });

  test.each(['fails-at-start', 'dies-early'])('keep the server from starting: %s', async (name) => {
    const problems: string[] = [];
    const module = new URL(`../fixtures/server/${name}.mjs`, import.meta.url);
    const options = { host: '127.0.0.1', threads: 2, onProblem: () => problems.push('told twice') };
    await expect(serve(module, options)).rejects.toThrow(/^no database$|^too early$/);
    expect(problems).toEqual([]);
  });

  test('tell of a stop() that fails', async () => {
    const problems: string[] = [];
    const module = new URL('../fixtures/server/fails-at-stop.mjs', import.meta.url);
    const [server] = await start({ onProblem: ({ message }) => problems.push(message), threads: 1 }, module);
    await server.restartThreads();
    await until(() => problems.length === 1);
    await server.drain();
    expect(problems).toEqual(['as it was told', 'as it was told']);
    expect(server.stats()).toMatchObject({ failures: 2, threads: [{ deaths: 0 }] });
  });

  test('have their turn when none has more connections than another', async () => {
    const [server, tcp] = await start();
    const threads = new Set<string | undefined>();
    for (let i = 0; i < 4; i++) {
      const client = await dial(tcp);
      threads.add((await who(client))[0]);
      await client.close();
      await until(() => server.stats().open === 0);
    }
    expect([...threads].sort()).toEqual(['0', '1']);
  });

  test('end at the deadline of drain(), handlers that go on regardless too', async () => {
    const [server, tcp] = await start();
    const client = await dial(tcp);
    await client.sendall('wait\n');
    await until(() => server.stats().open === 1);
    await server.drain({ deadlineMs: 1 });
    await expect(client.recv()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(server.stats().state).toBe('closed');
  });
});
