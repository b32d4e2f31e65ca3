/** Clients that send a byte a second, to hold their places for ever (slowloris), beside clients that mean well. */
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import type { Connection } from '../clients.ts';
import { ask, dial, grouped, ms, percentile, repeat, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const DRIPS = 1000;
const DRIP_MS = 1000;
const GOOD = 100;
/** Between two questions of a good client. */
const PAUSE_MS = 50;
/** The default of `lineMs`. */
const DEADLINE_MS = 10_000;
const TOLERANCE_MS = 1000;
const RATIO_MAX = 2;
const ROUNDS = 3;

/** Asks until it is told to stop. */
async function ask99(connections: readonly Connection[], stops: () => boolean): Promise<number> {
  const took: number[] = [];
  await Promise.all(
    connections.map(async (connection, index) => {
      await pause((PAUSE_MS * index) / connections.length);
      while (!stops()) {
        const began = performance.now();
        await ask(connection, 'a line of a client that means well');
        took.push(performance.now() - began);
        await pause(PAUSE_MS);
      }
    }),
  );
  return percentile(took, 0.99);
}

/** Drips until it is closed; how long that took from its first byte. */
async function drip(connection: Connection): Promise<number> {
  const began = performance.now();
  let open = true;
  const ended = connection.recv().then(
    () => undefined,
    () => undefined,
  );
  void ended.then(() => {
    open = false;
  });
  while (open) {
    await connection.sendall('x').catch(() => undefined);
    await Promise.race([ended, pause(DRIP_MS)]);
  }
  const took = performance.now() - began;
  await connection.close();
  return took;
}

async function dripping(): Promise<Finding> {
  await using server = await Served.start({ service: 'lines', words: ['--tcp', '--threads', '2'] });
  const good = await Promise.all(Array.from({ length: GOOD }, () => dial(server.tcp)));
  const closedAt: number[] = [];
  const failed = new Tally();
  const [alone, beside]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const until = performance.now() + DEADLINE_MS;
    alone.push(await ask99(good, () => performance.now() > until));
    const drips: Connection[] = [];
    await repeat(DRIPS, 100, async () => {
      drips.push(await dial(server.tcp));
    });
    let dripsLeft = DRIPS;
    const dripped = drips.map(async (connection, index) => {
      await pause((DRIP_MS * index) / DRIPS);
      closedAt.push(await drip(connection));
      dripsLeft -= 1;
    });
    beside.push(await ask99(good, () => dripsLeft === 0));
    await Promise.all(dripped).catch((error: unknown) => failed.failed(error));
    say(`drip: p99 ${ms(alone.at(-1) ?? 0, 1)} alone, ${ms(beside.at(-1) ?? 0, 1)} beside ${DRIPS} drips`);
  }
  const ratios = beside.map((value, round) => value / (alone[round] ?? Number.NaN));
  const ratio = percentile(ratios, 0.5);
  const [first, last] = [Math.min(...closedAt), Math.max(...closedAt)];
  const isInTime = first >= DEADLINE_MS - TOLERANCE_MS && last <= DEADLINE_MS + TOLERANCE_MS;
  return finding(
    server.command,
    `closed after ${(first / 1000).toFixed(2)} to ${(last / 1000).toFixed(2)} s; p99 ${ratio.toFixed(2)} times`,
    [isInTime, ratio <= RATIO_MAX, closedAt.length === DRIPS * ROUNDS, failed.sum === 0],
    [
      `p99 of the good alone: ${alone.map((value) => ms(value, 1)).join(', ')}; beside the drips: ${beside.map((value) => ms(value, 1)).join(', ')}; the middle one of ${ROUNDS} ratios counts`,
      `${grouped(closedAt.length)} of ${grouped(DRIPS * ROUNDS)} drip clients were closed`,
    ],
  );
}

export const DRIP: readonly Measure[] = [
  {
    name: 'drip',
    title: `${grouped(DRIPS)} drip clients (1 byte a second) beside ${GOOD} good ones`,
    aim: `all closed at the deadline ± ${TOLERANCE_MS / 1000} s; p99 of the good at most ${RATIO_MAX} times their p99 alone`,
    how: `The handler reads lines, each of which must be complete within \`lineMs\`, ${DEADLINE_MS / 1000} s unless told otherwise. A good client asks a line every ${PAUSE_MS} ms. ${ROUNDS} rounds.`,
    run: dripping,
  },
];
