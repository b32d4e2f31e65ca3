/**
 * System calls that a filter (seccomp) does not let through: the engine does without. reliability.md row U38, section 2
 * row 25.
 */
import { describe, expect, it } from 'vitest';
import { reportOf, runFixture } from './child-program.ts';
import { needStrace, noLinuxEngine } from './requirements.ts';

const MISSING = [['recvmmsg'], ['sendmmsg'], ['recvmmsg', 'sendmmsg']] as const;
const CASES = MISSING.flatMap((calls) => (['ENOSYS', 'EPERM'] as const).map((code) => ({ calls, code })));

describe.skipIf(noLinuxEngine)('system calls that are missing', () => {
  it.for(CASES)('$calls ($code): every echo comes, and nothing spins', async ({ calls, code }, context) => {
    needStrace(context);
    const inject = calls.flatMap((call) => ['-e', `inject=${call}:error=${code}`]);
    const under = [
      'strace',
      '-f',
      '--seccomp-bpf',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${calls.join(',')}`,
      ...inject,
    ];
    const report = reportOf<{ idleCpuMs: number }>(await runFixture('echo-20.mjs', [], { under }));
    expect(report).toMatchObject({ single: 20, burst: 20, batch: 20, many: 20, idle: 'ETIMEDOUT' });
    // 5 % of the 500 ms that it waits
    expect(report.idleCpuMs).toBeLessThan(25);
  });
});
