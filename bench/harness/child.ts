/** Programs that the harness starts: on one core where there are two, read line by line, and ended without fail. */
import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { found } from './which.ts';

/** Whether the server and the load have a core each. */
export const PINNED: boolean =
  process.platform === 'linux' && cpus().length > 1 && found('taskset') !== undefined;
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** How long a program may take to say its first line, and to end when it is asked to. */
const LINE_MS = 20_000;
const END_MS = 2000;
/** How much of its complaints is kept. */
const COMPLAINT_CHARACTERS = 2000;

const running = new Set<Child>();

/** Why a program did not do what it was asked for. */
export class ChildError extends Error {
  override readonly name: string = 'ChildError';
  readonly exitCode: number | null;

  constructor(message: string, exitCode: number | null) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A program that runs; its name is for messages. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #name: string;
  readonly #lines: string[] = [];
  #complaint = '';
  #ended: Promise<void>;
  #wake: () => void = () => {};

  constructor(
    name: string,
    command: readonly string[],
    core: number | undefined,
    env: Readonly<Record<string, string>> = {},
  ) {
    const pinned = core === undefined || !PINNED ? command : ['taskset', '-c', String(core), ...command];
    const [program = '', ...words] = pinned;
    this.#name = name;
    this.#process = spawn(program, words, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    this.#process.stdin.on('error', () => undefined);
    this.#process.on('error', (error) => this.#complain(`${error.message}\n`));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => this.#complain(text));
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#ended = once(this.#process, 'close').then(
      () => undefined,
      () => undefined,
    );
    void this.#ended.then(() => {
      running.delete(this);
      this.#wake();
    });
    running.add(this);
  }

  /** taskset and sh replace themselves by the program, so this is its number. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Its next line; throws when it ends or says nothing for too long. */
  async line(timeoutMs: number = LINE_MS): Promise<string> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (this.#isOver()) throw this.#failure('ended');
      if (performance.now() >= until) throw this.#failure(`said nothing for ${timeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - performance.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Says a line to it. */
  say(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Waits for its end; throws when it failed. */
  async ending(): Promise<void> {
    await this.#ended;
    if (this.#process.exitCode !== 0) throw this.#failure('failed');
  }

  /** Asks it to end, and makes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends it now. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #isOver(): boolean {
    return (
      this.#process.exitCode !== null || this.#process.signalCode !== null || this.#process.pid === undefined
    );
  }

  #complain(text: string): void {
    this.#complaint = (this.#complaint + text).slice(-COMPLAINT_CHARACTERS);
  }

  #failure(what: string): ChildError {
    const { exitCode, signalCode } = this.#process;
    const how = signalCode ?? (exitCode === null ? '' : `exit ${exitCode}`);
    const why = this.#complaint.trim().split('\n').slice(-3).join(' ');
    return new ChildError([`${this.#name} ${what}`, how, why].filter(Boolean).join(': '), exitCode);
  }
}

/** Ends every program that still runs: after Ctrl-C. */
export function killAll(): void {
  for (const child of running) child.kill();
}
