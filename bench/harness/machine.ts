/** The machine, the software and the state of the sources. */
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { PINNED } from './child.ts';
import type { Machine } from './results.ts';
import { ROOT } from './which.ts';

/** Describes them. */
export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    node: process.version,
    commit: git('rev-parse', '--short=10', 'HEAD'),
    dirty: (git('status', '--porcelain') ?? '') !== '',
    pinned: PINNED,
    load: loadavg()
      .map((value) => value.toFixed(2))
      .join(' '),
  };
}

function git(...words: string[]): string | undefined {
  try {
    return execFileSync('git', words, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
