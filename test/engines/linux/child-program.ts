/** Starts a program of test/fixtures on the built package, waits for its end, and reads the JSON that it prints. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to put around the program. */
export interface ChildOptions {
  /** A command that starts the program, such as strace with its options. */
  readonly under?: readonly string[];
  /** Options of node. */
  readonly node?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** When to kill it. */
  readonly timeoutMs?: number;
}

/** The path of a fixture. */
function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
}

/**
 * V8 compiles on the program's own thread: node can otherwise stand still for ever when it ends while another thread
 * compiles and waits for room in the heap. https://github.com/nodejs/node/issues/54918, seen with Node 26.
 */
const COMPILE_HERE = '--single-threaded';

/** Runs a fixture to its end. */
export function runFixture(
  name: string,
  args: readonly string[],
  { under = [], node = [], ...options }: ChildOptions = {},
): Promise<Ended> {
  return runProgram([...under, process.execPath, COMPILE_HERE, ...node, fixturePath(name), ...args], options);
}

/** Runs a command to its end, and kills all its processes when it takes too long. */
function runProgram(command: readonly string[], options: ChildOptions = {}): Promise<Ended> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    env: { ...process.env, PORTICO_ENGINE: 'linux', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    // strace does not hand the signal on: the group dies as a whole
    const timer = setTimeout(
      () => child.pid && process.kill(-child.pid, 'SIGKILL'),
      options.timeoutMs ?? 30_000,
    );
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** The JSON of the last line that the program printed; an error with all that it said where it did not end well. */
export function reportOf<T>(ended: Ended): T {
  const last = ended.stdout.trim().split('\n').at(-1) ?? '';
  if (ended.code !== 0 || !last.startsWith('{')) {
    throw new Error(
      `The program ended with ${ended.signal ?? ended.code}\n${ended.stdout.slice(-4000)}\n${ended.stderr.slice(-4000)}`,
    );
  }
  return JSON.parse(last) as T;
}
