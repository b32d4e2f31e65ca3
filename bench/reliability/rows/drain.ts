/** The server is told to end while requests are in flight. */
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import { dial, ms, percentile, readLine, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const SHORT = 500;
const LONG = 500;
const SHORT_MS = 2000;
const LONG_MS = 60_000;
const DEADLINE_MS = 5000;
const TOLERANCE_MS = 100;

async function drain(): Promise<Finding> {
  await using server = await Served.start({
    service: 'waiting',
    words: ['--tcp', '--drain-ms', String(DEADLINE_MS)],
  });
  const connections = await Promise.all(Array.from({ length: SHORT + LONG }, () => dial(server.tcp)));
  await Promise.all(
    connections.map((connection, index) =>
      connection.sendall(index < SHORT ? `${SHORT_MS}\n` : `${LONG_MS}\n`),
    ),
  );
  while ((await server.stats()).open < SHORT + LONG) await pause(10);
  await pause(200); // the last lines are with their handlers
  say(`drain: ${SHORT + LONG} requests in flight`);
  server.signal('SIGTERM');
  const toldAt = performance.now();
  const failed = new Tally();
  let finished = 0;
  const cutAt: number[] = [];
  const settled = Promise.all(
    connections.map(async (connection, index) => {
      try {
        await readLine(connection);
        if (index < SHORT) finished += 1;
        else failed.add('a long one finished');
      } catch (error) {
        if (index < SHORT) failed.failed(error);
        else cutAt.push(performance.now() - toldAt);
      }
    }),
  );
  await pause(SHORT_MS / 4);
  const newcomer = await dial(server.tcp).then(
    () => 'let in',
    (error: { code?: string }) => String(error.code),
  );
  await settled;
  const exit = await server.ending().then(
    () => 0,
    (error: { exitCode?: number }) => error.exitCode,
  );
  const endedAt = performance.now() - toldAt;
  const off = cutAt.map((at) => Math.abs(at - DEADLINE_MS));
  const worst = Math.max(...off);
  return finding(
    server.command,
    `${finished} of ${SHORT} finished, ${cutAt.length} of ${LONG} cut at the deadline ± ${ms(worst)}, exit ${exit}`,
    [finished === SHORT, cutAt.length === LONG, worst <= TOLERANCE_MS, failed.sum === 0, exit === 0],
    [
      `cut after ${ms(Math.min(...cutAt))} to ${ms(Math.max(...cutAt))}, in the middle ${ms(percentile(cutAt, 0.5))}; the process had ended after ${ms(endedAt)}`,
      `failed otherwise: ${failed.text}; a new connection meanwhile: ${newcomer}`,
    ],
  );
}

export const DRAIN: readonly Measure[] = [
  {
    name: 'drain',
    title: `drain with ${SHORT + LONG} requests in flight`,
    aim: `all finish, or are cut at the deadline ± ${TOLERANCE_MS} ms, exit 0`,
    how: `Half of the handlers take ${SHORT_MS / 1000} s, half a minute; the deadline is ${DEADLINE_MS / 1000} s. Times count from SIGTERM.`,
    run: drain,
  },
];
