/** What an idle connection costs the server: resident bytes with them open, less those before. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './programs.ts';
import type { Contestant, Figures, Question } from './question.ts';
import { startLoad, startServer } from './run-load.ts';
import { residentBytes } from './usage.ts';

/** How long the server may come to rest before its memory is read. */
const REST_MS = 1000;
const HOLD_MS = 120_000;

/** Descriptors that a server has for other things. */
const SPARE_FILES = 200;

/** Measures one contestant once. */
export async function runIdle(
  question: Question,
  contestant: Contestant,
  program: Program,
  asked: number,
): Promise<Figures> {
  const connections = Math.min(asked, openFilesMax() - SPARE_FILES);
  await using server = startServer(question, contestant, program);
  const port = Number(await server.line());
  const hold = { host: '127.0.0.1', ...question.load, port, warmUpMs: 0, measureMs: HOLD_MS };
  // a first hundred, so that what is made once (code, pools) is not counted
  await settle(await startLoad({ ...hold, connections: 100 }));
  const before = residentBytes(server.pid);
  const { load } = await startLoad({ ...hold, connections });
  await using _ = load;
  await sleep(REST_MS);
  const rss = residentBytes(server.pid);
  return { connections, rss, rssPerConnection: (rss - before) / connections };
}

async function settle({ load }: { load: AsyncDisposable }): Promise<void> {
  await load[Symbol.asyncDispose]();
  await sleep(REST_MS);
}

/** How many descriptors a program may have: Node raises its own limit to this, and those that it starts inherit it. */
function openFilesMax(): number {
  const [, limit = '1024'] =
    /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return Number(limit);
}
