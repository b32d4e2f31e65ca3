/** Threads are replaced under load: is a connection reset, or a datagram lost? */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InetAddress } from 'portico';
import { AF_INET, decode, SOCK_DGRAM, socket } from 'portico';
import type { ServerStats } from 'portico/server';
import { Child } from '../../harness/child.ts';
import { say } from '../../harness/progress.ts';
import { ROOT } from '../../harness/which.ts';
import { askOnce, grouped, ms, repeat, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';

const THREADS = 2;
/** Each call replaces both threads, one after the other. */
const CALLS = 20;
const RESTARTS = CALLS * THREADS;
const CONNECTIONS = 200_000;
const WIDTH = 64;
const DATAGRAMS = 100_000;
const DATAGRAMS_PER_MS = 4;
/** How long an answer may take before it counts as lost. */
const LATE_MS = 2000;
const COMMAND = `serve(new URL('bench/reliability/handlers/lines.ts'), { threads: ${THREADS} }), restartThreads() ${CALLS} times`;

type Told = ServerStats & { readonly ms: number };

/** The server, and a way to restart its threads. */
class Restartable implements AsyncDisposable {
  readonly #child: Child;
  readonly #told: number[] = [];
  addresses: { udp: InetAddress; tcp: InetAddress } = undefined as never;

  constructor() {
    const handlers = pathToFileURL(join(ROOT, 'build/bench/reliability/handlers/lines.js')).href;
    const program = join(ROOT, 'build/bench/reliability/program.js');
    const options = JSON.stringify({ threads: THREADS });
    this.#child = new Child('server', [process.execPath, program, handlers, options], undefined);
  }

  async listening(): Promise<void> {
    this.addresses = JSON.parse(await this.#child.line());
  }

  /** Restarts all threads; gives how long that took. */
  async restart(): Promise<void> {
    this.#child.say('restart');
    const { ms: took } = JSON.parse(await this.#child.line()) as Told;
    this.#told.push(took);
  }

  async stats(): Promise<Told> {
    this.#child.say('stats');
    return JSON.parse(await this.#child.line()) as Told;
  }

  get restartMs(): readonly number[] {
    return this.#told;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child[Symbol.asyncDispose]();
  }
}

async function restarted(server: Restartable, done: () => number, all: number): Promise<void> {
  for (let call = 1; call <= CALLS; call++) {
    while (done() < (all * call) / (CALLS + 1)) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.restart();
    say(`restart: ${call * THREADS} threads replaced, ${grouped(done())} of ${grouped(all)}`);
  }
}

function replaced({ threads }: ServerStats): number {
  return threads.reduce((sum, thread) => sum + thread.restarts, 0);
}

function slowest(server: Restartable): string {
  return `replacing both threads took ${ms(Math.max(...server.restartMs))} at most`;
}

async function tcpRun(): Promise<Finding> {
  await using server = new Restartable();
  await server.listening();
  const errors = new Tally();
  let done = 0;
  const began = performance.now();
  const load = repeat(CONNECTIONS, WIDTH, async (index) => {
    try {
      const answer = await askOnce(server.addresses.tcp, `line ${index}`);
      if (answer !== `line ${index}`) errors.add('wrong');
    } catch (error) {
      errors.failed(error);
    }
    done += 1;
  });
  await Promise.all([load, restarted(server, () => done, CONNECTIONS)]);
  const seconds = (performance.now() - began) / 1000;
  const stats = await server.stats();
  const migrate = readFileSync('/proc/sys/net/ipv4/tcp_migrate_req', 'latin1').trim();
  return finding(
    COMMAND,
    `${errors.sum} of ${grouped(CONNECTIONS)} failed in ${replaced(stats)} restarts`,
    [errors.sum === 0, replaced(stats) === RESTARTS, stats.connections >= CONNECTIONS],
    [
      `failures: ${errors.text}; net.ipv4.tcp_migrate_req = ${migrate}`,
      `${grouped(CONNECTIONS / seconds)} connections a second, ${WIDTH} at a time, each with one line; ${slowest(server)}`,
    ],
  );
}

async function udpRun(): Promise<Finding> {
  await using server = new Restartable();
  await server.listening();
  await using client = socket(AF_INET, SOCK_DGRAM);
  await client.connect(server.addresses.udp);
  const answered = new Uint8Array(DATAGRAMS);
  let sent = 0;
  let twice = 0;
  let lastAt = performance.now();
  const receiving = (async () => {
    while (sent < DATAGRAMS || performance.now() - lastAt < LATE_MS) {
      const answer = await client.recv(100, { timeoutMs: LATE_MS }).catch(() => undefined);
      if (answer === undefined) continue;
      lastAt = performance.now();
      const number = Number(decode(answer));
      if (answered[number] === 1) twice += 1;
      answered[number] = 1;
    }
  })();
  const began = performance.now();
  const sending = (async () => {
    while (sent < DATAGRAMS) {
      const due = Math.min(DATAGRAMS, Math.floor((performance.now() - began) * DATAGRAMS_PER_MS));
      // a sender that was late does not make up for it in one burst
      for (const end = Math.min(due, sent + 2 * DATAGRAMS_PER_MS); sent < end; sent++)
        await client.send(String(sent));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  await Promise.all([sending, receiving, restarted(server, () => sent, DATAGRAMS)]);
  const stats = await server.stats();
  const lost = DATAGRAMS - answered.reduce((sum, one) => sum + one, 0);
  const seconds = (lastAt - began) / 1000;
  return finding(
    COMMAND,
    `${lost} of ${grouped(DATAGRAMS)} lost in ${replaced(stats)} restarts`,
    [lost === 0, twice === 0, replaced(stats) === RESTARTS],
    [
      `${grouped(DATAGRAMS / seconds)} a second; answered twice: ${twice}; dropped by the system before the server: ${stats.udpDropped}`,
      `received ${grouped(stats.datagrams)}, answered ${grouped(stats.answers)}, failures ${stats.failures}; ${slowest(server)}`,
    ],
  );
}

export const RESTART: readonly Measure[] = [
  {
    name: 'restart-tcp',
    title: `${RESTARTS} restarts of one thread of two under load, TCP`,
    aim: `0 of ${grouped(CONNECTIONS)} connections reset, without any sysctl`,
    how: `${WIDTH} clients at a time connect, ask one line and close, while both threads are replaced one after the other ${CALLS} times.`,
    run: tcpRun,
  },
  {
    name: 'restart-udp',
    title: `${RESTARTS} restarts of one thread of two under load, UDP`,
    aim: `0 of ${grouped(DATAGRAMS)} datagrams lost at a paced sender`,
    how: `One client sends numbered datagrams, ${DATAGRAMS_PER_MS} a millisecond, and every number must come back once.`,
    run: udpRun,
  },
];
