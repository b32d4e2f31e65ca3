/** Starts the server of test/fixtures/load-server.mjs, and reads what it counted. */
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { nativeLibc } from '../../src/load/linux/run.ts';
import type { LoadSpec } from '../../src/load/spec.ts';
import { Program } from '../cli/program.ts';

const FILE = fileURLToPath(new URL('../fixtures/load-server.mjs', import.meta.url));

/** What a server misbehaves in. */
export type Way =
  | 'good'
  | 'stalls'
  | 'loses'
  | 'echoes'
  | 'shortens'
  | 'doubles'
  | 'hangs-up'
  | 'writes'
  | 'reads';

/** A server that runs. */
export class LoadServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  static async start(transport: 'udp' | 'tcp', way: Way = 'good'): Promise<LoadServer> {
    const program = new Program(process.execPath, [FILE, transport, way]);
    const [, port = '0'] = await program.printed(/^(\d+)$/m);
    return new LoadServer(program, Number(port));
  }

  /** Ends it, and gives what it counted. */
  async end(): Promise<{ answered: number; opened: number }> {
    this.#program.end();
    const { stdout } = await this.#program.ending();
    const [, answered, opened] = /answered (\d+) opened (\d+)/.exec(stdout) ?? [];
    return { answered: Number(answered), opened: Number(opened) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}

/** A short load on it, to be completed. */
export function specFor(server: LoadServer, more: Partial<LoadSpec> & Pick<LoadSpec, 'transport'>): LoadSpec {
  return {
    shape: 'echo',
    host: '127.0.0.1',
    port: server.port,
    connections: 4,
    window: 4,
    bytes: 64,
    warmUpMs: 0,
    measureMs: 400,
    ...more,
  };
}

/** Skips the test where the generator can't drive the kernel. */
export function needsNative(context: TestContext, native: boolean): void {
  if (native && !nativeLibc()) context.skip('the native generator needs Linux and koffi');
}
