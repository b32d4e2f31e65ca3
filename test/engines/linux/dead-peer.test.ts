/** Writing to a peer that is gone: an error on the call, never a SIGPIPE, never an exit. reliability.md row T19, section 2 row 39. */
import { describe, expect, it } from 'vitest';
import { reportOf, runFixture } from './child-program.ts';
import { noLinuxEngine } from './requirements.ts';

describe.skipIf(noLinuxEngine)('a peer that is gone', () => {
  it('gives EPIPE or ECONNRESET to 1,000 sends in every way, and no SIGPIPE', async () => {
    const report = reportOf<{ codes: Record<string, Record<string, number>>; signals: number }>(
      await runFixture('dead-peer.mjs', []),
    );
    expect(report.signals).toBe(0);
    for (const [way, codes] of Object.entries(report.codes)) {
      // datagrams queue up to a batch of 64, of which the next call shows the first error
      const datagrams = way.startsWith('unix datagram');
      const allowed = datagrams ? ['ECONNREFUSED', 'ENOTCONN', 'done'] : ['EPIPE', 'ECONNRESET'];
      expect(allowed, way).toEqual(expect.arrayContaining(Object.keys(codes)));
      expect(1000 - (codes.done ?? 0), `${way}: errors`).toBeGreaterThanOrEqual(datagrams ? 10 : 1000);
    }
    expect(Object.keys(report.codes)).toHaveLength(8);
  });
});
