/**
 * What it costs a server to be watched, and whether the page keeps up: `node build/bench/lab-live.js [--pairs N]`. A
 * server of one serving thread on one core, the load on the other: 1,000 connections that ask again as soon as they have
 * their answer. In each pair nobody watches first, and then a viewer, beside the load, that reads the stream and drops it.
 * Then a real Chromium has the page open, while the same connections ask evenly.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { InetAddress } from 'portico';
import type { LoadReport, LoadSpec } from '../src/load/index.ts';
import { openBrowser } from '../test/lab/chromium.ts';
import { Child, LOAD_CORE, SERVER_CORE } from './harness/child.ts';
import { describeMachine } from './harness/machine.ts';
import { startLoad } from './harness/run-load.ts';
import type { Usage } from './harness/usage.ts';
import { spent } from './harness/usage.ts';
import { ROOT } from './harness/which.ts';
import { watchOthers } from './reliability/others.ts';

const CONNECTIONS = 1000;
const WARM_UP_MS = 1000;
const MEASURE_MS = 4000;
/** A pair in which other programs had more of the processors than this is made again, so often at most. */
const OTHERS_MAX = 0.1;
const DISTURBED_MAX = 30;
/** Answers a second while the page is open. */
const RATE = 5000;
const FRAMES_MS = 5000;
/** Reads a stream and forgets it. */
const VIEWER = `for await (const chunk of (await fetch(process.argv[1])).body) if (!globalThis.began) { globalThis.began = true; console.log('reads'); }`;

interface Listening {
  readonly pid: number;
  readonly tcp: InetAddress;
  readonly lab: string;
}

/** What one load found out: answers a second, the server's processor time for one, and what others had meanwhile. */
interface Measured {
  readonly rate: number;
  readonly cpuUs: number;
  /** The share of the processors. */
  readonly others: number;
}

/** Runs one load to its end. @param pids - who else belongs to the measure. */
async function measure(
  { pid, tcp }: Listening,
  changes: Partial<LoadSpec> = {},
  pids: readonly number[] = [],
): Promise<Measured> {
  const spec: LoadSpec = {
    transport: 'tcp',
    shape: 'echo',
    host: tcp.host,
    port: tcp.port,
    connections: CONNECTIONS,
    window: 1,
    bytes: 64,
    lines: true,
    answer: 'upper',
    warmUpMs: WARM_UP_MS,
    measureMs: MEASURE_MS,
    ...changes,
  };
  const { load } = await startLoad(spec);
  await using _ = load;
  load.say(`go ${JSON.stringify({ pid, ask: false })}`);
  await pause(WARM_UP_MS);
  const othersSince = watchOthers([pid, load.pid, process.pid, ...pids]);
  await pause(spec.measureMs - WARM_UP_MS);
  const others = othersSince();
  const { report, before, after } = JSON.parse(await load.line(60_000)) as {
    report: LoadReport;
    before: Usage;
    after: Usage;
  };
  if (report.errors + report.wrong > 0)
    throw new Error(`${report.errors} errors, ${report.wrong} wrong answers`);
  return { rate: report.rate, cpuUs: spent(before, after).cpuUs / report.messages, others };
}

async function watched(server: Listening): Promise<Measured> {
  const command = [process.execPath, '--input-type=module', '-e', VIEWER, new URL('events', server.lab).href];
  await using viewer = new Child('the viewer', command, LOAD_CORE);
  await viewer.line();
  return await measure(server, {}, [viewer.pid]);
}

/** Frames a second of the page, the longest wait for one, and the share of the time in which its thread was busy. */
async function frames(
  server: Listening,
): Promise<{ perSecond: number; longestMs: number; busy: number } | string> {
  const browser = await openBrowser();
  if (typeof browser === 'string') return browser;
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const load = measure(server, { rate: RATE, measureMs: 2 * FRAMES_MS, native: false });
    await pause(WARM_UP_MS);
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
    await load;
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

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '7' } } });
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
while (changes.length < Number(values.pairs) && disturbed <= DISTURBED_MAX) {
  const alone = await measure(server);
  const seen = await watched(server);
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
