/** What a test of the engine linux needs of this host, and the words of the skip where it is missing. */
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'vitest';
import { loadEngine } from '../../../src/engines/select.ts';

const required = process.env.PORTICO_REQUIRE_PEERS === '1';

/** Why this host can't run the engine linux; `undefined` where it can. */
export const noLinuxEngine: string | undefined = whyNot();

function whyNot(): string | undefined {
  try {
    loadEngine('linux');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Skips the test where the engine linux does not load. */
export function needLinuxEngine(context: TestContext): void {
  context.skip(noLinuxEngine !== undefined, `no engine linux: ${noLinuxEngine}`);
}

/** Skips the test where `command` does not run; with PORTICO_REQUIRE_PEERS=1 it fails instead. */
export function needProgram(context: TestContext, command: string, ...args: string[]): void {
  const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (error === undefined && status === 0) return;
  const reason = `${command} does not run here: ${error?.message ?? stderr.trim()}`;
  if (required) throw new Error(reason);
  context.skip(reason);
}

/** Skips the test where strace is missing or may not trace. */
export function needStrace(context: TestContext): void {
  needProgram(context, 'strace', '-f', '--seccomp-bpf', '-e', 'trace=getpid', '-o', '/dev/null', 'true');
}
