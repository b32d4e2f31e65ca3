/** Many datagrams: batches, bursts, and that every datagram arrives exactly once. sendmmsg(2), recvmmsg(2). */
import type { DatagramSocket } from '../../index.ts';
import { AF_INET, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, connectedUdpPair, roomyUdp, udpPair } from '../fixtures.ts';

/** Receives `count` datagrams and compares each with what was sent. */
async function expectAll(receiver: DatagramSocket, sent: readonly Uint8Array[], what: string): Promise<void> {
  const received: Uint8Array[] = [];
  while (received.length < sent.length) {
    const messages = await receiver.recvmmsg(Math.min(1024, sent.length - received.length), undefined, {
      timeoutMs: 5000,
    });
    received.push(...messages.map(({ data }) => data));
  }
  for (const [index, data] of sent.entries()) equal(received[index], data, `${what}: datagram ${index}`);
  await rejects('ETIMEDOUT', receiver.recvfrom(1, { timeoutMs: 0 }), `${what}: one more datagram`);
}

export const datagramManyCases: readonly ConformanceCase[] = [
  {
    name: 'sendmmsg() sends every datagram exactly once, from 1 to 1,000',
    rows: ['U36'],
    needs: ['large receive buffer'],
    run: async (context) => {
      const receiver = await roomyUdp(context);
      const sender = context.socket(AF_INET, SOCK_DGRAM);
      const address = receiver.getsockname();
      const counts = [
        1,
        2,
        63,
        64,
        65,
        1000,
        ...Array.from({ length: 6 }, () => context.random.integer(1, 1000)),
      ];
      for (const count of counts) {
        const sent = Array.from({ length: count }, () => context.random.bytes(context.random.integer(0, 40)));
        let done = 0;
        while (done < count)
          done += await sender.sendmmsg(sent.slice(done).map((data) => ({ data, address })));
        equal(done, count, 'the count');
        await expectAll(receiver, sent, `${count} datagrams`);
      }
    },
  },
  {
    name: 'sendmmsg() sends each datagram to its own address',
    rows: ['U36'],
    run: async (context) => {
      const receivers = [await boundUdp(context), await boundUdp(context), await boundUdp(context)];
      const sender = await boundUdp(context);
      const messages = Array.from({ length: 30 }, (_, index) => {
        const receiver = receivers[index % 3] ?? sender;
        return { data: Uint8Array.of(index), address: receiver.getsockname() };
      });
      equal(await sender.sendmmsg(messages), 30, 'the count');
      for (const [own, receiver] of receivers.entries()) {
        const expected = messages.map(({ data }) => data).filter((_, index) => index % 3 === own);
        await expectAll(receiver, expected, `receiver ${own}`);
      }
    },
  },
  {
    name: 'sendmmsg() of nothing is no call',
    rows: ['U36'],
    run: async ({ socket }) => {
      equal(await socket(AF_INET, SOCK_DGRAM).sendmmsg([]), 0, 'the count');
    },
  },
  {
    name: 'sendmmsg() stops at a datagram that is too long, says so once, and goes on',
    rows: ['U35', 'U20'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      const long = { data: new Uint8Array(65_508) };
      equal(await a.sendmmsg([{ data: 'one' }, { data: 'two' }, long, { data: 'three' }]), 2, 'the count');
      await rejects('EMSGSIZE', a.sendmmsg([long, { data: 'three' }]), 'the rest');
      equal(await a.sendmmsg([{ data: 'three' }]), 1, 'the good tail');
      await expectAll(
        b,
        ['one', 'two', 'three'].map((text) => new TextEncoder().encode(text)),
        'the good ones',
      );
    },
  },
  {
    name: 'sendto() many times in one turn sends each datagram once and in order',
    rows: ['U22', 'U34'],
    needs: ['large receive buffer'],
    run: async (context) => {
      const receiver = await roomyUdp(context);
      const sender = context.socket(AF_INET, SOCK_DGRAM);
      // sizes around a segment, an Ethernet frame and the limits of segmentation offload (udp(7) UDP_SEGMENT)
      for (const size of [0, 1, 7, 512, 1400, 1472, 1473, 9000]) {
        const sent = Array.from({ length: 130 }, (_, index) => new Uint8Array(size).fill(index));
        const counts = await Promise.all(sent.map((data) => sender.sendto(data, receiver.getsockname())));
        ok(
          counts.every((count) => count === size),
          `every count should be ${size}, got ${new Set(counts).size} values`,
        );
        await expectAll(receiver, sent, `${size} bytes`);
      }
    },
  },
  {
    name: 'sendto() of mixed sizes to mixed peers in one turn keeps sizes, peers and order',
    rows: ['U34', 'U36'],
    needs: ['large receive buffer'],
    run: async (context) => {
      const receivers = [await roomyUdp(context), await roomyUdp(context)] as const;
      const sender = context.socket(AF_INET, SOCK_DGRAM);
      const sent: [Uint8Array[], Uint8Array[]] = [[], []];
      const calls: Promise<number>[] = [];
      for (let index = 0; index < 600; index++) {
        const to = context.random.integer(0, 1) as 0 | 1;
        const data = context.random.bytes(context.random.integer(0, 3) * 300);
        sent[to].push(data);
        calls.push(sender.sendto(data, receivers[to].getsockname()));
      }
      await Promise.all(calls);
      for (const to of [0, 1] as const) await expectAll(receivers[to], sent[to], `receiver ${to}`);
    },
  },
  {
    name: 'sendto() 512 times with a tiny SO_SNDBUF sends all, first in first out',
    rows: ['U34', 'U32'],
    needs: ['large receive buffer', 'udp option SO_SNDBUF'],
    run: async (context) => {
      const receiver = await roomyUdp(context);
      const sender = await boundUdp(context);
      sender.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
      const sent = Array.from({ length: 512 }, (_, index) => Uint8Array.of(index >> 8, index));
      const counts = await Promise.all(sent.map((data) => sender.sendto(data, receiver.getsockname())));
      ok(
        counts.every((count) => count === 2),
        'every count should be 2',
      );
      await expectAll(receiver, sent, 'the burst');
    },
  },
  {
    name: 'recvmmsg() takes what is there, up to its count, in order',
    rows: ['U37'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (let index = 0; index < 5; index++) await a.sendto(Uint8Array.of(index), b.getsockname());
      const got: number[] = [];
      while (got.length < 5) {
        const messages = await b.recvmmsg(3);
        ok(messages.length >= 1 && messages.length <= 3, `recvmmsg(3) gave ${messages.length}`);
        for (const { data, address, length, flags } of messages) {
          got.push(data[0] ?? -1);
          equal([address, length, flags], [a.getsockname(), 1, 0], 'what is known of the datagram');
        }
      }
      equal(got, [0, 1, 2, 3, 4], 'the order');
    },
  },
  {
    name: 'recvmmsg() waits for one datagram only',
    rows: ['U37'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const waiting = b.recvmmsg(100);
      await a.sendto('x', b.getsockname());
      equal((await waiting).length, 1, 'the count');
    },
  },
  {
    name: 'recvmmsg() refuses a count outside 1 to 1,024',
    rows: ['U37'],
    run: async (context) => {
      const bound = await boundUdp(context);
      for (const count of [0, -1, 1.5, 1025, Number.NaN])
        await rejects('RangeError', bound.recvmmsg(count), `recvmmsg(${count})`);
    },
  },
  {
    name: 'recvfrom() gets random lengths from 0 to 65,507 whole',
    rows: ['U19', 'U18'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (let round = 0; round < 40; round++) {
        const data = context.random.bytes(context.random.integer(0, round % 2 === 0 ? 65_507 : 200));
        equal(await a.sendto(data, b.getsockname()), data.length, 'the count');
        equal((await b.recvfrom())[0], data, `a datagram of ${data.length} bytes`);
      }
    },
  },
];
