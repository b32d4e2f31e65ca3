/** What one recv() or send() of a connection takes and gives. recv(2), send(2). */
import { decode, encode, MSG_PEEK, MSG_WAITALL } from '../../index.ts';
import { equal, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { readBytes, tcpPair } from '../fixtures.ts';

export const streamReceiveCases: readonly ConformanceCase[] = [
  {
    name: 'recv() gives at most its size and leaves the rest',
    rows: ['T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall('0123456789');
      equal(decode(await server.recv(4)), '0123', 'the first four');
      equal((await server.recv(0)).length, 0, 'the length of recv(0)');
      equal(decode(await server.recv(100)), '456789', 'the rest');
    },
  },
  {
    name: 'recv(0) gives no bytes at once',
    rows: ['T14'],
    run: async (context) => {
      const [client] = await tcpPair(context);
      equal((await client.recv(0)).length, 0, 'the length');
    },
  },
  {
    name: 'recv() with MSG_PEEK leaves the bytes',
    rows: ['T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const looking = server.recv(4, { flags: MSG_PEEK });
      await client.sendall('0123456789');
      equal(decode(await looking), '0123', 'the look');
      equal(decode(await server.recv(6, { flags: MSG_PEEK })), '012345', 'the second look');
      equal(decode(await server.recv(10)), '0123456789', 'the bytes');
    },
  },
  {
    name: 'recv() with MSG_WAITALL waits until the buffer is full',
    rows: ['T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const waiting = server.recv(10, { flags: MSG_WAITALL });
      for (const text of ['012', '345', '6789ab']) {
        await client.sendall(text);
        await context.pause(2);
      }
      equal(decode(await waiting), '0123456789', 'the bytes');
      const short = server.recv(10, { flags: MSG_WAITALL });
      await client.close();
      equal(decode(await short), 'ab', 'the bytes before the end');
    },
  },
  ...[10, 100_000].flatMap((room): ConformanceCase[] => [
    {
      name: `recvInto() an array of ${room} bytes writes there and nowhere else`,
      rows: ['T14'],
      run: async (context) => {
        const [client, server] = await tcpPair(context);
        const memory = new Uint8Array(room + 20).fill(0xee);
        const into = memory.subarray(10, 10 + room);
        const early = server.recvInto(into);
        await client.sendall('0123456');
        equal(await early, 7, 'the count of what waited');
        equal(decode(into.subarray(0, 7)), '0123456', 'the bytes');
        await client.sendall('abc');
        equal(await server.recvInto(into, { flags: MSG_PEEK }), 3, 'the count of a look');
        equal(await server.recvInto(into), 3, 'the count');
        equal(decode(into.subarray(0, 7)), 'abc3456', 'the bytes, and those before');
        equal(
          memory.every((byte, index) => byte === 0xee || (index >= 10 && index < 17)),
          true,
          'nothing else is written',
        );
        await client.close();
        equal(await server.recvInto(into), 0, 'the count at the end');
      },
    },
    {
      name: `recvInto() an array of ${room} bytes with MSG_WAITALL fills it`,
      rows: ['T14'],
      run: async (context) => {
        const [client, server] = await tcpPair(context);
        const into = new Uint8Array(room);
        const waiting = server.recvInto(into, { flags: MSG_WAITALL });
        const sent = Uint8Array.from({ length: room + 3 }, (_, index) => index);
        const sending = client.sendall(sent);
        equal(await waiting, room, 'the count');
        equal(into.join(), sent.subarray(0, room).join(), 'the bytes');
        equal((await readBytes(server, 3)).join(), sent.subarray(room).join(), 'the rest');
        await sending;
      },
    },
    {
      name: `recvInto() an array of ${room} bytes that is given up loses nothing`,
      rows: ['T14'],
      run: async (context) => {
        const [client, server] = await tcpPair(context);
        const into = new Uint8Array(room);
        await rejects('ETIMEDOUT', server.recvInto(into, { timeoutMs: 5 }), 'recv');
        await client.sendall('later');
        equal(decode(await readBytes(server, 5)), 'later', 'the bytes');
        equal(
          into.every((byte) => byte === 0),
          true,
          'the array is as it was',
        );
        equal(await server.recvInto(new Uint8Array(0)), 0, 'the count of an empty array');
      },
    },
  ]),
  {
    name: 'recvmsg() of a stream gives bytes, their length and the peer',
    rows: ['T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall('hello');
      const { data, length, flags, address } = await server.recvmsg(4);
      equal([decode(data), length, flags, address], ['hell', 4, 0, client.getsockname()], 'the message');
    },
  },
  {
    name: 'send() takes text, bytes and views of every element type on a stream',
    rows: ['U15', 'U16'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const bytes = encode('ABCDEFGH');
      const { buffer } = bytes.slice();
      for (const data of [
        'ABCDEFGH',
        buffer,
        new Uint16Array(buffer),
        new DataView(buffer),
        new Float64Array(buffer),
      ]) {
        equal(await client.send(data), 8, `the count of ${data.constructor.name}`);
        equal(await readBytes(server, 8), bytes, `what arrived of ${data.constructor.name}`);
      }
      for (const data of [1, null, undefined, {}, ['x']]) {
        await rejects('TypeError', client.send(data as unknown as string), `send ${String(data)}`);
      }
    },
  },
  {
    name: 'send() of no data gives 0 and sends nothing',
    rows: ['U18'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      equal(await client.send(''), 0, 'the count');
      await client.sendall(new Uint8Array(0));
      equal(await client.sendmsg({ data: [] }), 0, 'the count of sendmsg');
      await client.sendall('x');
      equal(decode(await server.recv()), 'x', 'the bytes');
    },
  },
];
