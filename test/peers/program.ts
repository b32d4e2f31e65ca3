/**
 * A program that a test talks to: started, listened to, ended by its process id. Every wait is bounded, so that a
 * peer that never answers fails its test with what it has printed.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The longest wait for anything that a peer does. No test measures it: it ends a wait that would have no end. */
const HANG_MS = 20_000;
/** How long a program that was asked to end may take before it is ended. */
const END_MS = 3_000;

const root = new URL('../../', import.meta.url);
const running = new Set<ChildProcessWithoutNullStreams>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A file of the repository, as a path. */
export function fileOf(path: string): string {
  return fileURLToPath(new URL(path, root));
}

/** How a program ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a program is started with. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** All that it may read; its standard input stays open when left out. */
  readonly input?: string | Uint8Array;
}

/** A running program. */
export class Program {
  readonly #command: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<End>;
  readonly #listeners = new Set<() => void>();
  #end: End | undefined;
  #stdout: Buffer[] = [];
  #stderr: Buffer[] = [];

  static start(command: string, args: readonly string[], options: ProgramOptions = {}): Program {
    return new Program(command, args, options);
  }

  /** Starts a program, gives it `input` and waits for its end. */
  static async run(command: string, args: readonly string[], options: ProgramOptions = {}): Promise<Program> {
    const program = new Program(command, args, { input: '', ...options });
    await program.ended();
    return program;
  }

  private constructor(command: string, args: readonly string[], { env, input }: ProgramOptions) {
    this.#command = [command, ...args].join(' ');
    this.#child = spawn(command, args, {
      cwd: fileOf('.'),
      env: { ...process.env, LC_ALL: 'C.UTF-8', PYTHONUTF8: '1', PYTHONUNBUFFERED: '1', ...env },
    });
    running.add(this.#child);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#heard(this.#stdout, chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => this.#heard(this.#stderr, chunk));
    // a peer that has gone reads no more; its end says why
    this.#child.stdin.on('error', () => {});
    this.#ended = this.#watchEnd();
    if (input !== undefined) this.#child.stdin.end(input);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has printed so far, as bytes. */
  get bytes(): Buffer {
    return Buffer.concat(this.#stdout);
  }

  /** What it has printed so far, as text. */
  get stdout(): string {
    return this.bytes.toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  /** Types something on its keyboard. */
  write(data: string | Uint8Array): void {
    this.#child.stdin.write(data);
  }

  /** Ends its standard input. */
  endInput(data: string | Uint8Array = ''): void {
    this.#child.stdin.end(data);
  }

  /** Waits until it has printed something that matches, on either stream. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(
      () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr) ?? undefined,
      `${pattern}`,
    );
  }

  /** Waits until `find` finds something in what it has printed. */
  async until<T>(find: () => T | undefined, what: string): Promise<T> {
    const { promise, resolve, reject } = deferred<T>();
    const look = () => {
      const found = find();
      if (found !== undefined) resolve(found);
      else if (this.#end) reject(this.#failure(`ended without ${what}`));
    };
    const timer = setTimeout(() => reject(this.#failure(`did not come to ${what}`)), HANG_MS);
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  /** Waits for its end; throws when it does not end, or not with exit code 0. */
  async ended(): Promise<this> {
    const end = await this.until(() => this.#end, 'its end');
    if (end.code !== 0) throw this.#failure(`ended with ${end.signal ?? `code ${end.code}`}`);
    return this;
  }

  /** Sends a signal to it, and to nothing else. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.destroy();
    if (this.#end === undefined) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  async #watchEnd(): Promise<End> {
    const end = await Promise.race([
      once(this.#child, 'close').then(([code, signal]): End => ({ code, signal })),
      once(this.#child, 'error').then(([error]): End => {
        this.#stderr.push(Buffer.from(String(error)));
        return { code: 127, signal: null };
      }),
    ]).catch((error): End => {
      this.#stderr.push(Buffer.from(String(error)));
      return { code: 127, signal: null };
    });
    this.#end = end;
    running.delete(this.#child);
    for (const listener of this.#listeners) listener();
    return end;
  }

  #heard(stream: Buffer[], chunk: Buffer): void {
    stream.push(chunk);
    for (const listener of this.#listeners) listener();
  }

  #failure(what: string): Error {
    const tail = (text: string) => text.slice(-2000);
    return new Error(
      `${this.#command}: ${what}\n--- stdout\n${tail(this.stdout)}\n--- stderr\n${tail(this.stderr)}`,
    );
  }
}

function deferred<T>(): { promise: Promise<T>; resolve(value: T): void; reject(reason: unknown): void } {
  let settle: Pick<ReturnType<typeof deferred<T>>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...(settle as NonNullable<typeof settle>) };
}

/** Starts one of our own programs, on one engine. */
export function ours(
  engine: string,
  script: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Program {
  return Program.start(process.execPath, [fileOf(script), ...args], {
    ...options,
    env: { ...options.env, PORTICO_ENGINE: engine },
  });
}

/** Starts `portico serve` on one engine, at a free port. */
export async function serve(
  engine: string,
  args: readonly string[],
): Promise<{ server: Program; port: string }> {
  const server = ours(engine, 'dist/cli/main.js', ['serve', ...args, '--port', '0', '--json']);
  const [, port = ''] = await server.said(/"event":"listening".*"port":(\d+)/);
  return { server, port };
}
