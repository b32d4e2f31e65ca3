/**
 * What it costs a server to be watched, and whether the page keeps up: `node build/bench/lab-live.js [--pairs N]`. A
 * server of one serving thread on one core, the load on the other: 1,000 connections that ask again as soon as they have
 * their answer. Windows of two seconds in which nobody watches and in which somebody reads the stream take turns, on the
 * same connections. Then a real Chromium has the page open, while 1,000 connections ask evenly.
 */
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { InetAddress } from 'portico';
import type * as Chromium from '../scripts/chromium.mjs';
import type { LoadSpec } from '../src/load/index.ts';
import type { Snapshot } from '../src/server/server.ts';
import { Child, SERVER_CORE } from './harness/child.ts';
import { describeMachine } from './harness/machine.ts';
import { startLoad } from './harness/run-load.ts';
import { readUsage, spent } from './harness/usage.ts';
import { ROOT } from './harness/which.ts';
import { watchOthers } from './reliability/others.ts';

const CONNECTIONS = 1000;
const MESSAGE_BYTES = 64;
const WARM_UP_MS = 2000;
/** So long after somebody began or ceased to watch nothing is measured. */
const SETTLE_MS = 300;
const WINDOW_MS = 2000;
/** A pair in which other programs had more of the processors than this is made again, so often at most. */
const OTHERS_MAX = 0.1;
const DISTURBED_MAX = 30;
/** Answers a second while the page is open. */
const RATE = 5000;
const FRAMES_MS = 5000;
interface Listening {
  readonly pid: number;
  readonly tcp: InetAddress;
  readonly lab: string;
}

/** Starts 1,000 connections that ask until they are ended. */
async function startClients({ pid, tcp }: Listening, changes: Partial<LoadSpec> = {}): Promise<Child> {
  const { load } = await startLoad({
    transport: 'tcp',
    shape: 'echo',
    host: tcp.host,
    port: tcp.port,
    connections: CONNECTIONS,
    window: 1,
    bytes: MESSAGE_BYTES,
    lines: true,
    answer: 'upper',
    warmUpMs: 0,
    measureMs: 3_600_000,
    ...changes,
  });
  load.say(`go ${JSON.stringify({ pid, ask: false })}`);
  await pause(WARM_UP_MS);
  return load;
}

/** Watches, as the page does: reads the stream and forgets it. */
async function watch({ lab }: Listening): Promise<() => void> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL('events', lab), resolve).once('error', reject);
  });
  response.resume();
  return () => response.destroy();
}

/** How many answers the server has given: its own count, in the first snapshot of a stream that is left at once. */
async function answers({ lab }: Listening): Promise<{ readonly count: number; readonly atMs: number }> {
  const response = await fetch(new URL('events', lab));
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('\n\n')) break;
  }
  const { stats, threads } = JSON.parse(text.slice('data: '.length)) as Snapshot;
  const bytes = threads.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  return { count: bytes / MESSAGE_BYTES, atMs: stats.uptimeMs };
}

/** What one window of time found out: answers a second, the server's processor time for one, and what others had meanwhile. */
interface Measured {
  readonly rate: number;
  readonly cpuUs: number;
  /** The share of the processors. */
  readonly others: number;
}

async function measure(server: Listening, load: Child): Promise<Measured> {
  await pause(SETTLE_MS);
  const othersSince = watchOthers([server.pid, load.pid, process.pid]);
  const [before, used] = [await answers(server), readUsage(server.pid)];
  await pause(WINDOW_MS);
  const [after, usedThen] = [await answers(server), readUsage(server.pid)];
  const count = after.count - before.count;
  return {
    rate: (count / (after.atMs - before.atMs)) * 1000,
    cpuUs: spent(used, usedThen).cpuUs / count,
    others: othersSince(),
  };
}

/** Frames a second of the page, the longest wait for one, and the share of the time in which its thread was busy. */
async function frames(
  server: Listening,
): Promise<{ perSecond: number; longestMs: number; busy: number } | string> {
  let browser: Awaited<ReturnType<typeof Chromium.launchChromium>>;
  try {
    // a script, which is not among what is compiled
    const { launchChromium } = (await import(`${ROOT}scripts/chromium.mjs`)) as typeof Chromium;
    browser = await launchChromium();
  } catch (error) {
    return `no Chromium starts here: ${String(error).split('\n', 1)[0]}`;
  }
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await using _ = await startClients(server, { rate: RATE, native: false });
    await page.goto(server.lab);
    await page.getByText(`${CONNECTIONS - 200} more are open`).waitFor();
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    const busyS = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    };
    const before = await busyS();
    const counted = (await page.evaluate(COUNT_FRAMES)) as {
      perSecond: number;
      longestMs: number;
      ms: number;
    };
    const busy = (((await busyS()) - before) * 1000) / counted.ms;
    return { ...counted, busy };
  } finally {
    await browser.close();
  }
}

/** For the page. */
const COUNT_FRAMES = `new Promise((resolve) => {
  const began = performance.now();
  let [last, longestMs, count] = [began, 0, 0];
  const frame = (now) => {
    longestMs = Math.max(longestMs, now - last);
    [last, count] = [now, count + 1];
    const ms = now - began;
    if (ms < ${FRAMES_MS}) requestAnimationFrame(frame);
    else resolve({ perSecond: count / (ms / 1000), longestMs, ms });
  };
  requestAnimationFrame(frame);
})`;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '15' } } });
const { cpu, cores, kernel, node, commit, load } = describeMachine();
console.log(`${cpu}, ${cores} cores, ${kernel}, Node ${node}, commit ${commit}, load before: ${load}`);
const words = ['serve', 'upper', '--tcp', '--threads', '1', '--port', '0', '--lab', '0', '--json'];
await using child = new Child(
  'the server',
  [process.execPath, `${ROOT}dist/cli/main.js`, ...words],
  SERVER_CORE,
);
const server = JSON.parse(await child.line()) as Listening;
const changes: Pick<Measured, 'rate' | 'cpuUs'>[] = [];
let disturbed = 0;
{
  await using clients = await startClients(server);
  while (changes.length < Number(values.pairs) && disturbed <= DISTURBED_MAX) {
    const alone = await measure(server, clients);
    const leave = await watch(server);
    const seen = await measure(server, clients);
    leave();
    const others = Math.max(alone.others, seen.others);
    const change = { rate: seen.rate / alone.rate - 1, cpuUs: seen.cpuUs / alone.cpuUs - 1 };
    if (others > OTHERS_MAX) disturbed += 1;
    else changes.push(change);
    console.log(
      `unwatched ${alone.rate.toFixed(0)} a second, watched ${seen.rate.toFixed(0)} (${percent(change.rate)}); ` +
        `processor time for an answer ${alone.cpuUs.toFixed(2)} and ${seen.cpuUs.toFixed(2)} µs (${percent(change.cpuUs)}); ` +
        `others had ${percent(others)}${others > OTHERS_MAX ? ': made again' : ''}`,
    );
  }
}
console.log(
  `median of ${changes.length} pairs (${disturbed} more were disturbed): throughput ${percent(median(changes.map(({ rate }) => rate)))}, ` +
    `processor time for an answer ${percent(median(changes.map(({ cpuUs }) => cpuUs)))}`,
);
const page = await frames(server);
if (typeof page === 'string') console.log(`frames: skipped, ${page}`);
else
  console.log(
    `page with ${CONNECTIONS} connections and ${RATE} answers a second: ${page.perSecond.toFixed(1)} frames a second, ` +
      `the longest wait ${page.longestMs.toFixed(0)} ms, its thread busy ${percent(page.busy)} of the time`,
  );
