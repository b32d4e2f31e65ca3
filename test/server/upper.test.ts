import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, encode } from '../../src/index.ts';
import { upper, upperLines } from '../../src/server/upper.ts';
import { needsPeer } from '../cli/program.ts';

const CASES: [string, string][] = [
  ['', ''],
  ['hello sockets', 'HELLO SOCKETS'],
  ['straße 12', 'STRASSE 12'],
  ['ALREADY 123 @[`{', 'ALREADY 123 @[`{'],
  ['àéîõü', 'ÀÉÎÕÜ'],
  ['ﬁ ﬂ ﬃ ﬆ', 'FI FL FFI ST'],
  ['ŉ ǰ ΐ ΰ և', 'ʼN J\u030c \u0399\u0308\u0301 \u03a5\u0308\u0301 ԵՒ'],
  ['ᾳ ᾴ ῼ', 'ΑΙ ΆΙ ΩΙ'],
  ['σς ΣΑΣ ὀδυσσεύς', 'ΣΣ ΣΑΣ ὈΔΥΣΣΕΎΣ'],
  ['ı i İ I', 'I I İ I'],
  ['ǆ ǅ Ǆ', 'Ǆ Ǆ Ǆ'],
  ['ა ჰ', 'Ა Ჰ'],
  ['𐐨 𝒶 𞤢', '𐐀 𝒶 𞤀'],
  ['\ufeffbom stays', '\ufeffBOM STAYS'],
  ['a\0b', 'A\0B'],
];

/** Code points that are compared at once. */
const BLOCK = 256;

describe('upper()', () => {
  test.each(CASES)('maps %j to %j', (text, expected) => {
    expect(decode(upper(encode(text)))).toBe(expected);
  });

  test('gives bytes that are not UTF-8 back, with only ASCII a-z changed', () => {
    const cases = [
      [0xff],
      [0xc3], // cut
      [0xc0, 0xaf], // overlong
      [0xed, 0xa0, 0x80], // a surrogate
      [0xf4, 0x90, 0x80, 0x80], // beyond U+10FFFF
      [0x80],
    ];
    for (const bytes of cases) {
      // the good ß stays too: the message as a whole is not UTF-8
      const message = Uint8Array.from([...encode('aßz'), ...bytes, ...encode('aßz')]);
      const expected = Uint8Array.from([...encode('AßZ'), ...bytes, ...encode('AßZ')]);
      expect(upper(message)).toEqual(expected);
    }
  });

  test('follows its rule for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const kept = Buffer.from(upper(bytes));
        const text = Buffer.from(bytes).toString('utf8');
        const valid = Buffer.from(text, 'utf8').equals(bytes);
        const ascii = Uint8Array.from(bytes, (byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte));
        expect(kept.equals(valid ? Buffer.from(text.toUpperCase()) : ascii)).toBe(true);
      }),
    );
  });

  test('gives the same bytes for a text in parts as in one', () => {
    const characters = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), { maxLength: 10 });
    fc.assert(
      fc.property(characters, fc.nat(10), (text, cut) => {
        const [left, right] = [text.slice(0, cut).join(''), text.slice(cut).join('')];
        const parts = Buffer.concat([upper(encode(left)), upper(encode(right))]);
        expect(parts.equals(upper(encode(left + right)))).toBe(true);
      }),
    );
  });

  test('never gives back the bytes that it was given', () => {
    for (const text of ['', 'HELLO', 'É', '\x80']) {
      const given = Buffer.from(text, 'latin1');
      const bytes = upper(given);
      bytes.fill(0);
      expect(given.toString('latin1')).toBe(text);
    }
  });

  test('takes memory that threads share', () => {
    for (const text of ['a', 'a'.repeat(100), 'straße'.repeat(100)]) {
      const bytes = encode(text);
      const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
      shared.set(bytes);
      expect(decode(upper(shared))).toBe(text.toUpperCase());
    }
  });

  test('equals str.upper() of Python on every code point that both know', (context) => {
    needsPeer(context, 'python3');
    const python = askPython();
    const unexplained: string[] = [];
    for (let from = 0; from <= 0x10ffff; from += BLOCK) {
      const points = Array.from({ length: BLOCK }, (_, i) => from + i).filter((point) => !isSurrogate(point));
      const characters = points.map((point) => String.fromCodePoint(point));
      const theirs = points.map((point, i) => python.upper[point] ?? characters[i]).join('');
      if (decode(upper(encode(characters.join('')))) === theirs) continue;
      unexplained.push(...characters.filter((character) => !explained(character, python)));
    }
    expect(unexplained).toEqual([]);
  });
});

describe('upperLines()', () => {
  test('takes each line as a message of its own', () => {
    const block = Uint8Array.from([...encode('aß\n'), 0xff, ...encode('aß\r\n'), ...encode('aß')]);
    const expected = Uint8Array.from([...encode('ASS\n'), 0xff, ...encode('Aß\r\n'), ...encode('ASS')]);
    expect(new Uint8Array(upperLines(block))).toEqual(expected);
  });

  test('is upper() for text', () => {
    expect(decode(upperLines(encode('straße\n\nfuß\n')))).toBe('STRASSE\n\nFUSS\n');
    expect(upperLines(new Uint8Array(0))).toHaveLength(0);
  });
});

const PYTHON = `
import json, sys, unicodedata
points = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
json.dump({
  "upper": {c: chr(c).upper() for c in points if chr(c).upper() != chr(c)},
  "unassigned": [c for c in points if unicodedata.category(chr(c)) == "Cn"],
}, sys.stdout)
`;

interface Python {
  readonly upper: Readonly<Record<number, string>>;
  readonly unassigned: ReadonlySet<number>;
}

function askPython(): Python {
  const { stdout } = spawnSync('python3', ['-c', PYTHON], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { upper, unassigned } = JSON.parse(stdout);
  return { upper, unassigned: new Set(unassigned) };
}

/** Whether both agree, or one does not know yet what the other does: Unicode grows, and small letters get capitals. */
function explained(character: string, python: Python): boolean {
  const ours = decode(upper(encode(character)));
  const theirs = python.upper[character.codePointAt(0) ?? 0] ?? character;
  const newToPython = [character, ...ours].some((one) => python.unassigned.has(one.codePointAt(0) ?? 0));
  const newToUs = [character, ...theirs].some((one) => /\p{Cn}/u.test(one));
  return ours === theirs || newToPython || newToUs;
}

function isSurrogate(point: number): boolean {
  return point >= 0xd800 && point <= 0xdfff;
}
