/**
 * `node build/bench/reliability/spread.js [WAY...]`: three ways to share connections and datagrams between two threads
 * (docs/decisions/0012): how evenly, how fast, at what cost, and what is lost when a thread is replaced.
 */
import { fileURLToPath } from 'node:url';
import type { InetAddress } from 'portico';
import { AF_INET, decode, SOCK_DGRAM, socket } from 'portico';
import { Child } from '../harness/child.ts';
import { readUsage, spent } from '../harness/usage.ts';
import { ask, askOnce, dial, grouped, repeat, Tally } from './clients.ts';
import type { Way } from './spread-server.ts';

const HOST = '127.0.0.1';
const CROWDS = [16, 1000];
const WIDTH = 64;
const MEASURE_MS = 4000;
const RESTARTS = 10;
const CONNECTIONS = 20_000;
const DATAGRAMS = 20_000;
const DATAGRAMS_PER_MS = 4;
const LATE_MS = 500;

type Transport = 'tcp' | 'udp';

class Server implements AsyncDisposable {
  readonly #child: Child;
  address: InetAddress = { host: HOST, port: 0 };

  constructor(way: Way, transport: Transport) {
    const program = fileURLToPath(new URL('spread-server.js', import.meta.url));
    this.#child = new Child(`${way} ${transport}`, [process.execPath, program, way, transport], undefined);
  }

  async listening(): Promise<void> {
    this.address = { host: HOST, port: Number(await this.#child.line()) };
  }

  get pid(): number {
    return this.#child.pid;
  }

  async restart(): Promise<void> {
    this.#child.say('restart');
    await this.#child.line();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

/** How many of so many clients that are there at once each thread has. */
async function tcpSpread(server: InetAddress, clients: number): Promise<string> {
  const connections = await Promise.all(Array.from({ length: clients }, () => dial(server)));
  const threads = await Promise.all(connections.map((connection) => ask(connection, 'who')));
  await Promise.all(connections.map((connection) => connection.close()));
  return shares(threads);
}

async function udpSpread(server: InetAddress, clients: number): Promise<string> {
  const threads: string[] = [];
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = socket(AF_INET, SOCK_DGRAM);
      await client.connect(server);
      await client.send('who');
      const answer = await client.recv(10, { timeoutMs: LATE_MS }).catch(() => undefined);
      if (answer) threads.push(decode(answer));
      await client.close();
    }),
  );
  return shares(threads);
}

function shares(threads: readonly string[]): string {
  const counts = ['0', '1'].map((thread) => threads.filter((one) => one === thread).length);
  return `${Math.min(...counts)} / ${Math.max(...counts)}`;
}

/** Runs a load for a while; answers a second, and processor time of the server for each. */
async function rate(server: Server, one: () => Promise<void>): Promise<string> {
  let done = 0;
  const until = performance.now() + MEASURE_MS;
  const before = readUsage(server.pid);
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      while (performance.now() < until) {
        await one();
        done += 1;
      }
    }),
  );
  const after = readUsage(server.pid);
  const perSecond = (done / (after.atMs - before.atMs)) * 1000;
  return `${grouped(perSecond)}/s at ${(spent(before, after).cpuUs / done).toFixed(1)} µs`;
}

async function tcpRate(server: Server): Promise<string> {
  return await rate(server, async () => {
    await askOnce(server.address, 'who');
  });
}

async function udpRate(server: Server): Promise<string> {
  const clients = await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      const client = socket(AF_INET, SOCK_DGRAM);
      await client.connect(server.address);
      return client;
    }),
  );
  let next = 0;
  const free = [...clients];
  const found = await rate(server, async () => {
    const client = free.pop() ?? clients[next++ % WIDTH];
    if (!client) return;
    await client.send('who');
    await client.recv(10, { timeoutMs: LATE_MS }).catch(() => undefined);
    free.push(client);
  });
  for (const client of clients) await client.close();
  return found;
}

async function restarts(server: Server, done: () => number, all: number): Promise<void> {
  for (let time = 1; time <= RESTARTS; time++) {
    while (done() < (all * time) / (RESTARTS + 1)) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.restart();
  }
}

async function tcpLoss(server: Server): Promise<string> {
  const failed = new Tally();
  let done = 0;
  const load = repeat(CONNECTIONS, WIDTH, async () => {
    await askOnce(server.address, 'who', LATE_MS * 10).catch((error: unknown) => failed.failed(error));
    done += 1;
  });
  await Promise.all([load, restarts(server, () => done, CONNECTIONS)]);
  return `${failed.sum} of ${grouped(CONNECTIONS)} (${failed.text})`;
}

/** Many clients, for a group of sockets gives all datagrams of one client to one of them. */
async function udpLoss(server: Server): Promise<string> {
  const clients = await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      const client = socket(AF_INET, SOCK_DGRAM);
      await client.connect(server.address);
      return client;
    }),
  );
  let sent = 0;
  let received = 0;
  let isOver = false;
  const receiving = clients.map(async (client) => {
    while (!isOver) {
      const answer = await client.recv(10, { timeoutMs: LATE_MS }).catch(() => undefined);
      if (answer) received += 1;
    }
  });
  const began = performance.now();
  const sending = (async () => {
    while (sent < DATAGRAMS) {
      const due = Math.min(DATAGRAMS, Math.floor((performance.now() - began) * DATAGRAMS_PER_MS));
      for (const end = Math.min(due, sent + 2 * DATAGRAMS_PER_MS); sent < end; sent++)
        await clients[sent % WIDTH]?.send('who').catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await new Promise((resolve) => setTimeout(resolve, LATE_MS));
    isOver = true;
  })();
  await Promise.all([sending, restarts(server, () => sent, DATAGRAMS), ...receiving]);
  for (const client of clients) await client.close();
  return `${DATAGRAMS - received} of ${grouped(DATAGRAMS)}`;
}

async function measure(way: Way, transport: Transport): Promise<void> {
  await using server = new Server(way, transport);
  await server.listening();
  const spread: string[] = [];
  for (const clients of CROWDS) {
    for (let run = 0; run < 3; run++)
      spread.push(await (transport === 'tcp' ? tcpSpread : udpSpread)(server.address, clients));
  }
  const rates: string[] = [];
  for (let run = 0; run < 3; run++) rates.push(await (transport === 'tcp' ? tcpRate : udpRate)(server));
  const lost = await (transport === 'tcp' ? tcpLoss : udpLoss)(server);
  console.log(
    `| ${transport} | ${way} | ${spread.slice(0, 3).join(', ')} | ${spread.slice(3).join(', ')} | ${rates.join(', ')} | ${lost} |`,
  );
}

const wanted = process.argv.slice(2);
console.log(
  `| | way | least / most of 16 | of 1,000 | rate, processor time each | lost in ${RESTARTS} restarts |\n|---|---|---|---|---|---|`,
);
for (const [way, transports] of [
  ['reuseport', ['tcp', 'udp']],
  ['shared', ['tcp', 'udp']],
  ['handover', ['tcp']],
] as const)
  if (wanted.length === 0 || wanted.includes(way))
    for (const transport of transports) await measure(way, transport);
