/** Datagrams that the kernel hands over as one train (UDP_GRO, udp(7)): cut again, each whole, once, in order. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { DatagramSocket } from '../../../src/index.ts';
import {
  AF_INET,
  IPPROTO_UDP,
  MSG_TRUNC,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  socket,
  UDP_GRO,
} from '../../../src/index.ts';
import { engineOn, Faults } from './faulty-engine.ts';
import { noLinuxEngine } from './requirements.ts';

const open: DatagramSocket[] = [];

async function pair(faults = new Faults()): Promise<{ sender: DatagramSocket; receiver: DatagramSocket }> {
  const sender = socket(AF_INET, SOCK_DGRAM, { engine: 'linux' });
  const receiver = socket(AF_INET, SOCK_DGRAM, { engine: engineOn(faults.libc) });
  open.push(sender, receiver);
  await receiver.bind({ host: '127.0.0.1', port: 0 });
  receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20);
  receiver.setsockopt(IPPROTO_UDP, UDP_GRO, true);
  await sender.connect(receiver.getsockname());
  return { sender, receiver };
}

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed) & 255);
}

describe.skipIf(noLinuxEngine)('trains of datagrams', () => {
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it('a burst of one size comes with a few system calls, one by one', async () => {
    const faults = new Faults();
    const { sender, receiver } = await pair(faults);
    const data = bytesOf(200, 1);
    await sender.sendmmsg(Array.from({ length: 256 }, () => ({ data })));
    const before = faults.calls.get('recvmmsg') ?? 0;
    for (let count = 0; count < 256; count += 1) {
      const [message, address] = await receiver.recvfrom();
      expect(message).toEqual(data);
      expect(address).toEqual(sender.getsockname());
    }
    // 256 datagrams in trains of 64 are 4 messages, in at most two batches and a look that finds nothing
    expect((faults.calls.get('recvmmsg') ?? 0) - before).toBeLessThanOrEqual(3);
  });

  it('a datagram of a train is cut, and said to be, like any other', async () => {
    const { sender, receiver } = await pair();
    await sender.sendmmsg(Array.from({ length: 3 }, () => ({ data: bytesOf(100, 2) })));
    expect(await receiver.recvmsg(10)).toMatchObject({
      data: bytesOf(100, 2).slice(0, 10),
      flags: MSG_TRUNC,
      length: 100,
    });
    expect((await receiver.recv(100)).length).toBe(100);
  });

  it('without the option again, datagrams come as before', async () => {
    const { sender, receiver } = await pair();
    receiver.setsockopt(IPPROTO_UDP, UDP_GRO, false);
    await sender.sendmmsg(Array.from({ length: 3 }, () => ({ data: bytesOf(100, 3) })));
    for (let count = 0; count < 3; count += 1) expect(await receiver.recv()).toEqual(bytesOf(100, 3));
  });

  it('datagrams of any sizes arrive each once, whole and in order', async () => {
    const { sender, receiver } = await pair();
    const sizes = fc.array(
      fc.oneof(fc.constantFrom(0, 1, 64, 1200, 1201), fc.integer({ min: 0, max: 2000 })),
      { minLength: 1, maxLength: 150 },
    );
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (lengths, many) => {
        const messages = lengths.map((length, index) => bytesOf(length, index));
        if (many) await sender.sendmmsg(messages.map((data) => ({ data })));
        else await Promise.all(messages.map((data) => sender.send(data)));
        for (const message of messages) {
          expect(Buffer.compare(await receiver.recv(65_535, { timeoutMs: 5000 }), message)).toBe(0);
        }
      }),
      { numRuns: 200 },
    );
  });
});
