/** Finds programs, and asks them which version they are. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of the project: this file is compiled to build/bench/harness. */
export const ROOT: string = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a program in PATH; `undefined` when it is not installed. */
export function found(name: string): string | undefined {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    if (directory !== '' && isExecutable(path)) return path;
  }
  return undefined;
}

/** A program that an npm package for one platform carries, such as `@oven` `bun-linux-x64` `bin/bun`. */
export function foundInPackages(scope: string, prefix: string, inside: string): string | undefined {
  const directory = join(ROOT, 'node_modules', scope);
  if (!existsSync(directory)) return undefined;
  for (const name of readdirSync(directory).filter((entry) => entry.startsWith(prefix))) {
    const path = join(directory, name, inside);
    // of several builds only those for this processor and C library answer
    if (isExecutable(path) && spawnSync(path, ['--version']).status === 0) return path;
  }
  return undefined;
}

/** The first line that a program prints, such as its version; `undefined` when it fails. */
export function firstLineOf(command: readonly string[]): string | undefined {
  const [program = '', ...words] = command;
  const { status, stdout } = spawnSync(program, words, { encoding: 'utf8', cwd: ROOT });
  return status === 0 ? stdout.split('\n', 1)[0]?.trim() : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
