/** Sending datagrams: what may be sent, how it is cut into datagrams, and what the call gives. sendto(2), udp(7). */
import { AF_INET, AF_INET6, decode, encode, SOCK_DGRAM } from '../../index.ts';
import { equal, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, connectedUdpPair, udpPair } from '../fixtures.ts';
import { BAD_PORTS } from './datagram-bind.ts';

/** The longest UDP payload over IPv4. */
const PAYLOAD_MAX = 65_507;

export const datagramSendCases: readonly ConformanceCase[] = [
  {
    name: 'sendto() refuses what is no port of a peer, 0 too',
    rows: ['U14'],
    run: async (context) => {
      const sender = await boundUdp(context);
      for (const port of [...BAD_PORTS, 0]) {
        const call = sender.sendto('x', { host: '127.0.0.1', port: port as number });
        await rejects(
          typeof port === 'number' ? 'RangeError' : 'TypeError',
          call,
          `sendto port ${String(port)}`,
        );
      }
    },
  },
  {
    name: 'connect() refuses what is no port of a peer, 0 too',
    rows: ['U14'],
    run: async ({ socket }) => {
      for (const port of [...BAD_PORTS, 0]) {
        const call = socket(AF_INET, SOCK_DGRAM).connect({ host: '127.0.0.1', port: port as number });
        await rejects(
          typeof port === 'number' ? 'RangeError' : 'TypeError',
          call,
          `connect to port ${String(port)}`,
        );
      }
    },
  },
  {
    name: 'sendto() takes text, bytes and views of every element type',
    rows: ['U15'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const bytes = encode('ABCDEFGH');
      const { buffer } = bytes.slice();
      const all = [
        'ABCDEFGH',
        bytes,
        buffer,
        new Int8Array(buffer),
        new Uint8ClampedArray(buffer),
        new Uint16Array(buffer),
      ];
      const wide = [
        new Int32Array(buffer),
        new Float32Array(buffer),
        new Float64Array(buffer),
        new BigUint64Array(buffer),
      ];
      const shared = new SharedArrayBuffer(8);
      new Uint8Array(shared).set(bytes);
      for (const data of [...all, ...wide, new DataView(buffer), shared, new Uint8Array(shared)]) {
        equal(await a.sendto(data, b.getsockname()), 8, `the count of ${data.constructor.name}`);
        equal((await b.recvfrom())[0], bytes, `what arrived of ${data.constructor.name}`);
      }
    },
  },
  {
    name: 'sendto() refuses what is neither text nor bytes',
    rows: ['U15'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const data of [1, null, undefined, true, {}, ['x'], Symbol('x')]) {
        await rejects(
          'TypeError',
          a.sendto(data as unknown as string, b.getsockname()),
          `sendto ${String(data)}`,
        );
      }
    },
  },
  {
    name: 'sendto() sends the part of a buffer that a view covers',
    rows: ['U16'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const { buffer } = encode('0123456789').slice();
      for (const [start, length, text] of [
        [0, 10, '0123456789'],
        [3, 4, '3456'],
        [9, 1, '9'],
        [10, 0, ''],
      ] as const) {
        await a.sendto(new Uint8Array(buffer, start, length), b.getsockname());
        equal(decode((await b.recvfrom())[0]), text, `bytes ${start} to ${start + length}`);
      }
    },
  },
  {
    name: 'sendmsg() gathers its parts into one datagram',
    rows: ['U17'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const data = ['one ', encode('two '), new Uint8Array(0), new DataView(encode('three').slice().buffer)];
      equal(await a.sendmsg({ data, address: b.getsockname() }), 13, 'the count');
      equal(decode((await b.recvfrom())[0]), 'one two three', 'the datagram');
    },
  },
  {
    name: 'sendmsg() gathers many parts',
    rows: ['U17'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      // more than UIO_MAXIOV, 1,024: the parts that one system call takes
      const parts = Array.from({ length: 1100 }, (_, index) => Uint8Array.of(index));
      equal(await a.sendmsg({ data: parts, address: b.getsockname() }), 1100, 'the count');
      equal(
        (await b.recvfrom())[0],
        Uint8Array.from(parts, ([byte = 0]) => byte),
        'the datagram',
      );
    },
  },
  {
    name: 'sendto() takes the bytes when it is called',
    rows: ['U17'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const bytes = encode('before');
      const calls = [
        a.sendto(bytes, b.getsockname()),
        a.sendmsg({ data: [bytes, bytes], address: b.getsockname() }),
      ];
      calls.push(a.sendmmsg([{ data: bytes, address: b.getsockname() }]));
      bytes.fill(0x21);
      await Promise.all(calls);
      for (const text of ['before', 'beforebefore', 'before'])
        equal(decode((await b.recvfrom())[0]), text, 'the datagram');
    },
  },
  {
    name: 'sendto() of no data is a datagram of length zero',
    rows: ['U18'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const data of ['', new Uint8Array(0), new ArrayBuffer(0)]) {
        equal(await a.sendto(data, b.getsockname()), 0, 'the count');
        const [message, address] = await b.recvfrom();
        equal(message.length, 0, 'the length');
        equal(address, a.getsockname(), 'the sender');
      }
    },
  },
  {
    name: 'send() of no data is a datagram of length zero',
    rows: ['U18'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      equal(await a.send(''), 0, 'the count of send');
      equal(await a.sendmsg({ data: [] }), 0, 'the count of sendmsg without parts');
      equal(await a.sendmmsg([{ data: '' }, { data: ['', ''] }]), 2, 'the count of sendmmsg');
      for (let index = 0; index < 4; index++)
        equal((await b.recv()).length, 0, `the length of datagram ${index}`);
    },
  },
  {
    name: 'sendto() sends 65,507 bytes and rejects 65,508 with EMSGSIZE',
    rows: ['U19', 'U20'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const data = context.random.bytes(PAYLOAD_MAX + 1);
      await rejects('EMSGSIZE', a.sendto(data, b.getsockname()), 'sendto 65,508 bytes');
      equal(await a.sendto(data.subarray(1), b.getsockname()), PAYLOAD_MAX, 'the count');
      equal((await b.recvfrom())[0], data.subarray(1), 'the datagram');
    },
  },
  {
    name: 'sendto() over IPv6 sends 65,527 bytes and rejects 65,528 with EMSGSIZE',
    rows: ['U19'],
    needs: ['ipv6'],
    run: async ({ socket, random }) => {
      const [a, b] = [socket(AF_INET6, SOCK_DGRAM), socket(AF_INET6, SOCK_DGRAM)];
      await b.bind({ host: '::1', port: 0 });
      // IPv6 does not count its own header: 65,535 less 8 for UDP
      const data = random.bytes(65_528);
      await rejects('EMSGSIZE', a.sendto(data, b.getsockname()), 'sendto 65,528 bytes');
      equal(await a.sendto(data.subarray(1), b.getsockname()), 65_527, 'the count');
      equal((await b.recvfrom())[0], data.subarray(1), 'the datagram');
    },
  },
  {
    name: 'sendmsg() counts all parts for EMSGSIZE, and reports it once',
    rows: ['U19', 'U20'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      const half = new Uint8Array(PAYLOAD_MAX / 2 + 1);
      await rejects('EMSGSIZE', a.sendmsg({ data: [half, half] }), 'sendmsg of 65,508 bytes');
      equal(await a.send('small'), 5, 'the next count');
      equal(decode(await b.recv()), 'small', 'the next datagram');
      await rejects('ETIMEDOUT', a.recv(1, { timeoutMs: 0 }), 'a look at the receiver');
    },
  },
  {
    name: 'sendto() of text sends UTF-8',
    rows: ['U15'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      equal(await a.sendto('straße 🚪', b.getsockname()), 12, 'the count');
      equal(decode((await b.recvfrom())[0]), 'straße 🚪', 'the text');
    },
  },
  {
    name: 'sendto() to a socket itself arrives',
    rows: ['U22'],
    run: async (context) => {
      const own = await boundUdp(context);
      await own.sendto('me', own.getsockname());
      equal(await own.recvfrom(), [encode('me'), own.getsockname()], 'the datagram');
    },
  },
];
