/**
 * `npm run bench:guard`: has Portico become slower? Processor time and system calls per message, as ratios to Node's own
 * sockets in the same run, against bounds that are wide enough for a machine with other work on it. Exits 1 when one is
 * passed.
 */
import { askQuestion } from './harness/ask.ts';
import type { Answer } from './harness/results.ts';
import { compared, median } from './harness/results.ts';
import type { Settings } from './harness/settings.ts';
import { FULL } from './harness/settings.ts';
import { tcpEcho64 } from './questions/tcp-echo.ts';
import { tcpLines } from './questions/tcp-lines.ts';
import { udpEcho } from './questions/udp-echo.ts';

const SETTINGS: Settings = {
  ...FULL,
  pairs: 3,
  warmUpMs: 1500,
  measureMs: 1500,
  peers: ['portico', 'node'],
};

/**
 * The most of Node's figure that Portico may need. A quiet machine gave about half of each or less; lines, whose server
 * has the shortest turns, came to 0.62 on a machine with other work.
 */
const BOUNDS = [
  { question: udpEcho, cpu: 0.6, calls: 0.3 },
  { question: tcpEcho64, cpu: 1, calls: 1.15 },
  { question: tcpLines, cpu: 0.9, calls: 0.5 },
] as const;

let passed = true;
for (const { question, ...bounds } of BOUNDS) {
  const answer = await askQuestion(question, SETTINGS, new AbortController().signal);
  hold(answer, 'CPU a message', cpuRatio(answer), bounds.cpu);
  hold(answer, 'system calls a message', callsRatio(answer), bounds.calls);
}
process.exitCode = passed ? 0 : 1;

function cpuRatio({ runs }: Answer): number | undefined {
  return median(compared(runs, 'cpu', ['portico', 'node']));
}

function callsRatio({ entries }: Answer): number | undefined {
  const [portico, node] = ['portico', 'node'].map(
    (name) => entries.find((entry) => entry.name === name)?.calls,
  );
  return portico !== undefined && node ? portico / node : undefined;
}

/** A figure that there is not, where strace is missing, is no failure; nothing measured at all is one. */
function hold({ name, runs }: Answer, what: string, figure: number | undefined, bound: number): void {
  const measured = runs.some(({ failed }) => failed === undefined);
  const held = measured && (figure === undefined || figure <= bound);
  passed &&= held;
  const verdict = figure === undefined ? 'not measured' : `${figure.toFixed(2)} of node, bound ${bound}`;
  console.log(`${held ? 'ok  ' : 'FAIL'} ${name}: ${what}: ${verdict}`);
  for (const { contestant, failed } of runs) if (failed) console.log(`     ${contestant}: ${failed}`);
}
