/** Threads die in every way, under load: does anybody else notice, and how soon is there another? */
import { setTimeout as pause } from 'node:timers/promises';
import type { InetAddress } from 'portico';
import { say } from '../../harness/progress.ts';
import type { Connection } from '../clients.ts';
import { ask, dial, grouped, ms, percentile, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const TIMES = 200;
const CLIENTS = 20;
/** So often does a client ask before it connects anew, so that every thread has its share of the clients. */
const QUESTIONS = 100;
const THREADS = 2;
/** Between two questions of a client. */
const PAUSE_MS = 2;
/** Between two connections that look for the new thread. */
const LOOK_MS = 5;
/** How long a new thread may take. */
const REPLACED_MS = 250;
const STUCK_MS = 1000;
/** The watchdog looks ten times in that time: it may see the last sign of life a look late, and so the silence. */
const WATCHDOG_MS = STUCK_MS * 1.2;
/** The descriptors are read so often, so far apart, and the fewest count: connections come and go meanwhile. */
const READINGS = 20;
const READING_MS = 50;
/** How long nobody dies before the descriptors are counted: spare threads that a death has called for have ended by then. */
const REST_MS = 12_000;
const HEAP_MB = 32;
const WORDS = ['--tcp', '--threads', String(THREADS)];
const MORE_WORDS: Readonly<Record<string, readonly string[]>> = {
  memory: ['--heap-mb', String(HEAP_MB)],
  loop: ['--stuck-ms', String(STUCK_MS)],
};
/** Between a replacement and the next death, so that a spare thread has started by then. */
const BETWEEN_MS = 500;

/** Who answered. */
interface Who {
  readonly thread: string;
  readonly life: string;
}

async function who(connection: Connection): Promise<Who> {
  const [thread = '', life = ''] = (await ask(connection, 'who')).split(' ');
  return { thread, life };
}

/** Asks over a connection of its own. */
async function askWho(server: Served): Promise<Who> {
  const connection = await dial(server.tcp);
  try {
    return await who(connection);
  } finally {
    await connection.close();
  }
}

/** Clients that ask all the time. */
class Crowd {
  readonly #server: InetAddress;
  readonly #doomed = new Set<string>();
  #stops = false;
  readonly #running: Promise<void>[];
  answers = 0;
  /** Connections of threads that nobody has killed. */
  readonly dropped = new Tally();
  /** Those of killed threads. */
  ended = 0;
  /** Those that failed before they knew their thread. */
  readonly unknown = new Tally();
  /** Is told who has answered. */
  onAnswer: (who: Who) => void = () => {};

  constructor(server: InetAddress) {
    this.#server = server;
    this.#running = Array.from({ length: CLIENTS }, () => this.#client());
  }

  /** This life will end. */
  doom(life: string): void {
    this.#doomed.add(life);
  }

  async stop(): Promise<void> {
    this.#stops = true;
    await Promise.all(this.#running);
  }

  async #client(): Promise<void> {
    while (!this.#stops) {
      let me: Who | undefined;
      let connection: Connection | undefined;
      try {
        connection = await dial(this.#server);
        for (let asked = 0; asked < QUESTIONS && !this.#stops; asked++) {
          me = await who(connection);
          this.onAnswer(me);
          this.answers += 1;
          await pause(PAUSE_MS);
        }
      } catch (error) {
        if (me && this.#doomed.has(me.life)) this.ended += 1;
        else (me ? this.dropped : this.unknown).failed(error);
      } finally {
        await connection?.close();
      }
    }
  }
}

/** Kills a thread; gives how long after its death, or after the word, its successor has answered anybody. */
async function kill(server: Served, death: string, crowd: Crowd): Promise<number> {
  const victim = await dial(server.tcp);
  const { thread, life } = await who(victim);
  crowd.doom(life);
  let beganAt = performance.now();
  await victim.sendall(`${death}\n`);
  if (death !== 'loop') {
    await victim.recv().catch(() => undefined);
    beganAt = performance.now();
  }
  const took = await new Promise<number>((resolve) => {
    const hear = (that: Who) => {
      if (that.thread !== thread || that.life === life) return;
      clearInterval(looking);
      resolve(performance.now() - beganAt);
    };
    crowd.onAnswer = hear;
    const looking = setInterval(() => void askWho(server).then(hear, () => {}), LOOK_MS);
  });
  await victim.close();
  return took;
}

async function fewestDescriptors(server: Served): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < READINGS; reading++) {
    fewest = Math.min(fewest, server.descriptors);
    await pause(READING_MS);
  }
  return fewest;
}

async function killed(death: string): Promise<Finding> {
  const words = [...WORDS, ...(MORE_WORDS[death] ?? [])];
  await using server = await Served.start({ service: 'mortal', words });
  const crowd = new Crowd(server.tcp);
  // the first death lets the process open what it keeps for good
  await kill(server, death, crowd);
  await pause(REST_MS);
  const atStart = await fewestDescriptors(server);
  const took: number[] = [];
  for (let time = 1; time <= TIMES; time++) {
    await pause(BETWEEN_MS);
    took.push(await kill(server, death, crowd));
    if (time % 20 === 0) say(`killed-${death}: ${time} of ${TIMES}, ${ms(Math.max(...took))} at most`);
  }
  await pause(REST_MS);
  const atEnd = await fewestDescriptors(server);
  await crowd.stop();
  const { threads } = await server.stats();
  const messages = [...new Set(await server.problems())];
  const deaths = threads.reduce((sum, thread) => sum + thread.deaths, 0);
  const limitMs = death === 'loop' ? WATCHDOG_MS + REPLACED_MS : REPLACED_MS;
  const worstMs = Math.max(...took);
  return finding(
    server.command,
    `${crowd.dropped.sum} dropped, replaced in ${ms(worstMs)} at most (median ${ms(percentile(took, 0.5))})`,
    [crowd.dropped.sum === 0, worstMs <= limitMs, atEnd <= atStart, deaths === TIMES + 1],
    [
      `${grouped(crowd.answers)} answers; connections of killed threads that ended: ${crowd.ended}; of other threads: ${crowd.dropped.text}; before their first answer: ${crowd.unknown.text}`,
      `replaced: p90 ${ms(percentile(took, 0.9))}, p99 ${ms(percentile(took, 0.99))}; within ${ms(limitMs)}: ${took.filter((one) => one <= limitMs).length} of ${TIMES}`,
      `descriptors at the start ${atStart}, at the end ${atEnd}; the process is the same, and has counted ${deaths} deaths, told of as: ${messages.join('; ')}`,
    ],
  );
}

function measureOf(death: string, title: string, howItDies: string): Measure {
  const aim =
    death === 'loop'
      ? `replaced within the watchdog's time (${ms(WATCHDOG_MS)} with --stuck-ms ${STUCK_MS}) and ${ms(REPLACED_MS)}`
      : `replaced within ${ms(REPLACED_MS)}`;
  return {
    name: `killed-${death}`,
    title: `a thread killed ${TIMES} times: ${title}`,
    aim: `0 connections of other threads dropped, ${aim}, the process never ends, no descriptor more`,
    how: `${CLIENTS} clients ask all the time, ${QUESTIONS} times over each connection; a further one tells its thread to die: ${howItDies}. The time counts from ${
      death === 'loop' ? 'that word' : 'the end of that connection'
    } to the first answer of the new thread to anybody; besides, a connection is opened every ${LOOK_MS} ms for this. The next dies ${BETWEEN_MS} ms after that; one death goes before the ${TIMES}.`,
    run: () => killed(death),
  };
}

export const KILLED: readonly Measure[] = [
  measureOf('throw', 'an error that nobody catches', 'a timer throws'),
  measureOf('reject', 'a rejection that nobody handles', 'a promise is rejected'),
  measureOf('exit', 'process.exit()', 'the handler calls `process.exit(7)`'),
  measureOf('memory', 'out of memory', `its heap, of ${HEAP_MB} MB, is filled`),
  measureOf('loop', 'an endless loop', 'the handler never comes back'),
];
