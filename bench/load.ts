/**
 * The load of a benchmark, as a program of its own: `load.js SPEC`, SPEC a `LoadSpec` in JSON. It says `ready PORT`, waits
 * for the line `go {"pid":…}` on its standard input, and ends with its report and what the server used meanwhile.
 */
import { readSync } from 'node:fs';
import type { LoadReport, LoadSpec } from '../src/load/index.ts';
import { runLoad } from '../src/load/index.ts';
import type { Usage } from './harness/usage.ts';
import { readUsage, tell } from './harness/usage.ts';

/** What the harness says when the server runs. */
interface Go {
  readonly pid: number;
  /** Whether the server shall say what it counted, at both ends of the measured part. */
  readonly ask: boolean;
}

function readGo(): Go {
  const buffer = Buffer.alloc(4096);
  let text = '';
  while (!text.includes('\n')) {
    const length = readSync(0, buffer);
    if (length === 0) process.exit(1);
    text += buffer.toString('utf8', 0, length);
  }
  return JSON.parse(text.replace(/^go /, '')) as Go;
}

const spec = JSON.parse(process.argv[2] ?? '') as LoadSpec;
let go: Go = { pid: 0, ask: false };
const usages: Usage[] = [];

function sample(): void {
  if (go.ask) process.kill(go.pid, 'SIGUSR2');
  usages.push(readUsage(go.pid));
}

function answer(report: LoadReport): void {
  tell(JSON.stringify({ report, before: usages[0], after: usages[1] }));
  process.exit(0);
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

const hooks = {
  onReady: (port: number) => {
    tell(`ready ${port}`);
    go = readGo();
  },
  onBegin: sample,
  onEnd: sample,
};
await runLoad(spec, hooks).then(answer, fail);
