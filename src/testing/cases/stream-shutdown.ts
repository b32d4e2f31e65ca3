/** Half-closed connections and the end of a stream. shutdown(2). */
import { AF_INET, decode, SHUT_RD, SHUT_RDWR, SHUT_WR, SOCK_STREAM } from '../../index.ts';
import { equal, rejects, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { cloggedPair, countToEnd, readBytes, tcpPair } from '../fixtures.ts';

export const streamShutdownCases: readonly ConformanceCase[] = [
  {
    name: 'shutdown(SHUT_WR) ends one direction, the other goes on',
    rows: ['T17'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall('question');
      client.shutdown(SHUT_WR);
      equal(decode(await readBytes(server, 99)), 'question', 'what the server read to the end');
      await server.sendall('answer');
      equal(decode(await readBytes(client, 6)), 'answer', 'the answer');
      server.shutdown(SHUT_WR);
      for (const one of [client, server])
        equal((await one.recv()).length, 0, 'the end, as often as one asks');
    },
  },
  {
    name: 'recv() at the end gives zero bytes again and again',
    rows: ['T17'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const waiting = server.recv();
      await client.close();
      equal((await waiting).length, 0, 'the waiting recv');
      for (let index = 0; index < 3; index++)
        equal((await server.recv()).length, 0, `recv ${index} after the end`);
    },
  },
  {
    name: 'send() after shutdown(SHUT_WR) rejects with EPIPE',
    rows: ['T17', 'T19'],
    run: async (context) => {
      const [client] = await tcpPair(context);
      client.shutdown(SHUT_WR);
      client.shutdown(SHUT_WR);
      await rejects('EPIPE', client.send('x'), 'send');
      await rejects('EPIPE', client.sendall('x'), 'sendall');
    },
  },
  {
    name: 'shutdown(SHUT_WR) lets the sends that wait go out first',
    rows: ['T17', 'T16'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      const sending = sender.sendall(new Uint8Array(1_000_000));
      sender.shutdown(SHUT_WR);
      equal(await countToEnd(receiver), sent + 1_000_000, 'the bytes to the end');
      await sending;
    },
  },
  {
    name: 'shutdown(SHUT_RD) makes recv() give the end',
    rows: ['T17'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const waiting = server.recv();
      server.shutdown(SHUT_RD);
      equal((await waiting).length, 0, 'the waiting recv');
      equal((await server.recv()).length, 0, 'the next recv');
      await server.sendall('still');
      equal(decode(await readBytes(client, 5)), 'still', 'the other direction');
    },
  },
  {
    name: 'shutdown(SHUT_RDWR) ends both directions',
    rows: ['T17'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      client.shutdown(SHUT_RDWR);
      equal((await server.recv()).length, 0, 'recv of the peer');
      equal((await client.recv()).length, 0, 'recv');
      await rejects('EPIPE', client.send('x'), 'send');
    },
  },
  {
    name: 'shutdown() without a connection throws ENOTCONN, of what there is not RangeError',
    rows: ['T17'],
    run: async (context) => {
      throws('ENOTCONN', () => context.socket(AF_INET, SOCK_STREAM).shutdown(SHUT_WR), 'shutdown');
      const [client] = await tcpPair(context);
      for (const how of [3, -1, '1'])
        throws('RangeError', () => client.shutdown(how as typeof SHUT_WR), `shutdown(${how})`);
    },
  },
];
