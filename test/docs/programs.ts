/** Compiles the TypeScript blocks, and runs a block as a program of its own. It knows nothing of Markdown. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Block } from './documents.ts';
import { root } from './documents.ts';

/** Inside the repository, so that `portico` is the package itself (its `exports`, and so `dist/`). */
const folder = `${root}build/docs/`;
/** The port of the programs in the notes; every run gets a free one in its place. */
const NOTES_PORT = '12000';
/** What a program is given to read: the line that the notes' user types. */
const KEYBOARD = 'hello, straße\n';

/** How a program ended. */
export interface Ending {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Writes each block as a file of its own and compiles all in one program; gives what the compiler complains about. */
export function compile(blocks: readonly Block[]): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const block of blocks) writeFileSync(`${folder}${nameOf(block)}.ts`, block.code);
  const files = blocks.map((block) => `${nameOf(block)}.ts`);
  const compilerOptions = { rootDir: '.', outDir: 'out', incremental: false, moduleDetection: 'force' };
  const emit = {
    noEmitOnError: false,
    emitDeclarationOnly: false,
    declaration: false,
    declarationMap: false,
  };
  const config = {
    extends: '../../tsconfig.json',
    files,
    include: [],
    compilerOptions: { ...compilerOptions, ...emit, isolatedDeclarations: false },
  };
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify(config));
  const tsc = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder], {
    encoding: 'utf8',
  });
  return tsc.stdout + tsc.stderr;
}

/** The name that compiler messages and stack traces show: `docs-guide-md-17`. */
function nameOf({ file, line }: Block): string {
  return `${file.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${line}`;
}

/** Runs a client block beside a server block; the server begins with a line when it is ready. */
export async function runPair(server: Block, client: Block): Promise<Ending> {
  const port = String(await freePort());
  const serving = start(server, port);
  const errors = gather(serving.stderr);
  try {
    const ready = createInterface({ input: serving.stdout as NodeJS.ReadableStream });
    await Promise.race([once(ready, 'line'), once(serving, 'exit')]);
    const ending = await run(client, port);
    return { ...ending, errors: ending.errors + errors.now() };
  } finally {
    serving.kill('SIGKILL');
  }
}

/** Runs a block to its end. */
export async function run(block: Block, port: string = NOTES_PORT): Promise<Ending> {
  const child = start(block, port);
  const output = gather(child.stdout);
  const errors = gather(child.stderr);
  const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [status] = (await once(child, 'close')) as [number | null];
  clearTimeout(limit);
  return { status, output: output.now(), errors: errors.now() };
}

function start(block: Block, port: string): ChildProcess {
  const env = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined };
  const child =
    block.language === 'python'
      ? spawn('python3', ['-u', '-c', block.code.replaceAll(NOTES_PORT, port)], { env })
      : spawn(process.execPath, [script(block, port)], { cwd: root, env });
  child.stdin?.on('error', () => {}); // a program that reads nothing may have ended already
  child.stdin?.end(KEYBOARD);
  return child;
}

function script(block: Block, port: string): string {
  const compiled = `${folder}out/${nameOf(block)}.js`;
  if (port === NOTES_PORT) return compiled;
  const copy = `${folder}out/${nameOf(block)}-${port}.js`;
  writeFileSync(copy, readFileSync(compiled, 'utf8').replaceAll(NOTES_PORT, port));
  return copy;
}

function gather(stream: NodeJS.ReadableStream | null): { now(): string } {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return { now: () => text };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
