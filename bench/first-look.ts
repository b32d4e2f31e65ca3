/**
 * A first look at speed: processor time of the server per message of 64 bytes, Portico's awaited loops beside
 * `node:dgram` and `node:net`, taken in turn in one run, the server alone on one core. Run it with
 * `npm run bench`; the benchmark suite with more peers comes later.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const PAIRS = Number(process.argv[2] ?? 7);
const WARM_UP_MS = 3000;
const MEASURE_MS = 4000;

interface Question {
  readonly name: string;
  readonly load: readonly string[];
  readonly portico: string;
  readonly peer: string;
}

const QUESTIONS: readonly Question[] = [
  {
    name: 'UDP echo, 16 clients x window 32',
    load: ['udp', '16', '32'],
    portico: 'portico-udp',
    peer: 'dgram',
  },
  { name: 'TCP echo, 64 connections', load: ['tcp', '64', '1'], portico: 'portico-tcp', peer: 'net' },
];

interface Sample {
  readonly answered: number;
  readonly cpu: NodeJS.CpuUsage;
}

/** Starts a program of this folder on one core, where the host has more than one and `taskset`. */
function start(core: number, program: string, ...words: string[]): ChildProcess {
  const path = new URL(program, import.meta.url).pathname;
  const pinned = process.platform === 'linux' && cpus().length > 1;
  return pinned
    ? fork(path, words, { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath] })
    : fork(path, words);
}

async function sample(server: ChildProcess): Promise<Sample> {
  server.send('sample');
  const [answer] = (await once(server, 'message')) as [Sample];
  return answer;
}

/** Microseconds of the server's processor time per message. */
async function measure(mode: string, [transport = '', ...rest]: readonly string[]): Promise<number> {
  const server = start(0, 'echo-server.js', mode);
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  const load = start(1, 'echo-load.js', transport, String(port), ...rest);
  await sleep(WARM_UP_MS);
  const before = await sample(server);
  await sleep(MEASURE_MS);
  const after = await sample(server);
  for (const child of [load, server]) {
    child.disconnect();
    await once(child, 'exit');
  }
  const used = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  return used / (after.answered - before.answered);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

console.log(
  `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, ${PAIRS} pairs, server CPU in µs a message`,
);
for (const { name, load, portico, peer } of QUESTIONS) {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    ours.push(await measure(portico, load));
    theirs.push(await measure(peer, load));
    process.stderr.write(`\r${name}: pair ${pair + 1} of ${PAIRS} `);
  }
  const ratios = theirs.map((value, index) => value / (ours[index] ?? Number.NaN));
  process.stderr.write('\r');
  console.log(
    `${name}: portico ${median(ours).toFixed(2)}, node:${peer} ${median(theirs).toFixed(2)}, ` +
      `${median(ratios).toFixed(2)} times better (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`,
  );
}
