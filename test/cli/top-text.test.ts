import { describe, expect, test } from 'vitest';
import { topText } from '../../src/cli/top-text.ts';
import type { ServerStats } from '../../src/server/index.ts';
import { COUNTS } from '../../src/server/index.ts';

function stats(count: number, uptimeMs: number): ServerStats {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, count]));
  return {
    ...(counts as unknown as ServerStats),
    state: 'draining',
    uptimeMs,
    open: 10_000,
    full: true,
    tcpWaiting: 4097,
    tcpDropped: count,
    udpDropped: undefined,
    threads: [{ thread: 0, state: 'serving', connections: 10_000, restarts: count, deaths: count }],
  };
}

describe('topText()', () => {
  test.each([0, 7, 999_999, 123_456_789_012])('fits 80 columns, each number apart: %i', (count) => {
    const lines = topText(stats(count, 400 * 86_400_000), stats(0, 0)).split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(80);
    const [, , names = '', values = ''] = lines;
    expect(values.trim().split(/ +/)).toHaveLength(names.trim().split(/ +/).length - 1);
  });

  test('has rates of the time between two answers, and of all time without a first', () => {
    expect(topText(stats(3000, 10_000), stats(1000, 9000))).toMatch(/ 2,000\/s +2,000\/s/);
    expect(topText(stats(3000, 10_000))).toMatch(/ 300\/s +300\/s/);
  });
});
