/** Pieces of a stream in any order, overlapping, near the end of the 32-bit numbers. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PIECES_MAX, Reassembly } from '../../../../src/engines/sim/tcp/reassembly.ts';
import { plus } from '../../../../src/engines/sim/tcp/sequence.ts';

const STREAM = Uint8Array.from({ length: 200 }, (_, index) => index);
/** Where the stream begins: its numbers wrap after a hundred bytes. */
const BEGIN = 0xffff_ffff - 99;

const piece = fc
  .tuple(fc.integer({ min: 0, max: 199 }), fc.integer({ min: 1, max: 60 }))
  .map(([from, length]) => ({ from, to: Math.min(from + length, STREAM.length) }));

it('gives every byte once and in order, however it came', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 0, max: 199 }), (pieces, start) => {
      const reassembly = new Reassembly();
      const has = new Set<number>();
      for (const { from, to } of pieces) {
        expect(reassembly.insert(plus(BEGIN, from), STREAM.slice(from, to))).toBe(true);
        for (let at = from; at < to; at++) has.add(at);
        expect(reassembly.length).toBe(has.size);
      }
      const got = reassembly.take(plus(BEGIN, start)).flatMap((chunk) => [...chunk]);
      let end = start;
      while (has.has(end)) end += 1;
      expect(got).toEqual([...STREAM.slice(start, end)]);
      expect(reassembly.length).toBe([...has].filter((at) => at > end).length);
    }),
  );
});

it('keeps so many pieces and no more, and takes one in the place of one that is gone', () => {
  const reassembly = new Reassembly();
  for (let index = 0; index < PIECES_MAX; index++)
    expect(reassembly.insert(10 + index * 2, Uint8Array.of(1))).toBe(true);
  expect(reassembly.insert(1, Uint8Array.of(1))).toBe(false);
  expect(reassembly.length).toBe(PIECES_MAX);
  expect(reassembly.take(10)).toHaveLength(1);
  expect(reassembly.insert(1, Uint8Array.of(1))).toBe(true);
});
