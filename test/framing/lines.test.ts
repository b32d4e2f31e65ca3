/** Where lines end, how long they may be, what happens at the end of the stream, and what is sent. */
import { describe, expect, it } from 'vitest';
import type { LineOptions } from '../../src/framing/index.ts';
import { ByteReader, lines, sendLine } from '../../src/framing/index.ts';
import { decode, encode } from '../../src/index.ts';
import { all, FakeConnection, pieces } from './fake-connection.ts';

function linesOf(text: string, options?: LineOptions<'text'>): Promise<string[]> {
  return all(lines(new FakeConnection(text).end(), options));
}

describe('lines()', () => {
  it.each<[LineOptions['ending'], string, string[]]>([
    ['any', '', []],
    ['any', '\n', ['']],
    ['any', 'one\ntwo\r\n\r\nthree\n', ['one', 'two', '', 'three']],
    ['any', 'a\rb\r\r\n', ['a\rb\r']],
    ['\n', 'one\r\ntwo\n', ['one\r', 'two']],
    ['\r\n', 'one\ntwo\r\n\r\n', ['one\ntwo', '']],
    ['\r\n', 'a\r\r\n', ['a\r']],
    ['\r\n', '\n\r\n', ['\n']],
  ])('ends them with %j: %j', async (ending, text, expected) => {
    expect(await linesOf(text, { ending })).toEqual(expected);
    const bytewise = new FakeConnection(...pieces(encode(text), [1])).end();
    expect(await all(lines(bytewise, { ending }))).toEqual(expected);
  });

  it('ends them with a newline, with or without a carriage return, when nothing is said', async () => {
    expect(await linesOf('one\r\ntwo\n')).toEqual(['one', 'two']);
  });

  it.each([
    ['\n', '0123456789\n'],
    ['\r\n', '0123456789\r\n'],
    ['any', '0123456789\n'],
    ['any', '0123456789\r\n'],
    ['any', '0123456789'],
  ] as const)('takes a line of the longest length with %j, and not one byte more', async (ending, text) => {
    for (const lengths of [[100], [1]]) {
      const fits = new FakeConnection(...pieces(encode(text), lengths)).end();
      expect(await all(lines(fits, { ending, lineBytesMax: 10 }))).toEqual(['0123456789']);
      const over = new FakeConnection(...pieces(encode(`x${text}`), lengths)).end();
      await expect(all(lines(over, { ending, lineBytesMax: 10 }))).rejects.toMatchObject({
        name: 'FramingError',
        code: 'EMSGSIZE',
        message: 'A line is longer than 10 bytes',
      });
    }
  });

  it('gives the lines before one that is too long', async () => {
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of lines(new FakeConnection('a\nb\n0123456789'), { lineBytesMax: 5 }))
        seen.push(line);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'EMSGSIZE' });
    expect(seen).toEqual(['a', 'b']);
  });

  it('stops receiving from a peer that never ends its line', async () => {
    const connection = new FakeConnection(...Array.from({ length: 100 }, () => 'x'.repeat(100)));
    await expect(all(lines(connection, { lineBytesMax: 1_000 }))).rejects.toMatchObject({ code: 'EMSGSIZE' });
    expect(connection.given).toBeLessThanOrEqual(1_000 + 2 * 100);
  });

  it('takes a last line without an ending, or fails with what has come of it', async () => {
    expect(await linesOf('one\ntwo', { unfinished: 'take' })).toEqual(['one', 'two']);
    expect(await linesOf('one\n', { unfinished: 'fail' })).toEqual(['one']);
    await expect(linesOf('one\ntwo', { unfinished: 'fail' })).rejects.toMatchObject({
      code: 'EOF',
      received: 3,
      expected: undefined,
      message: 'The stream ended after 3 bytes of a line',
    });
  });

  it('gives text as decode() does: characters that come in pieces, U+FFFD, the byte order mark', async () => {
    const text = '\ufeffstraße 😀\n';
    expect(await all(lines(new FakeConnection(...pieces(encode(text), [1])).end()))).toEqual([
      '\ufeffstraße 😀',
    ]);
    expect(await all(lines(new FakeConnection(Uint8Array.of(0x61, 0xff, 0x0a)).end()))).toEqual(['a\ufffd']);
  });

  it('gives bytes as they came', async () => {
    const connection = new FakeConnection(Uint8Array.of(0xff, 0x00, 0x0a, 0xc3)).end();
    expect(await all(lines(connection, { as: 'bytes' }))).toEqual([
      Uint8Array.of(0xff, 0),
      Uint8Array.of(0xc3),
    ]);
  });

  it.each([
    [{ lineBytesMax: -1 }, 'lineBytesMax must be a whole number of bytes from 0 up, got -1'],
    [{ lineBytesMax: Number.NaN }, 'lineBytesMax must be a whole number of bytes from 0 up, got NaN'],
    [{ ending: '\r' }, 'The option ending must be one of "\\n", "\\r\\n", "any", got "\\r"'],
    [{ as: 'utf-8' }, 'The option as must be one of "text", "bytes", got "utf-8"'],
    [{ unfinished: 'drop' }, 'The option unfinished must be one of "take", "fail", got "drop"'],
    [{ timeoutMs: -1 }, 'A timeout must be 0 or more milliseconds, got -1'],
  ])('refuses %j', async (options, message) => {
    await expect(linesOf('one\n', options as LineOptions<'text'>)).rejects.toThrow(new RangeError(message));
  });

  it('looks at each byte of a long line once, in however small pieces it comes', async () => {
    const bytes = 20_000;
    const connection = new FakeConnection(...pieces(new Uint8Array(bytes).fill(0x78), [1])).end();
    const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
    const { indexOf } = prototype;
    let looked = 0;
    prototype.indexOf = function (this: Uint8Array, byte: number, from = 0) {
      looked += this.length - from;
      return indexOf.call(this, byte, from);
    };
    try {
      expect(await all(lines(connection))).toHaveLength(1);
    } finally {
      prototype.indexOf = indexOf;
    }
    expect(looked).toBe(bytes);
  });

  it('leaves the reader where the loop was left', async () => {
    const reader = new ByteReader(new FakeConnection('name: value\n\nbody').end());
    for await (const line of lines(reader)) if (line === '') break;
    expect(decode(await reader.read())).toBe('body');
  });
});

describe('sendLine()', () => {
  it('sends text or bytes with the ending, in one piece', async () => {
    const sent: string[] = [];
    const connection = { sendall: async (data: Uint8Array) => void sent.push(decode(data)) };
    await sendLine(connection, 'straße');
    await sendLine(connection, encode('two'), { ending: '\r\n' });
    await sendLine(connection, '');
    expect(sent).toEqual(['straße\n', 'two\r\n', '\n']);
  });

  it('hands the parts over where the connection takes parts', async () => {
    const sent: Uint8Array[][] = [];
    const line = encode('a line');
    await sendLine(
      {
        sendall: () => Promise.reject(new Error('not this one')),
        sendmsg: async ({ data }) => void sent.push(data),
      },
      line,
    );
    expect(sent).toEqual([[line, encode('\n')]]);
    expect(sent[0]?.[0]).toBe(line);
  });

  it.each(['two\nlines', 'one\r\n'])('refuses %j, which would arrive as two', async (line) => {
    const connection = { sendall: () => Promise.reject(new Error('was sent')) };
    await expect(sendLine(connection, line)).rejects.toThrow(
      new RangeError('A line must not contain a newline'),
    );
  });

  it('refuses another ending, and what is no data', async () => {
    const connection = { sendall: () => Promise.reject(new Error('was sent')) };
    await expect(sendLine(connection, '', { ending: 'x' as '\n' })).rejects.toThrow(RangeError);
    await expect(sendLine(connection, null as unknown as string)).rejects.toThrow(TypeError);
  });
});
