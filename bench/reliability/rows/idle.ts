/** Connections on which nothing happens: what they cost, and whether they stay. */
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import type { Connection } from '../clients.ts';
import { ask, dial, grouped, mb, repeat, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const CONNECTIONS = 10_000;
const WIDTH = 100;
const HOLD_S = 60;
const GROWTH_MAX = 40e6;
/** Connections that come and go before, so that what the server needs once is there. */
const WARM_UP = 1000;

async function idle(): Promise<Finding> {
  await using server = await Served.start({ service: 'upper', words: ['--tcp', '--threads', '2'] });
  await repeat(WARM_UP, WIDTH, async () => {
    const connection = await dial(server.tcp);
    await ask(connection, 'hello');
    await connection.close();
  });
  while ((await server.stats()).open > 0) await pause(10);
  await pause(2000);
  const before = server.residentBytes;
  const connections: Connection[] = [];
  await repeat(CONNECTIONS, WIDTH, async () => {
    const connection = await dial(server.tcp);
    await ask(connection, 'hello');
    connections.push(connection);
  });
  let most = 0;
  for (let second = 0; second < HOLD_S; second++) {
    await pause(1000);
    most = Math.max(most, server.residentBytes);
    if (second % 10 === 9) say(`idle: ${second + 1} s, ${mb(most - before)} more at most`);
  }
  const { open, failures, cutFirstByte, cutIdle, threads } = await server.stats();
  const dropped = new Tally();
  await repeat(CONNECTIONS, WIDTH, async (index) => {
    const connection = connections[index] as Connection;
    await ask(connection, 'still there', 10_000).catch((error: unknown) => dropped.failed(error));
  });
  const growth = most - before;
  return finding(
    server.command,
    `${mb(growth)} more, ${dropped.sum} dropped`,
    [growth <= GROWTH_MAX, dropped.sum === 0, open === CONNECTIONS],
    [
      `resident ${mb(before)} before, ${mb(most)} at most while they were held: ${(growth / CONNECTIONS / 1000).toFixed(1)} kB each`,
      `${grouped(open)} open after ${HOLD_S} s; asked then, the answers failed as: ${dropped.text}`,
      `the server counted ${failures} failures, ${cutFirstByte + cutIdle} cut, ${threads.reduce((sum, { deaths }) => sum + deaths, 0)} deaths of threads`,
    ],
  );
}

export const IDLE: readonly Measure[] = [
  {
    name: 'idle',
    title: `${grouped(CONNECTIONS)} idle connections held for ${HOLD_S} s`,
    aim: `memory growth at most ${mb(GROWTH_MAX)}, 0 dropped`,
    how: `Each client asks one line when it connects, is silent for ${HOLD_S} s, and asks once more. ${grouped(WARM_UP)} connections come and go before the first reading. The growth is that of the greatest of ${HOLD_S} readings, one a second.`,
    run: idle,
  },
];
