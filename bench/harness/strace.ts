/** System calls per message, as strace(1) counts them for a while. */
import { ask } from './answered.ts';
import type { Child } from './child.ts';
import { Child as Program } from './child.ts';
import { found } from './which.ts';

const SETTLE_MS = 500;
const TRACE_MS = 1200;

/** Attaches strace to the server for a moment; `undefined` where there is no strace or it may not. */
export async function countCalls(server: Child): Promise<number | undefined> {
  const strace = found('strace');
  if (strace === undefined) return undefined;
  await sleep(SETTLE_MS);
  const before = await ask(server);
  await using tracer = new Program(
    'strace',
    ['sh', '-c', `exec ${strace} -c -f -p ${server.pid} 2>&1`],
    undefined,
  );
  await sleep(TRACE_MS);
  tracer.signal('SIGINT');
  const calls = await totalOf(tracer);
  const after = await ask(server);
  return calls === undefined || after === before ? undefined : calls / (after - before);
}

/** Reads the last line of strace's table: `100.00 0.012 2 5821 3 total`. */
async function totalOf(tracer: Program): Promise<number | undefined> {
  for (;;) {
    const line = await tracer.line(5000).catch(() => undefined);
    if (line === undefined) return undefined;
    const [, calls] = /^\s*100[.,]\d+\s+\S+\s+\S+\s+(\d+)\s.*total$/.exec(line) ?? [];
    if (calls !== undefined) return Number(calls);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
