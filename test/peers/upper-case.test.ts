/**
 * Upper case held against Python's: every code point by itself, texts of many, and bytes that are no UTF-8. The two
 * may differ in one way only: a letter that the older Unicode of the two does not know.
 */
import { isUtf8 } from 'node:buffer';
import { decode, encode } from 'portico';
import { describe, expect, test } from 'vitest';
import { upper } from '../../src/server/upper.ts';
import { need } from './needs.ts';
import { fileOf, Program } from './program.ts';

/** The differences of two versions, written down where they were seen. Other pairs are held to the rule alone. */
const KNOWN_DIFFERENCES: Readonly<Record<string, readonly number[]>> = {
  // Python 3.11 and Node 20.20: what has an upper case since Unicode 16 or 17
  'Python 14.0.0, Node 17.0': [
    ...[0x19b, 0x264, 0x1c8a, 0xa7cd, 0xa7cf, 0xa7d3, 0xa7d5, 0xa7db],
    ...range(0x10d70, 0x10d85),
    ...range(0x16ebb, 0x16ed3),
  ],
};

/** Where the two change places: both sides of it are Unicode texts of the same case rules. */
const CONTEXTS: readonly string[] = [
  'ΌΣΟΣ ὀδυσσεύς ς σς', // the final sigma has a rule for lower case only
  'ﬃ ŉ ǰ ΐ ᾳ ᾼ և ẖ', // one character becomes two or three
  'i ı İ i\u0307 I\u0307', // no language but the root one
  'straße\r\n',
  '\u{feff}a byte order mark',
  'a NUL\0inside',
  'e\u0301 o\u0308\u0323 \u0345',
];

/** Bytes that look like UTF-8 and are none (RFC 3629 section 3). */
const MALFORMED: readonly { what: string; bytes: readonly number[] }[] = [
  { what: 'a continuation byte alone', bytes: [0x80] },
  { what: 'the last continuation byte alone', bytes: [0xbf] },
  { what: 'NUL in two bytes', bytes: [0xc0, 0x80] },
  { what: 'a in two bytes', bytes: [0xc1, 0xa1] },
  { what: 'a in three bytes', bytes: [0xe0, 0x81, 0xa1] },
  { what: 'the last overlong form of three bytes', bytes: [0xe0, 0x9f, 0xbf] },
  { what: 'a in four bytes', bytes: [0xf0, 0x80, 0x81, 0xa1] },
  { what: 'the last overlong form of four bytes', bytes: [0xf0, 0x8f, 0xbf, 0xbf] },
  { what: 'the first high surrogate', bytes: [0xed, 0xa0, 0x80] },
  { what: 'the last low surrogate', bytes: [0xed, 0xbf, 0xbf] },
  { what: 'a pair of surrogates (CESU-8)', bytes: [0xed, 0xa0, 0x81, 0xed, 0xb0, 0xa8] },
  { what: 'the first after U+10FFFF', bytes: [0xf4, 0x90, 0x80, 0x80] },
  { what: 'a lead byte that is none', bytes: [0xf5, 0x80, 0x80, 0x80] },
  { what: 'five bytes', bytes: [0xf8, 0x88, 0x80, 0x80, 0x80] },
  { what: '0xFE and 0xFF', bytes: [0xfe, 0xff] },
  { what: 'é cut after its first byte', bytes: [0xc3] },
  { what: '€ cut after its second byte', bytes: [0xe2, 0x82] },
  { what: 'an emoji cut after its third byte', bytes: [0xf0, 0x9f, 0x98] },
];

const SEED = 20_261_122;
const RANDOM_TEXTS = 2_000;
const RANDOM_MESSAGES = 20_000;

const MESSAGES: readonly { what: string; messages: () => Uint8Array[] }[] = [
  { what: 'texts in which a neighbour could matter', messages: () => CONTEXTS.map((text) => encode(text)) },
  { what: `${RANDOM_TEXTS} random texts, seed ${SEED}`, messages: randomTexts },
  { what: 'every single byte', messages: () => range(0, 0xff).map((byte) => Uint8Array.of(byte)) },
  {
    what: 'every pair of bytes',
    messages: () => range(0, 0xffff).map((pair) => Uint8Array.of(pair >> 8, pair & 0xff)),
  },
  {
    what: 'malformed UTF-8, alone and among letters',
    messages: () =>
      MALFORMED.flatMap(({ bytes }) => [bytes, [...bytes, 0x7a], [0xc3, 0xa9, 0x61, ...bytes, 0x7a]]).map(
        (one) => Uint8Array.from(one),
      ),
  },
  { what: `${RANDOM_MESSAGES} random byte strings, seed ${SEED}`, messages: randomBytes },
];

describe("upper case against Python's str.upper()", () => {
  test('every code point', async (context) => {
    const [python] = need(context, 'python3');
    const facts = await factsOf(python);
    const points = [...range(0, 0xd7ff), ...range(0xe000, 0x10ffff)];
    const different = points.filter((point) => {
      const character = String.fromCodePoint(point);
      return decode(upper(encode(character))) !== (facts.upper[point] ?? character);
    });
    const unexplained = different.filter((point) => !knowsLess(facts, withUpper(facts, point)));
    expect(unexplained).toEqual([]);
    const versions = `Python ${facts.version}, Node ${process.versions.unicode}`;
    const listed = KNOWN_DIFFERENCES[versions];
    if (listed) expect(different).toEqual(listed);
    else await context.annotate(`${versions}: ${different.length} letters that one of them does not know`);
  });

  test.for(MESSAGES)('$what', async ({ messages }, context) => {
    const [python] = need(context, 'python3');
    expect(await unexplained(python, messages())).toEqual([]);
  });

  test.for(MALFORMED)('$what stays as it is, the letters about it change', ({ bytes }) => {
    expect(isUtf8(Uint8Array.from(bytes))).toBe(false);
    expect(upper(Uint8Array.from([0x61, ...bytes, 0x7a]))).toEqual(Uint8Array.from([0x41, ...bytes, 0x5a]));
  });
});

interface UnicodeFacts {
  readonly version: string;
  /** First and last code point of each range that has no characters. */
  readonly unassigned: readonly (readonly [number, number])[];
  /** The upper case of each code point that is not its own. */
  readonly upper: Readonly<Record<number, string>>;
}

let facts: Promise<UnicodeFacts> | undefined;

async function factsOf(python: string): Promise<UnicodeFacts> {
  facts ??= Program.run(python, [fileOf('test/peers/python/unicode_facts.py')]).then(({ stdout }) =>
    JSON.parse(stdout),
  );
  return facts;
}

/** The messages of which Python and we make something else, and no version says why. */
async function unexplained(
  python: string,
  messages: readonly Uint8Array[],
): Promise<{ message: string; ours: string; theirs: string }[]> {
  const known = await factsOf(python);
  const answers = await judge(python, messages);
  return messages
    .map((message, index) => ({ message, ours: upper(message), theirs: answers[index] ?? Buffer.alloc(0) }))
    .filter(({ ours, theirs }) => !theirs.equals(ours))
    .filter(
      ({ message, ours, theirs }) =>
        !isUtf8(message) || !knowsLess(known, [message, ours, theirs].map((one) => decode(one)).join('')),
    )
    .map(({ message, ours, theirs }) => ({ message: hex(message), ours: hex(ours), theirs: hex(theirs) }));
}

/** A character, and what either side makes of it. */
function withUpper({ upper: theirs }: UnicodeFacts, point: number): string {
  const character = String.fromCodePoint(point);
  return character + character.toUpperCase() + (theirs[point] ?? '');
}

/** Whether Python's Unicode or Node's has no character at one of the code points. */
function knowsLess({ unassigned }: UnicodeFacts, text: string): boolean {
  if (/\p{Cn}/u.test(text)) return true;
  return [...text].some((character) => {
    const point = character.codePointAt(0) ?? 0;
    return unassigned.some(([first, last]) => first <= point && point <= last);
  });
}

/** Python's answers to the messages. */
async function judge(python: string, messages: readonly Uint8Array[]): Promise<Buffer[]> {
  const input = Buffer.concat(messages.flatMap((message) => [lengthOf(message), message]));
  const { bytes } = await Program.run(python, [fileOf('test/peers/python/upper_judge.py')], { input });
  const answers: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    answers.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  expect(answers.length).toBe(messages.length);
  return answers;
}

function lengthOf(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return length;
}

function randomTexts(): Uint8Array[] {
  const random = randomNumbers();
  // blocks with upper and lower case: Latin, Greek, Cyrillic, Armenian, Georgian, Cherokee, Deseret; and all there is
  const blocks = [range(0, 0x587), range(0x1c80, 0x1fff), range(0x10400, 0x104ff), range(0xe000, 0x1ffff)];
  const character = () => {
    const block = blocks[random(blocks.length)] ?? [];
    return String.fromCodePoint(block[random(block.length)] ?? 0);
  };
  return Array.from({ length: RANDOM_TEXTS }, () =>
    encode(Array.from({ length: 1 + random(30) }, character).join('')),
  );
}

/** Bytes of all kinds, and every other time bytes that are almost UTF-8. */
function randomBytes(): Uint8Array[] {
  const random = randomNumbers();
  const almost = [0x61, 0x7a, 0xc3, 0xe2, 0xf0, 0xed, 0x80, 0x9f, 0xa9, 0xbf];
  const byte = [() => random(256), () => almost[random(almost.length)] ?? 0];
  return Array.from({ length: RANDOM_MESSAGES }, (_, index) =>
    Uint8Array.from({ length: random(25) }, byte[index % 2] ?? (() => 0)),
  );
}

/** Numbers from 0 up to a limit, the same ones for the same seed (the linear generator of Numerical Recipes). */
function randomNumbers(): (limit: number) => number {
  let state = SEED;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
