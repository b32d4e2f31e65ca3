/** Receiving datagrams: truncation, peeking, who sent it, whose bytes they are. recvfrom(2), recvmsg(2). */
import { decode, encode, MSG_PEEK, MSG_TRUNC, MSG_WAITALL } from '../../index.ts';
import { equal, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, udpPair } from '../fixtures.ts';

export const datagramReceiveCases: readonly ConformanceCase[] = [
  {
    name: 'recvfrom() truncates a datagram longer than the buffer',
    rows: ['U21'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      await a.sendto('0123456789', b.getsockname());
      await a.sendto('next', b.getsockname());
      equal(decode((await b.recvfrom(4))[0]), '0123', 'the datagram');
      equal(decode((await b.recvfrom(4))[0]), 'next', 'the datagram after it');
    },
  },
  {
    name: 'recvmsg() tells that a datagram was cut, and its full length',
    rows: ['U21'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const [size, flags] of [
        [9, MSG_TRUNC],
        [10, 0],
        [11, 0],
        [0, MSG_TRUNC],
      ] as const) {
        await a.sendto('0123456789', b.getsockname());
        const message = await b.recvmsg(size);
        equal(decode(message.data), '0123456789'.slice(0, size), `the data in ${size} bytes`);
        equal([message.flags, message.length], [flags, 10], `flags and length in ${size} bytes`);
        equal(message.address, a.getsockname(), 'the sender');
      }
    },
  },
  {
    name: 'recvmmsg() tells of each datagram whether it was cut',
    rows: ['U21'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const text of ['long one', 'short']) await a.sendto(text, b.getsockname());
      const messages = [...(await b.recvmmsg(1, 5)), ...(await b.recvmmsg(1, 5))];
      equal(
        messages.map(({ flags, length }) => [flags, length]),
        [
          [MSG_TRUNC, 8],
          [0, 5],
        ],
        'flags and lengths',
      );
    },
  },
  {
    name: 'recvfrom(0) takes a datagram and gives none of it',
    rows: ['U18', 'U21'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const text of ['first', 'second']) await a.sendto(text, b.getsockname());
      equal(await b.recvfrom(0), [new Uint8Array(0), a.getsockname()], 'the first');
      equal(decode((await b.recvfrom())[0]), 'second', 'the second');
    },
  },
  {
    name: 'recvfrom() refuses a size that is no whole number from 0 up',
    rows: ['U57'],
    run: async (context) => {
      const bound = await boundUdp(context);
      for (const size of [-1, 1.5, Number.NaN, 2 ** 31, '9', { valueOf: () => 9 }, null]) {
        await rejects('RangeError', bound.recvfrom(size as number), `recvfrom(${String(size)})`);
      }
    },
  },
  {
    name: 'recvfrom() with MSG_PEEK leaves the datagram',
    rows: ['U51', 'T14'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const text of ['first', 'second']) await a.sendto(text, b.getsockname());
      const flags = MSG_PEEK;
      equal(decode((await b.recvfrom(3, { flags }))[0]), 'fir', 'the first look');
      equal((await b.recvmsg(99, { flags })).length, 5, 'the length at the second look');
      equal(decode((await b.recvfrom())[0]), 'first', 'the datagram');
      equal(decode((await b.recvfrom())[0]), 'second', 'the next');
    },
  },
  {
    name: 'recvfrom() refuses flags that it does not have',
    rows: ['T14'],
    run: async (context) => {
      const bound = await boundUdp(context);
      await rejects('RangeError', bound.recvfrom(1, { flags: MSG_WAITALL }), 'recvfrom with MSG_WAITALL');
    },
  },
  {
    name: 'recvfrom() gives an address that sendto() takes',
    rows: ['U51'],
    run: async (context) => {
      const server = await boundUdp(context);
      for (let index = 0; index < 3; index++) {
        const client = await boundUdp(context);
        await client.sendto('ask', server.getsockname());
        const [message, address] = await server.recvfrom(2048);
        equal(address, client.getsockname(), 'the client');
        await server.sendto(decode(message).toUpperCase(), address);
        equal(await client.recvfrom(2048), [encode('ASK'), server.getsockname()], 'the reply');
      }
    },
  },
  {
    name: 'recvfrom() gives bytes that no later datagram changes',
    rows: ['U27'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const kept: [Uint8Array, Uint8Array][] = [];
      for (let round = 0; round < 300; round++) {
        const data = context.random.bytes(context.random.integer(1, 600));
        await a.sendto(data, b.getsockname());
        const [message] = await b.recvfrom();
        // what is written into one message must not show in another
        if (round % 3 === 0) message.fill(0xee);
        else kept.push([message, data]);
      }
      for (const [index, [message, data]] of kept.entries()) equal(message, data, `kept message ${index}`);
    },
  },
  {
    name: 'recvmmsg() gives bytes that no later datagram changes',
    rows: ['U37'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const kept: Uint8Array[] = [];
      for (let round = 0; round < 20; round++) {
        for (let index = 0; index < 10; index++) await a.sendto(Uint8Array.of(round, index), b.getsockname());
        for (let count = 0; count < 10; ) {
          const messages = await b.recvmmsg(10 - count, 2);
          count += messages.length;
          kept.push(...messages.map(({ data }) => data));
        }
      }
      for (const [index, data] of kept.entries()) {
        equal(data, Uint8Array.of(Math.floor(index / 10), index % 10), `kept message ${index}`);
      }
    },
  },
];
