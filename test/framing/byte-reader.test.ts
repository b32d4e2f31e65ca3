/** The reader itself: mixtures of messages, bounds, early ends that lose nothing, handing over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, FramingError, frames, lines, records } from '../../src/framing/index.ts';
import { decode, encode } from '../../src/index.ts';
import { all, FakeConnection, pieces } from './fake-connection.ts';

/** Lets everything happen that needs no more bytes. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('ByteReader', () => {
  it.each([[[1_000]], [[1]], [[7, 2]]])('reads a mixture of messages, cut like %j', async (lengths) => {
    const bytes = encode('GET /\r\nhost: x\r\n\r\nbody!\x03one--boundary--rest');
    const reader = new ByteReader(new FakeConnection(...pieces(bytes, lengths)).end());
    const header: string[] = [];
    for (let line = await reader.readLine(); line; line = await reader.readLine()) header.push(line);
    expect(header).toEqual(['GET /', 'host: x']);
    expect(decode(await reader.readExactly(5))).toBe('body!');
    expect(decode((await reader.readFrame({ prefix: 'u8' })) ?? encode('none'))).toBe('one');
    expect(await reader.readUntil('--boundary--')).toHaveLength(0);
    let rest = '';
    for (let some = await reader.read(); some.length > 0; some = await reader.read()) rest += decode(some);
    expect(rest).toBe('rest');
  });

  it('says that the stream has ended in the way of each call, again and again', async () => {
    const reader = new ByteReader(new FakeConnection().end());
    for (let time = 0; time < 2; time += 1) {
      expect(await reader.read()).toHaveLength(0);
      expect(await reader.readLine()).toBeUndefined();
      expect(await reader.readUntil('x')).toBeUndefined();
      expect(await reader.readFrame({ prefix: 'u8' })).toBeUndefined();
      await expect(reader.readExactly(4)).rejects.toMatchObject({ code: 'EOF', received: 0, expected: 4 });
    }
    expect(await reader.readExactly(0)).toHaveLength(0);
  });

  it('asks the connection for nothing after its end', async () => {
    const connection = new FakeConnection('one\n').end();
    await all(lines(new ByteReader(connection)));
    expect(connection.calls).toBe(2);
  });

  it('receives only when a message is missing', async () => {
    const connection = new FakeConnection('one\ntwo\n', 'three\n').end();
    const reader = new ByteReader(connection);
    expect(connection.calls).toBe(0);
    expect([await reader.readLine(), await reader.readLine()]).toEqual(['one', 'two']);
    expect(connection.calls).toBe(1);
  });

  it('read() gives what there is, at most so many bytes', async () => {
    const reader = new ByteReader(new FakeConnection('123456').end());
    expect(decode(await reader.read(4))).toBe('1234');
    expect(await reader.read(0)).toHaveLength(0);
    expect(decode(await reader.read(4))).toBe('56');
    expect(await reader.read(4)).toHaveLength(0);
  });

  it('asks for no more than chunkBytes at once', async () => {
    const connection = new FakeConnection('PROXY\nrest');
    const reader = new ByteReader(connection, { chunkBytes: 1 });
    expect(await reader.readLine()).toBe('PROXY');
    expect(connection.given).toBe(6);
    expect(decode(await connection.recv(10))).toBe('rest');
  });

  describe('readUntil()', () => {
    it.each([
      ['a', 'xxa', 'xx'],
      ['ab', 'aab', 'a'],
      ['aab', 'aaaab', 'aa'],
      ['abab', 'aababab', 'a'],
      ['\0', '\0', ''],
      ['ß', 'straße', 'stra'],
    ])('finds %j in %j', async (delimiter, text, expected) => {
      for (const lengths of [[1_000], [1], [2]]) {
        const reader = new ByteReader(new FakeConnection(...pieces(encode(text), lengths)).end());
        expect(decode((await reader.readUntil(delimiter)) ?? encode('none'))).toBe(expected);
      }
    });

    it('takes as many bytes as bytesMax, and not one more', async () => {
      const reader = new ByteReader(new FakeConnection('12345--', '123456--').end());
      expect(decode((await reader.readUntil('--', { bytesMax: 5 })) ?? encode('none'))).toBe('12345');
      await expect(reader.readUntil('--', { bytesMax: 5 })).rejects.toMatchObject({
        code: 'EMSGSIZE',
        message: 'A message is longer than 5 bytes',
      });
      expect(decode((await reader.readUntil('--', { bytesMax: 6 })) ?? encode('none'))).toBe('123456');
    });

    it('fails with EOF without a delimiter, and the bytes are still there', async () => {
      const reader = new ByteReader(new FakeConnection('12345').end());
      await expect(reader.readUntil('--')).rejects.toMatchObject({ code: 'EOF', received: 5 });
      expect(decode(await reader.read())).toBe('12345');
    });

    it('refuses an empty delimiter', async () => {
      await expect(new ByteReader(new FakeConnection('x')).readUntil('')).rejects.toThrow(RangeError);
    });
  });

  it.each([
    ['readLine()', (reader: ByteReader) => reader.readLine({ lineBytesMax: 100 })],
    ['readUntil()', (reader: ByteReader) => reader.readUntil('--', { bytesMax: 100 })],
    ['readExactly()', (reader: ByteReader) => reader.readExactly(100)],
    ['readFrame()', (reader: ByteReader) => reader.readFrame({ prefix: 'u8', messageBytesMax: 100 })],
  ])('%s is never further ahead than its message and one chunk', async (_name, read) => {
    const chunkBytes = 64;
    const connection = new FakeConnection(new Uint8Array(10_000).fill(99));
    const reader = new ByteReader(connection, { chunkBytes });
    for (let message = 0; message < 20; message += 1) {
      const before = connection.given;
      await read(reader).catch((error: FramingError) => expect(error.code).toBe('EMSGSIZE'));
      expect(connection.given - before).toBeLessThanOrEqual(100 + 2 + chunkBytes);
    }
    const held = await reader.release();
    expect(held.length).toBeLessThanOrEqual(100 + 2 + chunkBytes);
  });

  it('serves one read at a time', async () => {
    const connection = new FakeConnection();
    const reader = new ByteReader(connection);
    const first = reader.readLine();
    const error = new TypeError('Another read of this reader is waiting; a reader has one at a time');
    await expect(reader.readExactly(1)).rejects.toThrow(error);
    await expect(reader.release()).rejects.toThrow(error);
    connection.arrive('one\n');
    expect(await first).toBe('one');
  });

  it('release() hands back what nobody has read, and ends the reader', async () => {
    const connection = new FakeConnection('one\ntwo\nthr');
    const reader = new ByteReader(connection);
    await reader.readLine();
    expect(decode(await reader.release())).toBe('two\nthr');
    await expect(reader.readLine()).rejects.toThrow(new TypeError('The reader has been released'));
    expect(decode(await new ByteReader(connection.arrive('ee\n')).readExactly(3))).toBe('ee\n');
  });

  it.each([
    [() => new ByteReader(new FakeConnection(), { chunkBytes: 0 }), RangeError],
    [() => new ByteReader(null as unknown as FakeConnection), TypeError],
    [() => new ByteReader({} as FakeConnection), TypeError],
  ])('refuses what is none of its arguments: %s', (make, error) => {
    expect(make).toThrow(error);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses to read %d bytes', async (bytes) => {
    const reader = new ByteReader(new FakeConnection('x'));
    await expect(reader.readExactly(bytes)).rejects.toThrow(RangeError);
    await expect(reader.read(bytes)).rejects.toThrow(RangeError);
  });
});

describe('a read that ends early', () => {
  it('ends with the reason of its signal, and the next one has every byte', async () => {
    const connection = new FakeConnection('hel');
    const reader = new ByteReader(connection);
    const controller = new AbortController();
    const reading = reader.readLine({ signal: controller.signal });
    await settled();
    const reason = new Error('the user has left');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    connection.arrive('lo\n');
    expect(await reader.readLine()).toBe('hello');
  });

  it('takes nothing when its signal is aborted already', async () => {
    const reader = new ByteReader(new FakeConnection('one\n'));
    const reason = new Error('too late');
    await expect(reader.readLine({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(await reader.readLine()).toBe('one');
  });

  it('ends with ETIMEDOUT of the clock of the engine, counted for the whole message', async () => {
    const connection = new FakeConnection();
    const reader = new ByteReader(connection);
    const reading = reader.readLine({ timeoutMs: 1_000 });
    // a byte every 300 ms: each is in time by itself
    for (const byte of 'abc') {
      connection.arrive(byte);
      await settled();
      connection.engine.advance(300);
    }
    connection.engine.advance(99);
    await settled();
    connection.engine.advance(1);
    await expect(reading).rejects.toMatchObject({
      name: 'FramingError',
      code: 'ETIMEDOUT',
      received: 3,
      message: 'After 1000 ms 3 bytes of a message had come and it was not complete',
    });
    connection.arrive('d\n');
    expect(await reader.readLine()).toBe('abcd');
  });

  it('counts completeMs from the first byte of a message, however long it was waited for', async () => {
    const connection = new FakeConnection('on');
    const reader = new ByteReader(connection);
    const first = reader.readLine({ completeMs: 100 });
    await settled();
    connection.engine.advance(99);
    connection.arrive('e\ntw');
    expect(await first).toBe('one');
    connection.engine.advance(1_000); // the time of the consumer is not the peer's
    const second = reader.readLine({ completeMs: 100 });
    await settled();
    connection.engine.advance(99);
    connection.arrive('o\n');
    expect(await second).toBe('two');
    const third = reader.readLine({ completeMs: 100 });
    await settled();
    connection.engine.advance(1_000_000); // a peer that is silent is not late
    connection.arrive('th');
    await settled();
    connection.engine.advance(100);
    await expect(third).rejects.toMatchObject({ code: 'ETIMEDOUT', received: 2 });
    expect(connection.engine.running).toBe(0);
    connection.arrive('ree\n');
    expect(await reader.readLine({ completeMs: 0 })).toBe('three');
  });

  it('keeps the times of a message apart: the earlier one ends it', async () => {
    for (const [completeMs, timeoutMs, endMs] of [
      [100, 1_000, 100],
      [1_000, 100, 100],
    ] as const) {
      const connection = new FakeConnection('begun');
      const reading = new ByteReader(connection).readExactly(10, { completeMs, timeoutMs });
      await settled();
      connection.engine.advance(endMs - 1);
      await settled();
      connection.engine.advance(1);
      await expect(reading).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      expect(connection.engine.running).toBe(0);
    }
  });

  it('completeMs 0 is any time, and what is no time is refused', async () => {
    const connection = new FakeConnection('be');
    const reader = new ByteReader(connection);
    await expect(reader.readLine({ completeMs: -1 })).rejects.toThrow(RangeError);
    const reading = reader.readLine({ completeMs: 0 });
    await settled();
    connection.engine.advance(1_000_000);
    connection.arrive('gun\n');
    expect(await reading).toBe('begun');
  });

  it('leaves no clock running and no listener behind', async () => {
    const connection = new FakeConnection();
    const reader = new ByteReader(connection);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...all: Parameters<typeof add>) => {
      listeners += 1;
      add(...all);
    };
    signal.removeEventListener = (...all: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...all);
    };
    const reading = reader.readLine({ signal, timeoutMs: 1_000 });
    await settled();
    expect([connection.engine.running, listeners]).toEqual([1, 1]);
    connection.arrive('one\ntwo\n');
    await reading;
    expect([connection.engine.running, listeners]).toEqual([0, 0]);
    await reader.readLine({ signal, timeoutMs: 1_000 }); // is there already: no clock at all
    expect([connection.engine.running, listeners]).toEqual([0, 0]);
  });

  it('refuses a time that is no number, and has taken nothing', async () => {
    const reader = new ByteReader(new FakeConnection('one\n'));
    const timeoutMs = '5' as unknown as number;
    await expect(reader.readLine({ timeoutMs })).rejects.toThrow(
      new TypeError('A timeout must be a number of milliseconds, got string'),
    );
    expect(await reader.readLine()).toBe('one');
  });

  it('ends with its signal when it has a time too', async () => {
    const connection = new FakeConnection();
    const controller = new AbortController();
    const reading = new ByteReader(connection).readLine({ signal: controller.signal, timeoutMs: 1_000 });
    await settled();
    const reason = new Error('the user has left');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    expect(connection.engine.running).toBe(0);
  });

  it('starts no clock for a time without end', async () => {
    const connection = new FakeConnection();
    const reading = new ByteReader(connection).readLine({ timeoutMs: Number.POSITIVE_INFINITY });
    await settled();
    expect(connection.engine.running).toBe(0);
    connection.arrive('one\n');
    expect(await reading).toBe('one');
  });

  it('fails with what the connection fails with, after the messages before it', async () => {
    const error = new Error('ECONNRESET');
    const reader = new ByteReader(new FakeConnection('one\ntwo').fail(error).arrive('\n'));
    expect(await reader.readLine()).toBe('one');
    await expect(reader.readLine()).rejects.toBe(error);
    expect(await reader.readLine()).toBe('two');
  });

  it('loses no byte, whenever it is cancelled, and however the stream is cut', async () => {
    const chunk = fc.record({ bytes: fc.uint8Array({ maxLength: 12 }), cancel: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 30 }),
        fc.integer({ min: 1, max: 20 }),
        async (chunks, size) => {
          const connection = new FakeConnection();
          const reader = new ByteReader(connection);
          const got: Uint8Array[] = [];
          for (const { bytes, cancel } of chunks) {
            if (bytes.length > 0) connection.arrive(bytes);
            if (!cancel) continue;
            const controller = new AbortController();
            const reading = reader.readExactly(size, { signal: controller.signal });
            await settled();
            controller.abort();
            await reading.then((record) => got.push(record)).catch(() => {});
          }
          connection.end();
          got.push(...(await all(records(reader, 1))));
          expect(Buffer.concat(got).equals(Buffer.concat(chunks.map(({ bytes }) => bytes)))).toBe(true);
        },
      ),
    );
  });
});

describe('an iteration', () => {
  it('ends quietly when this program has closed the connection', async () => {
    for (const code of ['ECANCELED', 'EBADF']) {
      const connection = new FakeConnection('one\ntw');
      connection.fail(Object.assign(new Error('closed'), { code }));
      connection.closed = true;
      expect(await all(lines(connection))).toEqual(['one']);
    }
  });

  it('fails when somebody else has ended the connection, or for another reason', async () => {
    for (const [closed, code] of [
      [false, 'ECANCELED'],
      [true, 'ECONNRESET'],
    ] as const) {
      const error = Object.assign(new Error('not ours'), { code });
      const connection = new FakeConnection().fail(error);
      connection.closed = closed;
      await expect(all(frames(connection, { prefix: 'u8' }))).rejects.toBe(error);
    }
  });

  it('counts the time of each message by itself', async () => {
    const connection = new FakeConnection('one\n');
    const reading = lines(connection, { timeoutMs: 100 });
    await reading.next();
    connection.engine.advance(1_000); // the time of the consumer is not the peer's
    const second = reading.next();
    await settled();
    connection.engine.advance(99);
    connection.arrive('two\n');
    expect(await second).toEqual({ done: false, value: 'two' });
  });

  it('gives errors that programs tell apart by class', async () => {
    const error = await all(records(new FakeConnection('1').end(), 2)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FramingError);
  });
});
