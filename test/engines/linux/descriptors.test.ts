/** Descriptors: none leaks, none is inherited, a shortage passes. reliability.md rows U58, T27, T32, T34; section 2 rows 4 and 39. */
import { describe, expect, it } from 'vitest';
import { reportOf, runFixture } from './child-program.ts';
import { noLinuxEngine } from './requirements.ts';

/** Starts the program with room for so many descriptors. */
const limit = (count: number): readonly string[] => ['sh', '-c', `ulimit -n ${count}; exec "$@"`, 'sh'];

async function run<T>(part: string, under: readonly string[] = []): Promise<T> {
  return reportOf<T>(await runFixture('descriptors.mjs', [part], { under }));
}

interface Leaks {
  readonly codes: unknown;
  readonly leaked: number;
}

describe.skipIf(noLinuxEngine)('descriptors', () => {
  it('socket() leaks nothing in 200 failures for want of descriptors', async () => {
    expect(await run<Leaks>('shortage', limit(100))).toEqual({ codes: { EMFILE: 200 }, leaked: 0 });
  });

  it('socket() leaks nothing in 200 failures of a kind that the family does not have', async () => {
    const { codes, leaked } = await run<Leaks>('kinds');
    expect(codes).not.toHaveProperty('none');
    expect(leaked).toBe(0);
  });

  it('bind(), connect(), listen() and accept() that fail leak nothing', async () => {
    expect(await run<Leaks>('calls')).toEqual({
      codes: {
        bind: { EADDRINUSE: 200 },
        connect: { ECONNREFUSED: 200 },
        'connect to a name': { ECONNREFUSED: 200 },
        'connect that is aborted': expect.anything(),
        accept: { EINVAL: 200 },
        'accept that times out': { ETIMEDOUT: 200 },
        'listen after connect': { EINVAL: 200 },
      },
      leaked: 0,
    });
  });

  it('accept() says EMFILE, and iteration rests without a spin and recovers', async () => {
    const report = await run<{ cpuMs: number; recoveredMs: number }>('welcome', limit(100));
    expect(report).toMatchObject({ codes: { EMFILE: 3 }, during: 0, served: 20 });
    // six rests of 100 ms; a spin takes all of the 600 ms
    expect(report.cpuMs).toBeLessThan(60);
    expect(report.recoveredMs).toBeLessThan(2000);
  });

  it('every descriptor is closed in a program that is started', async () => {
    const report = await run<{ links: string[] }>('inheritance');
    expect(report).toMatchObject({ inheritable: [], inherited: [], epolls: 0 });
    expect(report.links.length).toBeGreaterThanOrEqual(10);
  });
});
