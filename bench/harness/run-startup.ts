/** Start-up: from the start of a program to a bound socket and its end, and the memory it has then. */
import { Child, SERVER_CORE } from './child.ts';
import type { Program } from './programs.ts';
import type { Contestant, Figures, Question } from './question.ts';
import { median } from './results.ts';

/** Starts in one run; their median is its figure. */
const STARTS = 5;

/** Measures one contestant once. */
export async function runStartup(
  question: Question,
  contestant: Contestant,
  program: Program,
): Promise<Figures> {
  const times: number[] = [];
  const memory: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const began = performance.now();
    const child = new Child(
      contestant.name,
      [...program.command, contestant.mode ?? question.mode],
      SERVER_CORE,
      contestant.env,
    );
    memory.push(Number(await child.line()));
    times.push(performance.now() - began);
    await child.ending();
  }
  return { startMs: median(times) ?? Number.NaN, rss: median(memory) ?? Number.NaN };
}
