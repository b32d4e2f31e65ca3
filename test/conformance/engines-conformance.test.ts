/** Every case on every engine of this host. A failure prints the seed with which `portico conformance --seed` repeats it. */
import { readdirSync, readlinkSync } from 'node:fs';
import { conformanceCases, runConformance } from 'portico/testing';
import { describe, expect, it } from 'vitest';
import { engines } from './engines.ts';

/** How many sockets this process has open. */
function openSockets(): number {
  if (process.platform !== 'linux') return 0;
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return targets.filter((target) => target.startsWith('socket:')).length;
}

it('there is an engine to test', () => {
  expect(engines.length).toBeGreaterThan(0);
});

for (const engine of engines) {
  // the first sockets of an engine may open what it keeps
  await runConformance(engine, { filter: ({ name }) => name.startsWith('close() twice') });
  const before = openSockets();
  // one run for all, so that what an engine needs is looked for once; each case is a test of its own in the report
  const report = await runConformance(engine);
  const after = openSockets();

  describe(`engine ${engine}, seed ${report.seed}`, () => {
    for (const { name, verdict, reason } of report.results) {
      it(name, (context) => {
        if (verdict === 'skipped') context.skip(reason);
        expect(reason).toBe('');
      });
    }

    it('has a verdict for every case', () => {
      expect(report.results.map(({ name }) => name)).toEqual(conformanceCases.map(({ name }) => name));
    });

    // as a user without rights some are refused with EPERM
    it.runIf(engine === 'linux')('refuses no option of the table', () => {
      const refused = report.results.filter(({ note }) => note.includes('ENOPROTOOPT'));
      expect(refused.map(({ name }) => name)).toEqual([]);
    });

    it('leaves no socket open (U58, T32)', () => {
      expect(after).toBe(before);
    });
  });
}
