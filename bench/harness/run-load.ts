/** One run: a fresh server, a fresh load, the figures of the measured part. */
import { join } from 'node:path';
import type { LoadReport, LoadSpec } from '../../src/load/index.ts';
import { answered } from './answered.ts';
import { Child, LOAD_CORE, SERVER_CORE } from './child.ts';
import type { Program } from './programs.ts';
import type { Contestant, Figures, Question } from './question.ts';
import { countCalls } from './strace.ts';
import type { Usage } from './usage.ts';
import { spent } from './usage.ts';
import { ROOT } from './which.ts';

/** How long is measured. */
export interface Times {
  readonly warmUpMs: number;
  readonly measureMs: number;
}

interface LoadResult {
  readonly report: LoadReport;
  readonly before: Usage;
  readonly after: Usage;
}

/** A server and a load that are ready to begin. */
export interface Pair extends AsyncDisposable {
  readonly server: Child;
  readonly load: Child;
}

/** Measures one contestant once. */
export async function runLoad(
  question: Question,
  contestant: Contestant,
  program: Program,
  times: Times,
): Promise<Figures> {
  await using pair = await startPair(question, contestant, program, times);
  const { server, load } = pair;
  const ask = question.counts === 'server';
  load.say(`go ${JSON.stringify({ pid: server.pid, ask })}`);
  const result = JSON.parse(await load.line(times.warmUpMs + times.measureMs + 30_000)) as LoadResult;
  const counted = ask ? await countedBetween(server) : result.report.messages;
  return figures(result, counted);
}

/** Counts the system calls per message, in a run of its own: strace slows the server down. */
export async function runTraced(
  question: Question,
  contestant: Contestant,
  program: Program,
): Promise<number | undefined> {
  await using pair = await startPair(question, contestant, program, { warmUpMs: 0, measureMs: 4000 });
  const { server, load } = pair;
  load.say(`go ${JSON.stringify({ pid: server.pid, ask: false })}`);
  return await countCalls(server);
}

async function startPair(
  question: Question,
  contestant: Contestant,
  program: Program,
  times: Times,
): Promise<Pair> {
  const spec = { host: '127.0.0.1', ...question.load, ...contestant.load, ...times };
  const sends = question.kind === 'sender';
  const first = sends ? await startLoad({ ...spec, port: 0 }) : undefined;
  const server = startServer(question, contestant, program, first?.port);
  try {
    const port = Number(await server.line());
    const { load } = first ?? (await startLoad({ ...spec, port }));
    return {
      server,
      load,
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await load[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    await first?.load[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a contestant's server. */
export function startServer(
  question: Question,
  contestant: Contestant,
  program: Program,
  port?: number,
): Child {
  const words = [contestant.mode ?? question.mode, ...(port === undefined ? [] : [String(port)])];
  return new Child(contestant.name, [...program.command, ...words], SERVER_CORE, {
    ...question.env,
    ...contestant.env,
  });
}

/** Starts the load, and waits until its clients are open. */
export async function startLoad(spec: LoadSpec): Promise<{ load: Child; port: number }> {
  const file = join(ROOT, 'build', 'bench', 'load.js');
  // ten thousand connections need as many descriptors; where that is not allowed, opening them fails and says so
  const shell = ['sh', '-c', 'ulimit -n "$(ulimit -Hn)" 2>/dev/null; exec "$@"', 'sh'];
  const load = new Child('the load', [...shell, process.execPath, file, JSON.stringify(spec)], LOAD_CORE);
  try {
    const [, port = '0'] = (await load.line(60_000)).split(' ');
    return { load, port: Number(port) };
  } catch (error) {
    await load[Symbol.asyncDispose]();
    throw error;
  }
}

/** What the server counted between the two signals of the load. */
async function countedBetween(server: Child): Promise<number> {
  const [before, after] = [await answered(server), await answered(server)];
  return after - before;
}

function figures({ report, before, after }: LoadResult, messages: number): Figures {
  if (messages <= 0) {
    const { lost, wrong, errors } = report;
    throw new Error(`Nothing was answered: ${lost} lost, ${wrong} wrong, ${errors} errors`);
  }
  const { cpuUs, userUs, systemUs, waitedUs } = spent(before, after);
  const seconds = (after.atMs - before.atMs) / 1000;
  const { latencyUs } = report;
  return {
    cpu: cpuUs / messages,
    user: userUs / messages,
    system: systemUs / messages,
    ...(report.bytes > 0 ? { cpuPerKilobyte: cpuUs / (report.bytes / 1000) } : {}),
    rate: messages / seconds,
    bytesPerSecond: report.bytes / seconds,
    ...(latencyUs ? { p50: latencyUs.p50, p99: latencyUs.p99, p999: latencyUs.p999 } : {}),
    rss: after.rssBytes,
    serverBusy: cpuUs / 1e6 / seconds,
    serverWaited: waitedUs / 1e6 / seconds,
    loadBusy: report.busy,
    loadKernel: report.kernelShare,
    lost: report.lost,
    wrong: report.wrong,
  };
}
