/**
 * Sockets in worker threads, and every way in which such a thread can end: none may take the process with it.
 * reliability.md row U59, section 2 rows 30 and 38; field.md section 2; speed.md section 6.
 */
import { describe, expect, it } from 'vitest';
import { reportOf, runFixture } from './child-program.ts';
import { noLinuxEngine } from './requirements.ts';

const TIMES = 20;
/** The ends that run JavaScript in the worker, which closes its descriptors. */
const ORDERLY = ['natural', 'exit', 'throw'];

describe.skipIf(noLinuxEngine)('a worker thread with busy sockets', () => {
  it.each([...ORDERLY, 'terminate'])('ends %s 20 times and hurts nobody', async (end) => {
    const report = reportOf<{ leaked: number }>(
      await runFixture('worker-ends.mjs', [end, String(TIMES)], { timeoutMs: 55_000 }),
    );
    const errors = end === 'throw' ? TIMES : 0;
    expect(report).toMatchObject({ echoed: TIMES, errors, alive: true });
    // a few for what node keeps; a leak is one a life at least
    if (ORDERLY.includes(end)) expect(report.leaked, 'descriptors left').toBeLessThan(5);
  });

  it('is busy when the main thread exits, 20 times, and the process ends with its own code', async () => {
    for (let pair = 0; pair < TIMES; pair += 2) {
      const ended = await Promise.all([
        runFixture('worker-ends.mjs', ['main-exit']),
        runFixture('worker-ends.mjs', ['main-exit']),
      ]);
      for (const one of ended) expect(reportOf<{ echoed: number }>(one)).toEqual({ echoed: 2 });
    }
  });
});
