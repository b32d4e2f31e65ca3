/** The handler is done while input is unread: does the client get the whole reply? */
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import { dial, grouped } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const TIMES = 30;
const REPLY_BYTES = 1_000_000;
const REST_BYTES = 300_000;
/** How much the client reads at a time: it is slower than the server. */
const CHUNK_BYTES = 16_384;
/** How late the client begins to read: by then the server has closed if it does not wait. */
const LATE_MS = 200;

/** How many bytes of the reply arrive. */
async function received(server: Served): Promise<number> {
  const connection = await dial(server.tcp);
  const sending = connection.sendall(new Uint8Array(REST_BYTES)).catch(() => undefined);
  await pause(LATE_MS);
  let count = 0;
  try {
    for (
      let chunk = await connection.recv(CHUNK_BYTES);
      chunk.length > 0;
      chunk = await connection.recv(CHUNK_BYTES)
    ) {
      count += chunk.length;
      await pause(1);
    }
  } catch {
    // a reset destroys what has not been read
  }
  await connection.close();
  await sending;
  return count;
}

async function counts(words: readonly string[]): Promise<{ counts: number[]; command: string }> {
  await using server = await Served.start({ service: 'hasty', words, metrics: false });
  const counted: number[] = [];
  for (let time = 0; time < TIMES; time++) counted.push(await received(server));
  return { counts: counted, command: server.command };
}

const truncated = (all: readonly number[]) => all.filter((count) => count < REPLY_BYTES);

async function unread(): Promise<Finding> {
  const { counts: usual, command } = await counts(['--tcp']);
  say(`unread-input: ${truncated(usual).length} of ${TIMES} truncated`);
  const { counts: without } = await counts(['--tcp', '--linger-ms', '0']);
  const cut = truncated(without);
  return finding(
    command,
    `${truncated(usual).length} of ${TIMES} truncated`,
    [truncated(usual).length === 0],
    [
      `for comparison, --linger-ms 0: ${cut.length} of ${TIMES} truncated${cut.length > 0 ? `, ${grouped(Math.min(...cut))} bytes at least` : ''}`,
    ],
  );
}

export const UNREAD: readonly Measure[] = [
  {
    name: 'unread-input',
    title: `close with unread input, ${TIMES} times, a reply of 1 MB`,
    aim: '0 truncated',
    how: `The client sends ${grouped(REST_BYTES)} bytes, of which the handler takes 16, and begins to read ${LATE_MS} ms later, 16 kB a millisecond at most.`,
    run: unread,
  },
];
