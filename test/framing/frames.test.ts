/** Messages with a length before them, and records of one size: boundaries, bounds, broken lengths, the end. */
import { describe, expect, it } from 'vitest';
import type { FrameOptions, LengthPrefix } from '../../src/framing/index.ts';
import { frame, frames, records, sendFrame } from '../../src/framing/index.ts';
import { decode, encode } from '../../src/index.ts';
import { all, FakeConnection, pieces } from './fake-connection.ts';

const PREFIXES: readonly LengthPrefix[] = ['u8', 'u16be', 'u16le', 'u32be', 'u32le', 'varint'];

function bytesOf(...messages: [string, FrameOptions][]): Uint8Array {
  return Buffer.concat(messages.map(([text, options]) => frame(text, options)));
}

describe.each(PREFIXES)('frames() with the prefix %s', (prefix) => {
  it.each([false, true])(
    'gives the messages, however they are cut (length includes prefix: %s)',
    async (includes) => {
      const options = { prefix, lengthIncludesPrefix: includes };
      const bytes = bytesOf(['one', options], ['', options], ['x'.repeat(200), options]);
      for (const lengths of [[1_000], [1], [5, 2]]) {
        const connection = new FakeConnection(...pieces(bytes, lengths)).end();
        const messages = await all(frames(connection, options));
        expect(messages.map(decode)).toEqual(['one', '', 'x'.repeat(200)]);
      }
    },
  );

  it('takes a message of the longest length, and refuses a longer one by its length alone', async () => {
    const options = { prefix, messageBytesMax: 10 };
    const fits = new FakeConnection(frame('0123456789', options)).end();
    expect(await all(frames(fits, options))).toHaveLength(1);
    const length = frame('0123456789x', options).length - 11;
    const over = new FakeConnection(frame('0123456789x', options).subarray(0, length));
    await expect(all(frames(over, options))).rejects.toMatchObject({
      code: 'EMSGSIZE',
      message: 'A message is longer than 10 bytes',
      received: length,
      expected: length + 11,
    });
  });

  it('fails with EOF and what has come when the stream ends inside a frame', async () => {
    const whole = frame('0123456789', { prefix });
    const connection = new FakeConnection(whole, whole.subarray(0, whole.length - 3)).end();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const message of frames(connection, { prefix })) seen.push(decode(message));
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'EOF',
      received: whole.length - 3,
      expected: whole.length,
      message: `The stream ended after ${whole.length - 3} of ${whole.length} bytes of a frame`,
    });
    expect(seen).toEqual(['0123456789']);
  });
});

describe('frames()', () => {
  it('fails with EOF inside the prefix, where the length is not known yet', async () => {
    const connection = new FakeConnection(Uint8Array.of(0, 0, 0)).end();
    await expect(all(frames(connection, { prefix: 'u32be' }))).rejects.toMatchObject({
      code: 'EOF',
      received: 3,
      expected: undefined,
      message: 'The stream ended after 3 bytes of a frame',
    });
  });

  it('fails with EPROTO for a length that is less than the prefix which it includes', async () => {
    const connection = new FakeConnection(Uint8Array.of(0, 1, 0xaa));
    const options = { prefix: 'u16be', lengthIncludesPrefix: true } as const;
    await expect(all(frames(connection, options))).rejects.toMatchObject({
      code: 'EPROTO',
      message: 'A frame claims 1 bytes in all, which is less than its prefix of 2',
      received: 3,
      expected: 1,
    });
  });

  it('fails with EPROTO for a varint without an end', async () => {
    const connection = new FakeConnection(new Uint8Array(9).fill(0xff));
    await expect(all(frames(connection, { prefix: 'varint' }))).rejects.toMatchObject({ code: 'EPROTO' });
  });

  it('makes room for what comes, not for what a peer has announced', async () => {
    const options = { prefix: 'u32be', messageBytesMax: 2 ** 30 } as const;
    const connection = new FakeConnection(Uint8Array.of(0x3f, 0, 0, 0, 1, 2), Uint8Array.of(3));
    const before = process.memoryUsage().arrayBuffers;
    const reading = all(frames(connection, options));
    while (connection.calls < 3) await Promise.resolve();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    connection.end();
    await expect(reading).rejects.toMatchObject({ code: 'EOF', received: 7, expected: 0x3f00_0004 });
  });

  it('refuses a claim of 4 GB at once, without room for it', async () => {
    const connection = new FakeConnection(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    await expect(all(frames(connection, { prefix: 'u32be' }))).rejects.toMatchObject({
      code: 'EMSGSIZE',
      expected: 2 ** 32 + 3,
    });
  });

  it.each([
    [{ prefix: 'u24be' }, 'A prefix must be one of u8, u16be, u16le, u32be, u32le, varint, got u24be'],
    [{ prefix: 'toString' }, 'A prefix must be one of u8, u16be, u16le, u32be, u32le, varint, got toString'],
    [
      { prefix: 'u8', messageBytesMax: 0.5 },
      'messageBytesMax must be a whole number of bytes from 0 up, got 0.5',
    ],
  ])('refuses %j', async (options, message) => {
    const connection = new FakeConnection('\u0001a');
    await expect(all(frames(connection, options as FrameOptions))).rejects.toThrow(new RangeError(message));
  });
});

describe('frame() and sendFrame()', () => {
  it('write the length and the message', async () => {
    expect([...frame('abc', { prefix: 'u16be' })]).toEqual([0, 3, 0x61, 0x62, 0x63]);
    expect([...frame('abc', { prefix: 'u16le', lengthIncludesPrefix: true })]).toEqual([
      5, 0, 0x61, 0x62, 0x63,
    ]);
    const sent: Uint8Array[] = [];
    const connection = { sendall: async (data: Uint8Array) => void sent.push(data) };
    await sendFrame(connection, encode('abc'), { prefix: 'varint' });
    expect(sent).toEqual([Uint8Array.of(3, 0x61, 0x62, 0x63)]);
  });

  // where the varint of the sum is longer than that of the message
  it.each([
    [125, [126]],
    [126, [127]],
    [127, [0x81, 0x01]],
    [128, [0x82, 0x01]],
    [16_381, [0xff, 0x7f]],
    [16_382, [0x81, 0x80, 0x01]],
  ])('count the varint of a message of %i bytes into its length', (length, prefix) => {
    const whole = frame(new Uint8Array(length), { prefix: 'varint', lengthIncludesPrefix: true });
    expect([...whole.subarray(0, prefix.length)]).toEqual(prefix);
    expect(whole).toHaveLength(length + prefix.length);
  });

  it('refuse a message that is too long for the prefix', async () => {
    const connection = { sendall: () => Promise.reject(new Error('was sent')) };
    const error = new RangeError('A length after a u8 prefix is at most 255, got 256');
    expect(() => frame(new Uint8Array(256), { prefix: 'u8' })).toThrow(error);
    const options = { prefix: 'u8', lengthIncludesPrefix: true } as const;
    await expect(sendFrame(connection, new Uint8Array(255), options)).rejects.toThrow(error);
  });

  it('take every kind of bytes', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    shared.set(bytes);
    for (const data of [bytes, bytes.buffer, new DataView(bytes.buffer), shared, shared.buffer])
      expect([...frame(data, { prefix: 'u8' })]).toEqual([4, 1, 2, 3, 4]);
    expect(() => frame(5 as unknown as string, { prefix: 'u8' })).toThrow(TypeError);
  });
});

describe('records()', () => {
  it.each([[[100]], [[1]], [[4, 3]]])('gives records of one size, cut like %j', async (lengths) => {
    const connection = new FakeConnection(...pieces(encode('onetwosix'), lengths)).end();
    expect((await all(records(connection, 3))).map(decode)).toEqual(['one', 'two', 'six']);
  });

  it('gives none of an empty stream', async () => {
    expect(await all(records(new FakeConnection().end(), 3))).toEqual([]);
  });

  it('fails with EOF and what has come when the stream ends inside a record', async () => {
    const connection = new FakeConnection('onetw').end();
    await expect(all(records(connection, 3))).rejects.toMatchObject({
      code: 'EOF',
      received: 2,
      expected: 3,
      message: 'The stream ended after 2 of 3 bytes of a record',
    });
  });

  it.each([0, -1, 1.5])('refuses records of %d bytes', async (bytes) => {
    await expect(all(records(new FakeConnection('x').end(), bytes))).rejects.toThrow(RangeError);
  });
});
