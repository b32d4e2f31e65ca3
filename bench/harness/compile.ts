/** Compiles the reference servers and the Go peer into build/bench-programs, when they are newer than what is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { found, ROOT } from './which.ts';

const CACHE = join(ROOT, 'build', 'bench-programs');

/** The path of the compiled program, or why there is none. */
export type Compiled = { readonly path: string } | { readonly missing: string };

/** Compiles `bench/reference/NAME.c`. */
export function compileC(name: string): Compiled {
  const source = join(ROOT, 'bench', 'reference', `${name}.c`);
  const compiler = found('cc') ?? found('gcc');
  if (compiler === undefined) return { missing: 'apt-get install gcc libc6-dev' };
  return compile(name, source, [compiler, '-O2', '-o'], [source]);
}

/** Compiles `bench/peers/go`. */
export function compileGo(): Compiled {
  const compiler = found('go');
  if (compiler === undefined) return { missing: 'apt-get install golang-go' };
  return compile('go', join(ROOT, 'bench', 'peers', 'go', 'main.go'), [compiler, 'build', '-o'], ['main.go']);
}

function compile(
  name: string,
  source: string,
  before: readonly string[],
  after: readonly string[],
): Compiled {
  if (!existsSync(source)) return { missing: `${source} is not there` };
  const path = join(CACHE, name);
  if (existsSync(path) && statSync(path).mtimeMs > newest(dirname(source))) return { path };
  mkdirSync(CACHE, { recursive: true });
  const [program = '', ...words] = [...before, path, ...after];
  const { status, stderr } = spawnSync(program, words, { cwd: dirname(source), encoding: 'utf8' });
  return status === 0
    ? { path }
    : { missing: `it does not compile: ${stderr.trim().split('\n').slice(0, 2).join(' / ')}` };
}

function newest(directory: string): number {
  return Math.max(...readdirSync(directory).map((name) => statSync(join(directory, name)).mtimeMs));
}
