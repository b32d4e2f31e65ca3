import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/index.ts';
import { incompleteBytes, LineSplitter } from '../../src/server/line-splitter.ts';

const MAX = 10;

function push(splitter: LineSplitter, text: string): { lines: string; tooLong: boolean } {
  const { lines, tooLong } = splitter.push(encode(text));
  return { lines: decode(lines), tooLong };
}

describe('LineSplitter', () => {
  test('hands out whole lines and keeps the rest', () => {
    const splitter = new LineSplitter(MAX);
    expect(push(splitter, 'one\ntw').lines).toBe('one\n');
    expect(push(splitter, 'o').lines).toBe('');
    expect(push(splitter, '\r\n\nthree\nfo').lines).toBe('two\r\n\nthree\n');
    expect(decode(splitter.takeRest())).toBe('fo');
    expect(splitter.takeRest()).toHaveLength(0);
  });

  test('takes a line of the longest length, and not one byte more', () => {
    expect(push(new LineSplitter(MAX), '0123456789\n')).toEqual({ lines: '0123456789\n', tooLong: false });
    expect(push(new LineSplitter(MAX), '0123456789')).toEqual({ lines: '', tooLong: false });
    expect(push(new LineSplitter(MAX), '01234567890')).toEqual({ lines: '', tooLong: true });
    expect(push(new LineSplitter(MAX), 'a\n01234567890\nb\n')).toEqual({ lines: 'a\n', tooLong: true });
  });

  test('counts a line that comes in pieces, and what a pause has handed out of it', () => {
    const splitter = new LineSplitter(MAX);
    push(splitter, '012345');
    expect(decode(splitter.takeCharacters())).toBe('012345');
    expect(push(splitter, '6789').tooLong).toBe(false);
    expect(push(splitter, 'x').tooLong).toBe(true);
  });

  test('keeps a character together that has not arrived whole', () => {
    const splitter = new LineSplitter(MAX);
    splitter.push(Uint8Array.of(0x61, 0xc3));
    expect(splitter.hasCharacters).toBe(true);
    expect(decode(splitter.takeCharacters())).toBe('a');
    expect(splitter.hasCharacters).toBe(false);
    expect(splitter.takeCharacters()).toHaveLength(0);
    splitter.push(Uint8Array.of(0x9f));
    expect(decode(splitter.takeCharacters())).toBe('ß');
  });

  test('loses no byte, however the stream is cut and whenever it pauses', () => {
    const chunks = fc.array(fc.tuple(fc.uint8Array({ maxLength: 30 }), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(chunks, (pieces) => {
        const splitter = new LineSplitter(Number.POSITIVE_INFINITY);
        const out = pieces.flatMap(([chunk, pause]) => {
          const { lines } = splitter.push(chunk);
          return [lines, pause ? splitter.takeCharacters() : new Uint8Array(0)];
        });
        const given = Buffer.concat(pieces.map(([chunk]) => chunk));
        expect(Buffer.concat([...out, splitter.takeRest()]).equals(given)).toBe(true);
      }),
    );
  });
});

describe('incompleteBytes()', () => {
  test('is the length of what was cut, for every character and every cut', () => {
    for (const character of ['a', 'é', '߿', 'ࠀ', '한', '퟿', '', '\u{10000}', '😀', '\u{10ffff}']) {
      const bytes = encode(`x${character}`);
      expect(incompleteBytes(bytes)).toBe(0);
      for (let kept = 1; kept < bytes.length - 1; kept++) {
        expect(incompleteBytes(bytes.subarray(0, 1 + kept))).toBe(kept);
      }
    }
  });

  test.each([
    [[], 0],
    [[0x80], 0],
    [[0xff], 0],
    [[0xc0], 0], // overlong
    [[0xe0, 0x80], 0], // overlong
    [[0xed, 0xa0], 0], // surrogate
    [[0xf4, 0x90], 0], // beyond U+10FFFF
    [[0xf5], 0],
    [[0xc3, 0x9f, 0x80], 0],
    [[0x80, 0x80, 0x80, 0x80], 0],
    [[0xed, 0x9f], 2],
  ])('of %j is %i', (bytes, count) => {
    expect(incompleteBytes(Uint8Array.from(bytes))).toBe(count);
  });
});
