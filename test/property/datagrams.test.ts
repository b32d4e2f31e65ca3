/**
 * Datagrams of any length arrive as they were sent, each exactly once, one by one and in batches, and a received array
 * never changes. reliability.md rows U18, U19, U36, section 2 rows 28 and 29; field.md section 1.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DatagramSocket } from '../../src/index.ts';
import { AF_INET, SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, socket } from '../../src/index.ts';
import type { Candidate } from './replay.ts';
import { candidates, parameters, pattern } from './replay.ts';

type Udp = DatagramSocket<typeof AF_INET>;

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const MESSAGE_MAX = 65_507;
/** Bytes on their way at once: the receive buffer of an ordinary user is 212,992 bytes, and the kernel counts double. */
const WINDOW_BYTES = 70_000;

/** Two sockets with as much room as the system gives. */
async function pair({ engine }: Candidate): Promise<[sender: Udp, receiver: Udp]> {
  const sender = socket(AF_INET, SOCK_DGRAM, { engine });
  const receiver = socket(AF_INET, SOCK_DGRAM, { engine });
  for (const one of [sender, receiver]) {
    await one.bind(LOOPBACK);
    one.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 22);
    one.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 20);
  }
  return [sender, receiver];
}

function same(received: Uint8Array, sent: Uint8Array, what: string): void {
  if (Buffer.compare(received, sent) === 0) return;
  throw new Error(`${what}: got ${received.length} bytes that are not the ${sent.length} that were sent`);
}

/** Takes what a failed run has left: the smaller run that fast-check tries next must not see it. */
async function drain(receiver: Udp): Promise<void> {
  for (;;) {
    const left = await receiver.recvfrom(1, { timeoutMs: 0 }).catch(() => undefined);
    if (left === undefined) return;
  }
}

async function expectNothing(receiver: Udp): Promise<void> {
  await expect(receiver.recvfrom(1, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
}

/** Sends messages of these lengths, so many at once as fit, and receives each. */
async function exchange(
  sender: Udp,
  receiver: Udp,
  lengths: readonly number[],
  first: number,
): Promise<void> {
  const address = receiver.getsockname();
  for (let done = 0; done < lengths.length; ) {
    const sent: Uint8Array[] = [];
    for (let room = WINDOW_BYTES; done + sent.length < lengths.length; ) {
      const length = lengths[done + sent.length] ?? 0;
      room -= length + 1024;
      if (room < 0 && sent.length > 0) break;
      sent.push(pattern(first + done + sent.length, length));
    }
    const sending = Promise.all(sent.map((data) => sender.sendto(data, address)));
    for (const [index, data] of sent.entries()) {
      const { data: received, length, flags } = await receiver.recvmsg(MESSAGE_MAX, { timeoutMs: 5000 });
      same(received, data, `datagram ${done + index}`);
      expect([length, flags]).toEqual([data.length, 0]);
    }
    expect(await sending).toEqual(sent.map(({ length }) => length));
    done += sent.length;
  }
}

describe.each(candidates)('datagrams on the engine $engine$missing', (candidate) => {
  const { engine, missing } = candidate;
  const available = it.skipIf(missing);
  /** The engine of the large counts; the other shares the cases, not the time. */
  const scale = engine === 'linux' ? 1 : 0.1;

  available('10,000 of random length from 0 to 65,507 arrive byte for byte, once and in order', async () => {
    const [sender, receiver] = await pair(candidate);
    const runs = 100 * scale;
    let count = 0;
    const lengths = fc.array(fc.integer({ min: 0, max: MESSAGE_MAX }), {
      minLength: 100,
      maxLength: 100,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(lengths, async (all) => {
        await drain(receiver);
        await exchange(sender, receiver, all, count);
        count += all.length;
        await expectNothing(receiver);
      }),
      parameters(runs),
    );
    expect(count).toBeGreaterThanOrEqual(runs * 100);
    await sender.close();
    await receiver.close();
  });

  available('every one of sendmmsg() arrives exactly once, for any count from 1 to 1,000', async () => {
    const [sender, receiver] = await pair(candidate);
    const address = receiver.getsockname();
    const edges = [1, 2, 63, 64, 65, 128, 129, 204, 205, 512, 999, 1000];
    const counts = fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(...edges));
    // datagrams of one length for one peer take another way through the engine than those of different lengths
    const length = fc.oneof(
      fc.constant(() => 40),
      fc.constant((index: number) => (index * 7) % 90),
    );
    await fc.assert(
      fc.asyncProperty(counts, length, async (count, lengthOf) => {
        await drain(receiver);
        const sent = Array.from({ length: count }, (_, index) => pattern(index, lengthOf(index)));
        const sending = sendEvery(
          sender,
          sent.map((data) => ({ data, address })),
        );
        for (let got = 0; got < count; ) {
          const messages = await receiver.recvmmsg(Math.min(100, count - got), 2048, { timeoutMs: 5000 });
          for (const { data } of messages)
            same(data, sent[got++] as Uint8Array, `datagram ${got - 1} of ${count}`);
        }
        expect(await sending).toBe(count);
        await expectNothing(receiver);
      }),
      {
        ...parameters(60 * scale),
        examples: edges.map((count): [number, () => number] => [count, () => 40]),
      },
    );
    await sender.close();
    await receiver.close();
  });

  available(
    '100,000 of random small length show no foreign byte, and a received array never changes',
    async () => {
      const [sender, receiver] = await pair(candidate);
      const kept: [Uint8Array, number, number][] = [];
      let count = 0;
      const lengths = fc.array(fc.integer({ min: 0, max: 300 }), {
        minLength: 50,
        maxLength: 50,
        size: 'max',
      });
      await fc.assert(
        fc.asyncProperty(lengths, async (all) => {
          await drain(receiver);
          const address = receiver.getsockname();
          const first = count;
          const sending = Promise.all(
            all.map((length, index) => sender.sendto(pattern(first + index, length), address)),
          );
          for (const [index, length] of all.entries()) {
            const [data] = await receiver.recvfrom(2048, { timeoutMs: 5000 });
            same(data, pattern(first + index, length), `datagram ${first + index}`);
            if (index % 5 === 0) kept.push([data, first + index, length]);
          }
          await sending;
          count += all.length;
        }),
        parameters(2000 * scale),
      );
      expect(count).toBeGreaterThanOrEqual(100_000 * scale);
      for (const [data, message, length] of kept)
        same(data, pattern(message, length), `datagram ${message}, later`);
      await sender.close();
      await receiver.close();
    },
  );
});

/** Calls sendmmsg() until all are gone, as a program does. */
async function sendEvery(
  sender: Udp,
  messages: readonly { data: Uint8Array; address: typeof LOOPBACK }[],
): Promise<number> {
  let sent = 0;
  while (sent < messages.length) sent += await sender.sendmmsg(messages.slice(sent));
  return sent;
}
