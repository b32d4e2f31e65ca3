/** Forced collections in the loop change nothing: handles, slabs and bytes on their way live. field.md section 2 trap 10. */
import { describe, expect, it } from 'vitest';
import { reportOf, runFixture } from './child-program.ts';
import { noLinuxEngine } from './requirements.ts';

describe.skipIf(noLinuxEngine)('garbage collection', () => {
  it('takes nothing that a call or the kernel still uses', async () => {
    // besides the collections that the program forces: many more, which move everything that can be moved
    const node = ['--expose-gc', '--gc-interval=1000', '--stress-compaction'];
    const ended = await runFixture('garbage-collection.mjs', [], { node, timeoutMs: 55_000 });
    const { wrong, kept } = reportOf<{ wrong: string[]; kept: number }>(ended);
    expect(wrong).toEqual([]);
    expect(kept).toBeGreaterThan(60);
  });
});
