import { describe, expect, test } from 'vitest';
import { ANSWERING_PORTS, loopGuard, plainHost } from '../../src/server/loop-guard.ts';

const OWN = { host: '127.0.0.1', port: 12_000 };

describe('loopGuard()', () => {
  test.each([
    [{ host: '127.0.0.1', port: 12_000 }, true],
    [{ host: '::ffff:127.0.0.1', port: 12_000 }, true],
    [{ host: '127.0.0.2', port: 12_000 }, false],
    [{ host: '192.0.2.1', port: 12_000 }, false],
    [{ host: '192.0.2.1', port: 0 }, true],
    [{ host: '192.0.2.1', port: 7 }, true],
    [{ host: '192.0.2.1', port: 8 }, false],
  ])('about %j says %s', (source, refused) => {
    expect(loopGuard(OWN)(source)).toBe(refused);
  });

  test.each(['0.0.0.0', '::'])('at %s takes every address of this host for its own', (host) => {
    const refuses = loopGuard({ host, port: 12_000 });
    expect(refuses({ host: '127.0.0.1', port: 12_000 })).toBe(true);
    expect(refuses({ host: '127.0.0.1', port: 12_001 })).toBe(false);
    expect(refuses({ host: '192.0.2.1', port: 12_000 })).toBe(false);
  });

  test('refuses the ports that VU#417980 is about, or those that it is told', () => {
    expect([...ANSWERING_PORTS]).toEqual([7, 11, 13, 17, 19, 37, 53, 69, 123]);
    expect(loopGuard(OWN, new Set([9999]))({ host: '192.0.2.1', port: 7 })).toBe(false);
    expect(loopGuard(OWN, new Set([9999]))({ host: '192.0.2.1', port: 9999 })).toBe(true);
  });
});

describe('plainHost()', () => {
  test.each([
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['::ffff:c000:201', '::ffff:c000:201'],
  ])('of %s is %s', (host, plain) => {
    expect(plainHost(host)).toBe(plain);
  });
});
