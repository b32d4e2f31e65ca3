/** Unread bytes: order, ownership of what is taken, and how much memory and copying they cost. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ByteQueue } from '../../src/framing/byte-queue.ts';
import { decode, encode } from '../../src/index.ts';

function queueOf(...chunks: (string | Uint8Array)[]): ByteQueue {
  const queue = new ByteQueue();
  for (const chunk of chunks) queue.append(typeof chunk === 'string' ? encode(chunk) : chunk, 1_000);
  return queue;
}

describe('ByteQueue', () => {
  it('takes across chunks, drops what follows, and keeps the rest', () => {
    const queue = queueOf('one\ntw', 'o\nth', 'ree');
    expect(decode(queue.take(3, 1))).toBe('one');
    expect(decode(queue.take(3, 1))).toBe('two');
    expect(decode(queue.view)).toBe('three');
    queue.skip(2);
    expect(decode(queue.take(3))).toBe('ree');
    expect(queue.length).toBe(0);
  });

  it('gives a chunk that is taken whole without a copy', () => {
    const chunk = encode('a message of one chunk');
    expect(queueOf(chunk).take(chunk.length).buffer).toBe(chunk.buffer);
  });

  it('copies what is small, so that it does not hold the chunk', () => {
    const taken = queueOf(new Uint8Array(1_000)).take(10);
    expect(taken.buffer.byteLength).toBe(10);
  });

  it('takes over the bytes of a Node Buffer and not its class, whose slice does not copy', () => {
    const queue = queueOf(Buffer.from('some bytes and more of them'));
    const small = queue.take(4);
    const large = queue.take(queue.length);
    expect([small.constructor, large.constructor]).toEqual([Uint8Array, Uint8Array]);
    small.fill(0);
    expect(decode(large)).toBe(' bytes and more of them');
  });

  it('gives memory that nobody else has: it can be written to, and transferred', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    const steps = fc.array(fc.tuple(bytes, fc.nat(60), fc.nat(3), fc.boolean()), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new ByteQueue();
        const given: number[] = [];
        const taken: number[] = [];
        for (const [chunk, count, after, transfer] of all) {
          given.push(...chunk);
          if (chunk.length > 0) queue.append(chunk.slice(), 50);
          const length = Math.min(count, queue.length);
          const dropped = Math.min(after, queue.length - length);
          const message = queue.take(length, dropped);
          taken.push(...message, ...given.slice(taken.length + length, taken.length + length + dropped));
          if (transfer) structuredClone(message.buffer, { transfer: [message.buffer as ArrayBuffer] });
          else message.fill(0xee);
        }
        expect([...taken, ...queue.view]).toEqual(given);
      }),
    );
  });

  it('holds no more memory than the longest message and a chunk', () => {
    const [bytesMax, chunkBytes] = [10_000, 700];
    const queue = new ByteQueue();
    while (queue.length < bytesMax) {
      queue.append(new Uint8Array(chunkBytes), bytesMax);
      expect(queue.view.buffer.byteLength).toBeLessThanOrEqual(bytesMax + chunkBytes);
    }
    queue.skip(queue.length);
    expect(queue.view.buffer.byteLength).toBe(0);
  });

  describe('counting what is copied', () => {
    afterEach(() => {
      vi.restoreAllMocks();
    });

    it.each([1, 3, 64])('copies each byte four times at most, in pieces of %i', (pieceBytes) => {
      const set = vi.spyOn(Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array, 'set');
      const queue = new ByteQueue();
      const bytes = 50_000;
      while (queue.length < bytes) queue.append(new Uint8Array(pieceBytes), bytes);
      const copied = set.mock.calls.reduce((sum, [source]) => sum + source.length, 0);
      expect(copied).toBeGreaterThan(bytes - pieceBytes - 1);
      expect(copied).toBeLessThan(4 * bytes);
    });
  });
});
