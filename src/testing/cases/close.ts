/** What close() ends, and what holds after it. close(2). */
import type { DatagramSocket, StreamSocket } from '../../index.ts';
import { AF_INET, SHUT_RD, SO_RCVBUF, SO_TYPE, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET } from '../../index.ts';
import { equal, ok, rejects, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { ANY_PORT, boundUdp, cloggedPair, tcpPair, tcpWelcome, udpPair } from '../fixtures.ts';

const REMOTE = { host: '127.0.0.1', port: 9 };

/** The calls that both kinds have, on a closed socket. */
async function expectClosed(
  closed: DatagramSocket<typeof AF_INET> | StreamSocket<typeof AF_INET>,
): Promise<void> {
  equal(closed.closed, true, 'closed');
  throws('EBADF', () => closed.getsockname(), 'getsockname');
  throws('EBADF', () => closed.getpeername(), 'getpeername');
  throws('EBADF', () => closed.shutdown(SHUT_RD), 'shutdown');
  throws('EBADF', () => closed.getsockopt(SOL_SOCKET, SO_TYPE), 'getsockopt');
  throws('EBADF', () => closed.setsockopt(SOL_SOCKET, SO_RCVBUF, 1), 'setsockopt');
  await rejects('EBADF', closed.bind(ANY_PORT), 'bind');
  await rejects('EBADF', closed.connect(REMOTE), 'connect');
  await rejects('EBADF', closed.recv(), 'recv');
  await rejects('EBADF', closed.recvmsg(), 'recvmsg');
  await rejects('EBADF', closed.send('x'), 'send');
  await rejects('EBADF', closed.sendmsg({ data: 'x' }), 'sendmsg');
  await closed.close();
  await closed[Symbol.asyncDispose]();
}

export const closeCases: readonly ConformanceCase[] = [
  {
    name: 'close() makes every later call of a datagram socket reject with EBADF',
    rows: ['U24', 'U29'],
    run: async (context) => {
      for (const one of [context.socket(AF_INET, SOCK_DGRAM), await boundUdp(context)]) {
        await one.close();
        await expectClosed(one);
        await rejects('EBADF', one.sendto('x', REMOTE), 'sendto');
        await rejects('EBADF', one.sendmmsg([{ data: 'x', address: REMOTE }]), 'sendmmsg');
        await rejects('EBADF', one.recvfrom(), 'recvfrom');
        await rejects('EBADF', one.recvmmsg(1), 'recvmmsg');
        await rejects('EBADF', one.connect(null), 'connect(null)');
        for await (const _ of one) ok(false, 'a closed socket yields nothing');
      }
    },
  },
  {
    name: 'close() makes every later call of a stream socket reject with EBADF',
    rows: ['U24', 'U29'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      for (const one of [context.socket(AF_INET, SOCK_STREAM), await tcpWelcome(context), client, server]) {
        await one.close();
        await expectClosed(one as StreamSocket<typeof AF_INET>);
        await rejects('EBADF', one.listen(), 'listen');
        await rejects('EBADF', one.accept(), 'accept');
        await rejects('EBADF', one.sendall('x'), 'sendall');
        for await (const _ of one) ok(false, 'a closed socket yields nothing');
      }
    },
  },
  {
    name: 'close() twice, and at once, is no error',
    rows: ['U29'],
    run: async (context) => {
      const bound = await boundUdp(context);
      await Promise.all([bound.close(), bound.close(), bound[Symbol.asyncDispose]()]);
      await bound.close();
    },
  },
  {
    name: 'close() sends the datagrams of calls that have not settled',
    rows: ['U28'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const sends = Array.from({ length: 20 }, (_, index) => a.sendto(Uint8Array.of(index), b.getsockname()));
      await a.close();
      equal(
        await Promise.all(sends),
        Array.from({ length: 20 }, () => 1),
        'the counts',
      );
      for (let index = 0; index < 20; index++) equal((await b.recvfrom())[0][0], index, 'the datagram');
    },
  },
  {
    name: 'close() while bind() or sendto() look a name up ends them with ECANCELED',
    rows: ['U25'],
    run: async ({ socket }) => {
      const calls = {
        bind: (one: DatagramSocket<typeof AF_INET>) => one.bind({ host: 'localhost', port: 0 }),
        sendto: (one: DatagramSocket<typeof AF_INET>) => one.sendto('x', { host: 'localhost', port: 9 }),
        connect: (one: DatagramSocket<typeof AF_INET>) => one.connect({ host: 'localhost', port: 9 }),
      };
      for (const [name, call] of Object.entries(calls)) {
        const one = socket(AF_INET, SOCK_DGRAM);
        const waiting = call(one);
        waiting.catch(() => undefined);
        await one.close();
        await rejects('ECANCELED', waiting, name);
      }
    },
  },
  {
    name: 'close() while connect() looks a name up ends it with ECANCELED',
    rows: ['U25', 'T12'],
    run: async (context) => {
      const { port } = (await tcpWelcome(context)).getsockname();
      const client = context.socket(AF_INET, SOCK_STREAM);
      const waiting = client.connect({ host: 'localhost', port });
      waiting.catch(() => undefined);
      await client.close();
      await rejects('ECANCELED', waiting, 'connect');
    },
  },
  {
    name: 'close() right after listen() frees the port',
    rows: ['U26'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const address = welcome.getsockname();
      await welcome.close();
      await rejects('ECONNREFUSED', context.socket(AF_INET, SOCK_STREAM).connect(address), 'connect');
      await context.socket(AF_INET, SOCK_STREAM).bind(address);
    },
  },
  {
    name: 'close() ends sendall() on a clogged connection with ECANCELED, in order',
    rows: ['U28'],
    run: async (context) => {
      const { sender } = await cloggedPair(context);
      const ended: number[] = [];
      const calls = [0, 1, 2].map((index) =>
        rejects('ECANCELED', sender.sendall(new Uint8Array(9_000_000)), 'sendall').then(() =>
          ended.push(index),
        ),
      );
      await context.pause(1);
      await sender.close();
      await Promise.all(calls);
      equal(ended, [0, 1, 2], 'the order');
    },
  },
];
