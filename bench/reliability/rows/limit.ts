/** More clients than places: nobody is let in too many, everybody is counted, and a free place is taken at once. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import type { Connection } from '../clients.ts';
import { ask, dial, grouped, ms, percentile, Tally } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const LIMIT = 100;
/** A server that was full accepts again when a tenth of its places is free: more than these stay taken. */
const LOW = 90;
const ATTEMPTS = 10_000;
const RESUME_MS = 50;
/** So often are all places freed while thousands wait: the queue of the system holds 4,096. */
const CYCLES = 30;
/** How long the places are held before it is looked whether somebody had one too many. */
const HOLD_MS = 150;
/** How often it is looked at the descriptors of the server. */
const LOOK_MS = 5;
/** A client that the queue had no place for asks again after 1, 3, 7, 15, 31, 63 s. */
const PATIENCE_MS = 70_000;

/** How many sockets a process has: the connections, and those that it has had before. */
function sockets(pid: number): number {
  let count = 0;
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:')) count += 1;
    } catch {
      // closed meanwhile
    }
  }
  return count;
}

async function limit(): Promise<Finding> {
  await using server = await Served.start({
    service: 'upper',
    words: ['--tcp', '--connections-max', String(LIMIT)],
  });
  await server.stats(); // and keep its connection
  const before = sockets(server.pid);
  let mostSockets = 0;
  const looking = setInterval(() => {
    mostSockets = Math.max(mostSockets, sockets(server.pid) - before);
  }, LOOK_MS);

  const failed = new Tally();
  let answered = 0;
  const held: Connection[] = [];
  let mostHeld = 0;
  let holds = true;
  let onAnswer = () => {};
  const attempt = async () => {
    let connection: Connection | undefined;
    try {
      connection = await dial(server.tcp, PATIENCE_MS);
      await ask(connection, 'hello', PATIENCE_MS);
      answered += 1;
      if (holds) {
        held.push(connection);
        mostHeld = Math.max(mostHeld, held.length);
        onAnswer();
        return;
      }
    } catch (error) {
      failed.failed(error);
    }
    await connection?.close();
  };
  const attempts = Array.from({ length: ATTEMPTS }, attempt);
  const filled = async () => {
    while (held.length <= LOW)
      await new Promise<void>((resolve) => {
        onAnswer = resolve;
      });
  };
  await filled();
  await pause(HOLD_MS);
  const full = await server.stats();
  say(`limit: full with ${full.open}; ${full.tcpWaiting} wait, ${full.tcpDropped} dropped`);

  const resumed: number[] = [];
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const leaving = held.splice(0);
    const first = new Promise<void>((resolve) => {
      onAnswer = resolve;
    });
    const began = performance.now();
    await Promise.all(leaving.map((connection) => connection.close()));
    await first;
    resumed.push(performance.now() - began);
    await filled();
    await pause(HOLD_MS);
  }
  say(`limit: resumed ${CYCLES} times, ${ms(Math.max(...resumed), 1)} at most`);
  holds = false;
  await Promise.all(held.splice(0).map((connection) => connection.close()));
  await Promise.all(attempts);
  clearInterval(looking);
  const { connections, closed, tcpDropped } = await server.stats();
  const worst = Math.max(...resumed);
  return finding(
    server.command,
    `${mostSockets} live at most, ${grouped(answered)} served in the end, resumes within ${ms(worst, 1)}`,
    [
      mostSockets <= LIMIT,
      mostHeld <= LIMIT,
      worst <= RESUME_MS,
      answered + failed.sum === ATTEMPTS,
      connections >= answered,
      (full.tcpWaiting ?? 0) > 0,
    ],
    [
      `sockets of the server seen every ${LOOK_MS} ms; clients that had an answer and stayed: ${mostHeld} at most`,
      `with all places taken the statistics said: ${full.open} open, full: ${full.full}, ${grouped(full.tcpWaiting ?? 0)} waiting, ${grouped(full.tcpDropped ?? 0)} handshakes dropped; in the end ${grouped(connections)} accepted, ${grouped(closed)} closed, ${grouped(tcpDropped ?? 0)} dropped`,
      `resumed ${CYCLES} times after all had left, from their first close to the next answer: median ${ms(percentile(resumed, 0.5), 1)}`,
      `attempts that failed: ${failed.text}`,
    ],
  );
}

export const LIMITED: readonly Measure[] = [
  {
    name: 'limit',
    title: `limit ${LIMIT}, ${grouped(ATTEMPTS)} connection attempts at once`,
    aim: `never more than ${LIMIT} live, the rest counted, resumes within ${RESUME_MS} ms`,
    how: `${grouped(ATTEMPTS)} clients connect at once and ask; who has an answer stays. ${CYCLES} times all who stay leave together; a server that was full accepts again when a tenth of its places is free. A handshake for which the queue of the system has no place is dropped, and its client tries again by itself.`,
    run: limit,
  },
];
