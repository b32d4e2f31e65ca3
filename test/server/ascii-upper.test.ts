import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SCRATCH_BYTES } from '../../src/server/ascii-kernel.ts';
import { chooseAsciiUpper, KERNEL_BYTES_MIN, upperByLoop } from '../../src/server/ascii-upper.ts';

const byKernel = chooseAsciiUpper();
const WAYS = [
  { way: 'kernel', asciiUpper: byKernel },
  { way: 'loop', asciiUpper: chooseAsciiUpper({}) },
];

const SHORT_BYTES_MAX = 100;
const ALIGNMENTS = 16;

describe('chooseAsciiUpper()', () => {
  test('takes the kernel, for this Node has SIMD', () => {
    expect(byKernel).not.toBe(upperByLoop);
  });

  test.each([
    ['no WebAssembly', {}],
    ['no SIMD', { WebAssembly: { Module: throwing(new SyntaxError('not valid')), Instance: Object } }],
    ['no memory', { WebAssembly: { Module: Object, Instance: throwing(new RangeError('no memory')) } }],
  ])('takes the loop where there is %s', (_, host) => {
    expect(chooseAsciiUpper(host as Parameters<typeof chooseAsciiUpper>[0])).toBe(upperByLoop);
  });
});

describe.each(WAYS)('ASCII upper case by $way', ({ asciiUpper }) => {
  test('knows every byte, at every place of every short message, however it lies in memory', () => {
    const wrong: string[] = [];
    const expected = Uint8Array.from({ length: 256 + SHORT_BYTES_MAX }, (_, i) => raised(i % 256));
    for (let alignment = 0; alignment < ALIGNMENTS; alignment++) {
      const given = new Uint8Array(alignment + expected.length).map((_, i) => i - alignment);
      for (let length = 0; length <= SHORT_BYTES_MAX; length++) {
        for (let first = 0; first < 256; first++) {
          const { result } = asciiUpper(given.subarray(alignment + first, alignment + first + length));
          if (Buffer.compare(result, expected.subarray(first, first + length)) !== 0)
            wrong.push(`${length} bytes from ${first} at ${alignment}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('tells whether there is a byte above 0x7f, wherever it stands', () => {
    const wrong: string[] = [];
    for (let length = 0; length <= SHORT_BYTES_MAX; length++) {
      for (let place = 0; place < length; place++) {
        for (const byte of [0x00, 0x60, 0x61, 0x7a, 0x7b, 0x7f, 0x80, 0xff]) {
          const given = new Uint8Array(length).fill(0x61);
          given[place] = byte;
          if (asciiUpper(given).ascii !== byte < 0x80) wrong.push(`${byte} at ${place} of ${length}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  test('looks at no byte of an earlier message', () => {
    asciiUpper(new Uint8Array(SCRATCH_BYTES).fill(0xff));
    const { result, ascii } = asciiUpper(Buffer.alloc(KERNEL_BYTES_MIN + 1, 'a'));
    expect(Buffer.from(result).toString()).toBe('A'.repeat(KERNEL_BYTES_MIN + 1));
    expect(ascii).toBe(true);
  });

  test('leaves alone what it was given and what it gave', () => {
    for (const length of [1, KERNEL_BYTES_MIN, 1_000, SCRATCH_BYTES + 1]) {
      const given = new Uint8Array(length).fill(0x61);
      const { result } = asciiUpper(given);
      asciiUpper(new Uint8Array(length).fill(0x7a));
      expect(given.every((byte) => byte === 0x61)).toBe(true);
      expect(result.every((byte) => byte === 0x41)).toBe(true);
    }
  });

  test('takes memory that threads share, and gives memory of its own', () => {
    const given = new Uint8Array(new SharedArrayBuffer(200), 3, 150).fill(0x61);
    const { result, ascii } = asciiUpper(given);
    expect(result).toEqual(new Uint8Array(150).fill(0x41));
    expect(result.buffer).toBeInstanceOf(ArrayBuffer);
    expect(ascii).toBe(true);
  });
});

describe('the kernel', () => {
  const expectAsLoop = (bytes: Uint8Array): void => {
    const [ours, theirs] = [byKernel(bytes), upperByLoop(bytes)];
    expect(Buffer.compare(ours.result, theirs.result)).toBe(0);
    expect(ours.ascii).toBe(theirs.ascii);
  };

  test('does what the loop does, with random bytes', () => {
    const lengths = fc.oneof(fc.nat(300), fc.nat(200_000));
    fc.assert(
      fc.property(lengths, fc.integer(), fc.constantFrom(0x7f, 0xff), (length, seed, mask) => {
        expectAsLoop(random(length, seed).map((byte) => byte & mask));
      }),
    );
  });

  test.each([-1, 0, 1, KERNEL_BYTES_MIN, SCRATCH_BYTES, SCRATCH_BYTES + 1])(
    'does what the loop does, %i bytes beyond its memory',
    (beyond) => {
      const bytes = new Uint8Array(SCRATCH_BYTES + beyond).fill(0x61);
      expectAsLoop(bytes);
      for (const place of [0, SCRATCH_BYTES - 2, bytes.length - 1]) expectAsLoop(bytes.with(place, 0x80));
    },
  );
});

function raised(byte: number): number {
  return String.fromCharCode(byte)
    .replace(/[a-z]/, (letter) => letter.toUpperCase())
    .charCodeAt(0);
}

/** Bytes that follow from the seed; one more is made, for a hash has at least one. */
function random(length: number, seed: number): Uint8Array {
  return createHash('shake128', { outputLength: length + 1 })
    .update(`${seed}`)
    .digest()
    .subarray(1);
}

/** A class that nothing can be made of. */
function throwing(error: Error): new () => object {
  return class {
    constructor() {
      throw error;
    }
  };
}
