/** The byte queues of a connection: whatever the sizes, the bytes come out once and in order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Inbox, Outbox } from '../../../src/engines/node/bytes.ts';

const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
const sizes = fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 30 });

function join(chunks: readonly Uint8Array[]): number[] {
  return chunks.flatMap((chunk) => [...chunk]);
}

test('an Outbox gives its parts out in pieces', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 25 }), (data, max) => {
      const outbox = new Outbox(data);
      const pieces: Uint8Array[] = [];
      while (outbox.taken < outbox.length) pieces.push(outbox.take(max) ?? new Uint8Array(0));
      expect(join(pieces)).toEqual(join(data));
      expect(pieces.every((piece) => piece.length <= max && piece.length > 0)).toBe(true);
    }),
  );
});

test('an Inbox gives its chunks out in any sizes, peeked or taken', () => {
  fc.assert(
    fc.property(parts, sizes, (chunks, takes) => {
      const inbox = new Inbox();
      const copies = chunks.map((chunk) => chunk.slice());
      for (const chunk of copies) inbox.push(chunk);
      const taken: Uint8Array[] = [];
      for (const size of takes) {
        const peeked = inbox.peek(size);
        taken.push(inbox.take(size));
        expect([...(taken.at(-1) ?? [])]).toEqual([...peeked]);
      }
      taken.push(inbox.take(inbox.length));
      expect(join(taken)).toEqual(join(chunks));
      expect(inbox.length).toBe(0);
    }),
  );
});
