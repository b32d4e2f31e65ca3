/*
 * Builds dist/ once before the tests, because some of them start the programs that a user starts
 * (dist/cli/main.js), and build/ with the examples, for Node 20 runs no TypeScript (build/examples/NAME.js). A build with
 * nothing to do takes about a second. PORTICO_PREBUILT=1 takes dist/ as it is: for a copy of the tree in which a
 * dependency was removed on purpose, and which can't be compiled.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const TSC = 'node_modules/typescript/bin/tsc';

/** Builds dist/, or checks that it is there; a failure stops the whole run. */
export function setup(): void {
  if (process.env.PORTICO_PREBUILT === '1') {
    if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
      throw new Error('PORTICO_PREBUILT is 1, but dist/index.js is not there');
    }
    return;
  }
  run(TSC);
  run('scripts/bundle.mjs');
  run('scripts/bundle-lab.mjs');
  if (existsSync(new URL('../examples', import.meta.url))) run(TSC, '-p', 'tsconfig.programs.json');
}

/** Runs a step of the build; throws what it printed when it fails. */
function run(...program: string[]): void {
  const build = spawnSync(process.execPath, program, { cwd: root, encoding: 'utf8' });
  if (build.status !== 0) {
    throw new Error(`The build failed with status ${build.status}\n${build.stdout}${build.stderr}`);
  }
}
