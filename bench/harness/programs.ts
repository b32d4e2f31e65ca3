/** The programs that are compared: how each is started, and how it is installed where it is missing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Compiled } from './compile.ts';
import { compileC, compileGo } from './compile.ts';
import { firstLineOf, found, foundInPackages, ROOT } from './which.ts';

/** The programs. */
export type ProgramName =
  | 'portico'
  | 'node'
  | 'bun'
  | 'deno'
  | 'go'
  | 'python'
  | 'udp-mmsg'
  | 'tcp-epoll'
  | 'tcp-uring'
  | 'threads'
  | 'startup';

/** A program that can be started. */
export interface Program {
  /** What is before its mode. */
  readonly command: readonly string[];
  readonly version: string | undefined;
}

/** A program, or how to get it. */
export type Search = Program | { readonly missing: string };

const PEERS_FROM_NPM = 'npm install --no-save --ignore-scripts bun deno';

const SEARCHES: Readonly<Record<ProgramName, () => Search>> = {
  portico: () => nodeProgram('servers/portico.js'),
  node: () => nodeProgram('servers/node.js'),
  startup: () => nodeProgram('servers/startup.js'),
  threads: () => nodeProgram('servers/threads.js'),
  bun: () => {
    const bun = found('bun') ?? foundInPackages('@oven', 'bun-linux-', 'bin/bun');
    return script(bun, ['--version'], [], ['bun.mjs', 'bun.js', 'bun.ts'], PEERS_FROM_NPM);
  },
  deno: () => {
    const deno = found('deno') ?? foundInPackages('@deno', 'linux-', 'deno');
    return script(
      deno,
      ['--version'],
      ['run', '--allow-all', '--quiet', '--unstable-net'],
      ['deno.mjs', 'deno.js', 'deno.ts'],
      PEERS_FROM_NPM,
    );
  },
  python: () =>
    script(found('python3'), ['--version'], [], ['python.py', 'server.py'], 'apt-get install python3'),
  go: () => compiled(compileGo(), ['go', 'version']),
  'udp-mmsg': () => compiled(compileC('udp-mmsg'), ['cc', '--version']),
  'tcp-epoll': () => compiled(compileC('tcp-epoll'), ['cc', '--version']),
  'tcp-uring': () => compiled(compileC('tcp-uring'), ['cc', '--version']),
};

const searched = new Map<ProgramName, Search>();

/** Finds or compiles the program, once. */
export function search(name: ProgramName): Search {
  const known = searched.get(name);
  if (known) return known;
  const result = SEARCHES[name]();
  searched.set(name, result);
  return result;
}

function nodeProgram(path: string): Search {
  const file = join(ROOT, 'build', 'bench', path);
  if (!existsSync(file)) return { missing: `npm run build:programs (${file} is not there)` };
  return { command: [process.execPath, file], version: `Node ${process.version}` };
}

function script(
  interpreter: string | undefined,
  versionWords: readonly string[],
  words: readonly string[],
  files: readonly string[],
  install: string,
): Search {
  const file = files.map((name) => join(ROOT, 'bench', 'peers', name)).find(existsSync);
  if (file === undefined) return { missing: `bench/peers has no ${files[0]}` };
  if (interpreter === undefined) return { missing: install };
  return { command: [interpreter, ...words, file], version: firstLineOf([interpreter, ...versionWords]) };
}

function compiled(program: Compiled, versionCommand: readonly string[]): Search {
  return 'missing' in program ? program : { command: [program.path], version: firstLineOf(versionCommand) };
}
