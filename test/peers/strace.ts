/** strace as a judge: runs one of our programs under it and reads what the program asked of the kernel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineName } from 'portico';
import { temporaryDirectory } from './doors.ts';
import { fileOf, Program } from './program.ts';

/** One system call. */
export interface Call {
  /** The thread that made it. */
  readonly thread: number;
  readonly name: string;
  /** The arguments as strace writes them: `12<TCP:[127.0.0.1:1->127.0.0.1:2]>, "x", 1, 0`. */
  readonly arguments: string;
  readonly result: string;
}

/** A program under strace. */
export class Traced {
  readonly program: Program;
  readonly #file: string;

  private constructor(program: Program, file: string) {
    this.program = program;
    this.#file = file;
  }

  /** Starts a fixture; `calls` is what strace calls an expression: `%network,openat`. */
  static start(
    strace: string,
    engine: EngineName,
    calls: string,
    fixture: string,
    args: readonly string[] = [],
  ): Traced {
    const file = join(temporaryDirectory(), 'trace');
    const script = fileOf(`test/peers/fixtures/${fixture}`);
    const options = ['-f', '-yy', '-e', `trace=${calls}`, '-e', 'signal=none', '-o', file];
    const program = Program.start(strace, [...options, process.execPath, script, ...args], {
      env: { PORTICO_ENGINE: engine },
    });
    return new Traced(program, file);
  }

  /** What a server of ours says first. */
  async listening(): Promise<{ port: number; pid: number }> {
    const [line] = await this.program.said(/^\{.*\}$/m);
    return JSON.parse(line);
  }

  /** Waits for the program's end and reads its calls. */
  async calls(): Promise<Call[]> {
    this.program.endInput();
    await this.program.ended();
    return parseTrace(readFileSync(this.#file, 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** Reads a trace; a call that another thread interrupted on paper is put together again. */
function parseTrace(text: string): Call[] {
  const unfinished = new Map<number, string>();
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const thread = Number(pid);
    if (rest.endsWith('<unfinished ...>')) {
      unfinished.set(thread, rest.slice(0, -'<unfinished ...>'.length).trimEnd());
      continue;
    }
    const whole = rest.replace(/^<\.\.\. \w+ resumed>/, () => unfinished.get(thread) ?? '');
    const [, name, args, result] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? [];
    if (name !== undefined && args !== undefined && result !== undefined)
      calls.push({ thread, name, arguments: args, result });
  }
  return calls;
}

/** How often each call was made on a descriptor that matches, such as `<UDP:`. */
export function countsOn(calls: readonly Call[], descriptor: RegExp): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls) {
    const first = /^\d+<.*?>(?=,|$)/.exec(call.arguments)?.[0] ?? '';
    if (descriptor.test(first)) counts[call.name] = (counts[call.name] ?? 0) + 1;
  }
  return counts;
}
