/** A process without a descriptor left: those who are there go on, the others are turned away, and nothing spins. */
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import { readUsage, spent } from '../../harness/usage.ts';
import type { Connection } from '../clients.ts';
import { ask, askOnce, dial, ms, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const DESCRIPTORS = 256;
const CLIENTS = 600;
const CPU_MAX = 0.02;
const QUIET_MS = 5000;
const QUESTIONS = 20;
const QUESTION_MS = 100;
const AFTER = 20;
const AFTER_MS = 100;
/** How long a client waits for its first answer. */
const PATIENCE_MS = 3000;

async function descriptors(): Promise<Finding> {
  await using server = await Served.start({
    service: 'upper',
    words: ['--tcp', '--threads', '2'],
    descriptorsMax: DESCRIPTORS,
  });
  await server.stats();
  const before = server.descriptors;
  const refused = new Tally();
  const connected: Connection[] = [];
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      try {
        const connection = await dial(server.tcp, PATIENCE_MS);
        await ask(connection, 'hello', PATIENCE_MS);
        connected.push(connection);
      } catch (error) {
        refused.failed(error);
      }
    }),
  );
  say(`descriptors: ${connected.length} connected, ${refused.text}`);

  const usage = readUsage(server.pid);
  await pause(QUIET_MS);
  const later = readUsage(server.pid);
  const cpu = spent(usage, later).cpuUs / ((later.atMs - usage.atMs) * 1000);

  const broken = new Tally();
  let answers = 0;
  for (let question = 0; question < QUESTIONS; question++) {
    await Promise.all(
      connected.map((connection) =>
        ask(connection, `question ${question}`, PATIENCE_MS).then(
          () => {
            answers += 1;
          },
          (error: unknown) => broken.failed(error),
        ),
      ),
    );
    await pause(QUESTION_MS);
  }

  await Promise.all(connected.map((connection) => connection.close()));
  const began = performance.now();
  const took: number[] = [];
  const late = new Tally();
  await Promise.all(
    Array.from({ length: AFTER }, async () => {
      try {
        await askOnce(server.tcp, 'hello', PATIENCE_MS);
        took.push(performance.now() - began);
      } catch (error) {
        late.failed(error);
      }
    }),
  );
  const inTime = took.filter((one) => one <= AFTER_MS).length;
  const { shedConnections, failures } = await server.stats();
  return finding(
    server.command,
    `${answers} of ${connected.length * QUESTIONS} answers to those connected, CPU ${(cpu * 100).toFixed(1)} %, ${inTime} of ${AFTER} within ${ms(AFTER_MS)}`,
    [broken.sum === 0 && connected.length > 0, cpu <= CPU_MAX, inTime === AFTER],
    [
      `${connected.length} clients connected; the others: ${refused.text}; connected ones that broke: ${broken.text}`,
      `processor time over ${QUIET_MS / 1000} s while all places are taken and nobody asks; descriptors of the process itself: ${before}`,
      `the last of the ${AFTER} had its answer after ${ms(Math.max(...took), 1)}; failed: ${late.text}`,
      `counted: ${shedConnections} turned away, ${failures} failures of calls`,
    ],
  );
}

export const DESCRIPTORLESS: readonly Measure[] = [
  {
    name: 'descriptors',
    title: `${CLIENTS} clients at ${DESCRIPTORS} descriptors`,
    aim: `those connected work, CPU at most ${CPU_MAX * 100} %, ${AFTER} of ${AFTER} new ones within ${AFTER_MS} ms after`,
    how: `All connect at once and ask. Those who have an answer stay, and ask ${QUESTIONS} more times. Then all leave, and at once ${AFTER} new ones come.`,
    run: descriptors,
  },
];
