/** Starts a program with pipes for its three streams, waits for what it prints, and never leaves it running. */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The command line as a user starts it. */
const MAIN = `${ROOT}/dist/cli/main.js`;

/** How a program ended. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start it. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** The user to run as; only root may say. */
  readonly uid?: number;
}

/** A running program. */
export class Program implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<unknown>;

  constructor(command: string, args: readonly string[], options: StartOptions = {}) {
    const { env, ...rest } = options;
    this.#child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, ...rest });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    // a program that ends early may leave its input unread
    this.#child.stdin.on('error', () => undefined);
    this.#ended = once(this.#child, 'close');
  }

  /** Writes to its standard input. */
  write(text: string | Uint8Array): this {
    this.#child.stdin.write(text);
    return this;
  }

  /** Ends its standard input. */
  end(): this {
    this.#child.stdin.end();
    return this;
  }

  /** Stops reading what it prints, as `head` does when it has enough. */
  closeOutput(): void {
    this.#child.stdout.destroy();
  }

  /** Sends it a signal. */
  signal(name: NodeJS.Signals): this {
    this.#child.kill(name);
    return this;
  }

  /** Waits until it has printed `pattern`. */
  async printed(pattern: RegExp, stream: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match) return match;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`The program ended without ${pattern}:\n${this.stdout}\n${this.stderr}`);
      }
      await Promise.race([once(this.#child[stream], 'data'), this.#ended]);
    }
  }

  /** Waits for its end. */
  async ending(): Promise<Ending> {
    await this.#ended;
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Starts `portico` with these arguments. */
export function portico(args: readonly string[], options?: StartOptions): Program {
  return new Program(process.execPath, [MAIN, ...args], options);
}

/** Runs `portico` to its end with `input` on its standard input. */
export async function run(
  args: readonly string[],
  input: string | Uint8Array = '',
  options?: StartOptions,
): Promise<Ending> {
  await using program = portico(args, options);
  program.write(input).end();
  return await program.ending();
}

/** Starts a compiled example. */
export function example(name: string, args: readonly string[] = []): Program {
  return new Program(process.execPath, [`${ROOT}/build/examples/${name}.js`, ...args]);
}

/** The JSON values that a program printed, one a line. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** A server of ours on a free port, listening. */
export async function startServe(args: readonly string[] = []): Promise<{ server: Program; port: string }> {
  const server = portico(['serve', '--port', '0', '--json', ...args]);
  const [, port = ''] = await server.printed(/"listening".*?"port":(\d+)/);
  return { server, port };
}

/** Skips the test when a program is not installed; with PORTICO_REQUIRE_PEERS=1 it fails instead. */
export function needsPeer(context: TestContext, command: string): void {
  const found = spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
  if (found) return;
  if (process.env.PORTICO_REQUIRE_PEERS === '1') throw new Error(`${command} is not installed`);
  context.skip(`${command} is not installed`);
}
