/** Asks one question: every contestant once a round, in turn, so that a drift of the machine meets all alike. */

import { ChildError } from './child.ts';
import type { Program } from './programs.ts';
import { search } from './programs.ts';
import { say } from './progress.ts';
import type { Contestant, Figures, Question } from './question.ts';
import { SUBJECT } from './question.ts';
import type { Answer, Entry, Run } from './results.ts';
import { outcomes } from './results.ts';
import { runIdle } from './run-idle.ts';
import { runLoad, runTraced } from './run-load.ts';
import { runStartup } from './run-startup.ts';
import type { Settings } from './settings.ts';

/** The exit code of a program that does not have the mode. */
const NO_SUCH_MODE = 3;

interface Ready {
  readonly contestant: Contestant;
  readonly program: Program;
}

/**
 * Asks it. `signal` ends it early, with what there is; after `until`, in `performance.now()`, no further round begins.
 */
export async function askQuestion(
  question: Question,
  settings: Settings,
  signal: AbortSignal,
  until: number = Number.POSITIVE_INFINITY,
): Promise<Answer> {
  const entries: Entry[] = [];
  const runs: RunOnce[] = [];
  let ready = chosen(question, settings).flatMap((contestant) => prepare(contestant, entries));
  for (let round = 1; round <= settings.pairs && !(round > 1 && performance.now() > until); round += 1) {
    for (const { contestant, program } of ready) {
      if (signal.aborted) break;
      say(`${question.name}: round ${round} of ${settings.pairs}, ${contestant.name}`);
      const run = await runOnce(question, contestant, program, settings, round);
      if (signal.aborted) break;
      runs.push(run);
      if (run.failed !== undefined) say(`${question.name}: ${contestant.name}: ${run.failed}`, true);
      if (run.noSuchMode) ready = ready.filter((other) => other.contestant !== contestant);
    }
  }
  const counted = settings.countsCalls ? await callsOf(question, ready, signal) : new Map<string, number>();
  return {
    name: question.name,
    title: question.title,
    ...(question.note === undefined ? {} : { note: question.note }),
    metrics: question.metrics,
    entries: entries.map((entry) => {
      const calls = counted.get(entry.name);
      return calls === undefined ? entry : { ...entry, calls };
    }),
    runs: runs.map(({ noSuchMode, ...run }) => run),
    outcomes: outcomes(question.targets, runs),
  };
}

function chosen({ contestants, targets }: Question, settings: Settings): readonly Contestant[] {
  const { peers, targetsOnly } = settings;
  const named = new Set(targets.flatMap(({ contestant = SUBJECT, against }) => [contestant, against]));
  return contestants.filter(
    ({ name }) => (peers.length === 0 || peers.includes(name)) && (!targetsOnly || named.has(name)),
  );
}

/** Finds the program; one that is missing is an entry that says how to get it. */
function prepare(contestant: Contestant, entries: Entry[]): Ready[] {
  const { name, program: programName } = contestant;
  const program = search(programName);
  if ('missing' in program) {
    say(`${name} is left out: ${program.missing}`, true);
    entries.push({ name, program: programName, missing: program.missing });
    return [];
  }
  entries.push({ name, program: programName, version: program.version });
  return [{ contestant, program }];
}

interface RunOnce extends Run {
  readonly noSuchMode?: boolean;
}

async function runOnce(
  question: Question,
  contestant: Contestant,
  program: Program,
  settings: Settings,
  round: number,
): Promise<RunOnce> {
  const run = { contestant: contestant.name, round };
  try {
    return { ...run, figures: await measure(question, contestant, program, settings) };
  } catch (error) {
    const failed = (error as Error).message;
    const noSuchMode = error instanceof ChildError && error.exitCode === NO_SUCH_MODE;
    return { ...run, figures: {}, failed: noSuchMode ? 'it has no such mode' : failed, noSuchMode };
  }
}

function measure(
  question: Question,
  contestant: Contestant,
  program: Program,
  settings: Settings,
): Promise<Figures> {
  switch (question.kind) {
    case 'load':
    case 'sender':
      return runLoad(question, contestant, program, settings);
    case 'idle':
      return runIdle(question, contestant, program, settings.idleConnections);
    case 'startup':
      return runStartup(question, contestant, program);
  }
}

async function callsOf(
  question: Question,
  ready: readonly Ready[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  // streams in bulk have no messages
  if (question.kind !== 'load' || ['source', 'sink'].includes(question.load.shape)) return counted;
  for (const { contestant, program } of ready) {
    if (signal.aborted) break;
    say(`${question.name}: system calls, ${contestant.name}`);
    const calls = await runTraced(question, contestant, program).catch(() => undefined);
    if (calls !== undefined) counted.set(contestant.name, calls);
  }
  return counted;
}
