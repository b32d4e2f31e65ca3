/** Many clients at once: what two threads do that one can't, and what one does for those who only wait. */
import { setTimeout as pause } from 'node:timers/promises';
import type { InetAddress } from 'portico';
import { AF_INET, SOCK_DGRAM, socket } from 'portico';
import { say } from '../../harness/progress.ts';
import { ask, askOnce, dial, ms, percentile } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { watchOthers } from '../others.ts';
import type { ServedOptions } from '../served.ts';
import { Served } from '../served.ts';

const CLIENTS = 100;
const BUSY_MS = 20;
const ROUNDS = 5;
/** A round in which other programs had more of the processors than this is made again, so often at most. */
const OTHERS_MAX = 0.05;
const DISTURBED_MAX = 15;
const WARM_UP_MS = 1000;
const MEASURE_MS = 4000;
const RATIO_MIN = 1.8;
const WAIT_MS = 500;
const WAIT_ROUNDS = 7;
/** "No more time" needs room for what sending 100 requests takes. */
const WAIT_RATIO_MAX = 1.1;

type Transport = 'tcp' | 'udp';
/** One client: asks until it is told to stop, and tells of each answer. */
type Client = (server: InetAddress, rounds: string, stops: () => boolean, done: () => void) => Promise<void>;

const CLIENT: Readonly<Record<Transport, Client>> = {
  tcp: async (server, rounds, stops, done) => {
    const connection = await dial(server);
    while (!stops()) {
      await ask(connection, rounds);
      done();
    }
    await connection.close();
  },
  udp: async (server, rounds, stops, done) => {
    const client = socket(AF_INET, SOCK_DGRAM);
    await client.connect(server);
    // each message is another one: a server does not answer the same without end
    for (let number = 0; !stops(); number++) {
      await client.send(`${rounds} ${number}`);
      await client.recv();
      done();
    }
    await client.close();
  },
};

function servedBy(threads: number): ServedOptions {
  return { service: 'busy', words: ['--tcp', '--udp', '--threads', String(threads)], metrics: false };
}

/** How many rounds of arithmetic take so long as a handler shall be busy. */
async function calibrated(): Promise<string> {
  await using server = await Served.start(servedBy(1));
  return await askOnce(server.tcp, `calibrate ${BUSY_MS}`);
}

/** Answers a second. */
async function throughput(
  transport: Transport,
  threads: number,
  rounds: string,
): Promise<{ rate: number; others: number; command: string }> {
  await using server = await Served.start(servedBy(threads));
  let stops = false;
  let done = 0;
  const clients = Array.from({ length: CLIENTS }, () =>
    CLIENT[transport](
      server[transport],
      rounds,
      () => stops,
      () => {
        done += 1;
      },
    ),
  );
  await pause(WARM_UP_MS);
  const [before, began] = [done, performance.now()];
  const othersSince = watchOthers([server.pid, process.pid]);
  await pause(MEASURE_MS);
  const others = othersSince();
  const rate = ((done - before) / (performance.now() - began)) * 1000;
  stops = true;
  await Promise.all(clients);
  return { rate, others, command: server.command };
}

async function busy(transport: Transport): Promise<Finding> {
  const [one, two]: [number[], number[]] = [[], []];
  let command = '';
  const rounds = await calibrated();
  let disturbed = 0;
  while (one.length < ROUNDS && disturbed <= DISTURBED_MAX) {
    const single = await throughput(transport, 1, rounds);
    const double = await throughput(transport, 2, rounds);
    command = double.command;
    const others = Math.max(single.others, double.others);
    say(
      `busy-${transport}: ${single.rate.toFixed(1)} a second with one thread, ${double.rate.toFixed(1)} with two; others had ${(others * 100).toFixed(0)} %`,
    );
    if (others > OTHERS_MAX) disturbed += 1;
    else {
      one.push(single.rate);
      two.push(double.rate);
    }
  }
  const ratios = two.map((rate, round) => rate / (one[round] ?? Number.NaN));
  const ratio = percentile(ratios, 0.5);
  const shown = (rates: readonly number[], digits: number) =>
    rates.map((rate) => rate.toFixed(digits)).join(', ');
  return finding(
    command,
    `${ratio.toFixed(2)} times`,
    [ratio >= RATIO_MIN, ratios.length === ROUNDS],
    [
      `ratios of ${ratios.length} rounds: ${shown(ratios, 2)}; the middle one counts`,
      `rounds that were made again because other programs had more than ${OTHERS_MAX * 100} % of the processors: ${disturbed}`,
      `answers a second with one thread: ${shown(one, 1)}; with two: ${shown(two, 1)}`,
    ],
  );
}

/** From the first byte sent to the last answer. */
async function waited(server: InetAddress, clients: number): Promise<number> {
  const connections = await Promise.all(Array.from({ length: clients }, () => dial(server)));
  const began = performance.now();
  await Promise.all(connections.map((connection) => ask(connection, String(WAIT_MS))));
  const took = performance.now() - began;
  await Promise.all(connections.map((connection) => connection.close()));
  return took;
}

async function waiting(): Promise<Finding> {
  await using server = await Served.start({ service: 'waiting', words: ['--tcp', '--threads', '1'] });
  const [one, many]: [number[], number[]] = [[], []];
  for (let round = 0; round < WAIT_ROUNDS; round++) {
    one.push(await waited(server.tcp, 1));
    many.push(await waited(server.tcp, CLIENTS));
    say(`waiting: ${ms(one.at(-1) ?? 0, 1)} for one, ${ms(many.at(-1) ?? 0, 1)} for ${CLIENTS}`);
  }
  const [single, all] = [percentile(one, 0.5), percentile(many, 0.5)];
  return finding(
    server.command,
    `${ms(all, 1)} for ${CLIENTS}, ${ms(single, 1)} for one`,
    [all <= single * WAIT_RATIO_MAX],
    [
      `medians of ${one.length}; at most ${ms(Math.max(...many), 1)} for ${CLIENTS}, ${ms(Math.max(...one), 1)} for one`,
    ],
  );
}

function measureOf(transport: Transport): Measure {
  return {
    name: `busy-${transport}`,
    title: `${CLIENTS} clients at once, each handler busy for ${BUSY_MS} ms, ${transport.toUpperCase()}`,
    aim: `two threads on two cores: at least ${RATIO_MIN} times the throughput of one`,
    how: `The handler does a fixed number of rounds of arithmetic, as many as took ${BUSY_MS} ms in a quiet thread, the same for all: a thread that has to share its core does not get away with less. ${CLIENTS} clients ask again as soon as they have their answer; ${WARM_UP_MS / 1000} s of warm-up, ${MEASURE_MS / 1000} s measured, a fresh server each time. A round in which other programs had more than ${OTHERS_MAX * 100} % of the processors is made again.`,
    run: () => busy(transport),
  };
}

export const BUSY: readonly Measure[] = [
  measureOf('tcp'),
  measureOf('udp'),
  {
    name: 'waiting',
    title: `${CLIENTS} clients at once whose handlers wait for ${WAIT_MS} ms`,
    aim: `no more time than one: at most ${WAIT_RATIO_MAX} times, with one thread`,
    how: 'From the first byte sent to the last answer, connections opened before.',
    run: waiting,
  },
];
