/** Framing over Web Streams: locks, reads that can't be called off, chunks of any size, writers in a line. */
import { describe, expect, it } from 'vitest';
import { ByteReader, frames, lines, sendFrame, sendLine } from '../../src/framing/index.ts';
import { decode, encode } from '../../src/index.ts';
import { all } from './fake-connection.ts';

interface Fed {
  readonly stream: ReadableStream<Uint8Array>;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** How often a chunk was asked for. */
  pulls(): number;
}

/** A stream that is fed by hand. */
function fed(): Fed {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let pulls = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => {
        pulls += 1;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, controller: controller as NonNullable<typeof controller>, pulls: () => pulls };
}

describe('reading a ReadableStream', () => {
  it('gives its lines, through chunks of any size', async () => {
    const { stream, controller } = fed();
    for (const chunk of ['o', 'ne\r', '', '\ntwo\n\nth', 'ree']) controller.enqueue(encode(chunk));
    controller.close();
    expect(await all(lines(stream))).toEqual(['one', 'two', '', 'three']);
  });

  it('asks for a chunk only when a message is missing', async () => {
    const { stream, controller, pulls } = fed();
    const reader = new ByteReader(stream);
    await Promise.resolve();
    expect(pulls()).toBe(0);
    const first = reader.readLine();
    controller.enqueue(encode('one\ntwo\n'));
    expect(await first).toBe('one');
    const before = pulls();
    expect(await reader.readLine()).toBe('two');
    expect(pulls()).toBe(before);
  });

  it('keeps the chunk of a read that was cancelled', async () => {
    const { stream, controller } = fed();
    const reader = new ByteReader(stream);
    const abort = new AbortController();
    const reading = reader.readLine({ signal: abort.signal });
    abort.abort(new Error('not now'));
    await expect(reading).rejects.toThrow('not now');
    controller.enqueue(encode('one\n'));
    expect(await reader.readLine()).toBe('one');
  });

  it('ends with a signal that is aborted between two of its chunks', async () => {
    const { stream, controller } = fed();
    const reader = new ByteReader(stream);
    const abort = new AbortController();
    const reading = reader.readLine({ signal: abort.signal });
    controller.enqueue(encode('on'));
    queueMicrotask(() => abort.abort(new Error('not now')));
    await expect(reading).rejects.toThrow('not now');
    controller.enqueue(encode('e\n'));
    expect(await reader.readLine()).toBe('one');
  });

  it('ends with ETIMEDOUT by the clock of the host', async () => {
    const { stream, controller } = fed();
    const reader = new ByteReader(stream);
    controller.enqueue(encode('on'));
    await expect(reader.readLine({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'ETIMEDOUT', received: 2 });
    controller.enqueue(encode('e\n'));
    expect(await reader.readLine()).toBe('one');
  });

  it('hands the stream over with the chunk that came for a cancelled read', async () => {
    const { stream, controller } = fed();
    const reader = new ByteReader(stream);
    controller.enqueue(encode('one\ntwo,'));
    await reader.readLine();
    await expect(reader.readExactly(100, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    controller.enqueue(encode('three,'));
    expect(decode(await reader.release())).toBe('two,three,');
    controller.enqueue(encode('four'));
    controller.close();
    expect(await all(lines(stream))).toEqual(['four']);
  });

  it('gives the lock back when nothing came for a cancelled read', async () => {
    const { stream, controller } = fed();
    const reader = new ByteReader(stream);
    await expect(reader.readLine({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    expect(await reader.release()).toHaveLength(0);
    controller.enqueue(encode('one'));
    controller.close();
    expect(await all(lines(stream))).toEqual(['one']);
  });

  it('gives the lock back when a loop is left', async () => {
    const { stream, controller } = fed();
    controller.enqueue(encode('one\n'));
    controller.enqueue(encode('two\n'));
    controller.close();
    for await (const line of lines(stream)) {
      expect(line).toBe('one');
      break;
    }
    expect(stream.locked).toBe(false);
    expect(await all(lines(stream))).toEqual(['two']);
  });

  it('fails with what the stream fails with, also when nobody waits at that moment', async () => {
    const { stream, controller } = fed();
    const reader = new ByteReader(stream);
    await expect(reader.readLine({ timeoutMs: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const error = new Error('the stream broke');
    controller.error(error);
    // a rejection that nobody handles would fail the run about here
    await new Promise((resolve) => setImmediate(resolve));
    await expect(reader.readLine()).rejects.toBe(error);
  });

  it('refuses a stream of text, and one that is locked', async () => {
    const { stream, controller } = fed();
    controller.enqueue('text' as unknown as Uint8Array);
    const reader = new ByteReader(stream);
    await expect(reader.readLine()).rejects.toThrow(
      new TypeError('A chunk of the stream must be a Uint8Array, got string'),
    );
    expect(() => new ByteReader(stream)).toThrow(TypeError);
  });

  it('reads a stream of bytes too', async () => {
    const stream = new ReadableStream({
      type: 'bytes',
      start: (controller) => controller.enqueue(encode('one\n')),
    });
    expect(await new ByteReader(stream).readLine()).toBe('one');
  });
});

describe('writing to a WritableStream', () => {
  it('writes each message as one chunk, in order, however many stand in line', async () => {
    const chunks: string[] = [];
    const stream = new WritableStream<Uint8Array>({
      write: async (chunk) => {
        await Promise.resolve();
        chunks.push(decode(chunk));
      },
    });
    await Promise.all([
      sendLine(stream, 'one'),
      sendFrame(stream, 'two', { prefix: 'u8' }),
      sendLine(stream, ''),
    ]);
    expect(chunks).toEqual(['one\n', '\x03two', '\n']);
    expect(stream.locked).toBe(false);
  });

  it('waits until the stream has taken the message', async () => {
    let take: (() => void) | undefined;
    const stream = new WritableStream<Uint8Array>({
      write: () =>
        new Promise<void>((resolve) => {
          take = resolve;
        }),
    });
    let sent = false;
    const sending = sendLine(stream, 'one').then(() => {
      sent = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBe(false);
    take?.();
    await sending;
  });

  it('stops waiting by its time or its signal', async () => {
    const stream = new WritableStream<Uint8Array>({ write: () => new Promise(() => {}) });
    await expect(sendLine(stream, 'one', { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      message: 'A message was not sent within 1 ms',
    });
    const reason = new Error('not now');
    await expect(sendLine(stream, 'one', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('fails with what the stream fails with, and leaves no rejection behind', async () => {
    const error = new Error('the stream broke');
    const stream = new WritableStream<Uint8Array>({ write: () => Promise.reject(error) });
    await expect(sendFrame(stream, 'one', { prefix: 'u8' })).rejects.toBe(error);
    await expect(sendFrame(stream, 'two', { prefix: 'u8' })).rejects.toBe(error);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('a stream between the two', () => {
  it('carries frames with back-pressure', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const format = { prefix: 'varint' } as const;
    const sent = Array.from({ length: 50 }, (_, index) => 'x'.repeat(index * 7));
    const sending = (async () => {
      for (const text of sent) await sendFrame(writable, text, format);
      await writable.close();
    })();
    expect((await all(frames(readable, format))).map(decode)).toEqual(sent);
    await sending;
  });
});
