/** Welcome sockets: their addresses and their queue. bind(2), listen(2), tcp(7). */
import { AF_INET, SO_REUSEPORT, SOCK_STREAM, SOL_SOCKET } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { ANY_PORT, connectTo, tcpPair, tcpWelcome } from '../fixtures.ts';
import { BAD_PORTS } from './datagram-bind.ts';

export const streamListenCases: readonly ConformanceCase[] = [
  {
    name: 'listen() on port 0 gives an ephemeral port that is free again after close()',
    rows: ['T01'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const address = welcome.getsockname();
      ok(address.port >= 1024, `the port should be ephemeral, got ${address.port}`);
      await welcome.close();
      const again = context.socket(AF_INET, SOCK_STREAM);
      await again.bind(address);
      await again.listen();
      equal(again.getsockname(), address, 'the address');
    },
  },
  {
    name: 'bind() takes the port of a server that closed its connections first',
    rows: ['T01', 'T03'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const address = welcome.getsockname();
      const [client, server] = await connectTo(context, welcome);
      // the side that closes first keeps the four-tuple in TIME_WAIT
      await server.close();
      equal((await client.recv()).length, 0, 'the end');
      await client.close();
      await welcome.close();
      const again = context.socket(AF_INET, SOCK_STREAM);
      await again.bind(address);
      await connectTo(context, await again.listen());
    },
  },
  {
    name: 'listen() without bind() chooses a port',
    rows: ['T02'],
    run: async (context) => {
      const welcome = await context.socket(AF_INET, SOCK_STREAM).listen();
      const { host, port } = welcome.getsockname();
      equal(host, '0.0.0.0', 'the host');
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect({ host: '127.0.0.1', port });
      equal((await welcome.accept())[1], client.getsockname(), 'the client');
    },
  },
  {
    name: 'listen() again keeps the address and the waiting connections',
    rows: ['T02'],
    run: async (context) => {
      const welcome = await tcpWelcome(context, 5);
      const address = welcome.getsockname();
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect(address);
      await welcome.listen(10);
      equal(welcome.getsockname(), address, 'the address');
      equal((await welcome.accept())[1], client.getsockname(), 'the client');
    },
  },
  {
    name: 'listen() refuses a backlog that is no whole number from 0 up',
    rows: ['T02'],
    run: async ({ socket }) => {
      for (const backlog of [-1, 1.5, Number.NaN, '5' as unknown as number]) {
        await rejects('RangeError', socket(AF_INET, SOCK_STREAM).listen(backlog), `listen(${backlog})`);
      }
    },
  },
  {
    name: 'listen() on a connection rejects with EINVAL',
    rows: ['T02', 'T03'],
    run: async (context) => {
      const [client] = await tcpPair(context);
      await rejects('EINVAL', client.listen(), 'listen');
    },
  },
  {
    name: 'listen() with a backlog of 1 lets two connections wait and no third',
    rows: ['T02'],
    needs: ['silent address'],
    run: async (context) => {
      const welcome = await tcpWelcome(context, 1);
      const address = welcome.getsockname();
      for (const _ of [1, 2]) await context.socket(AF_INET, SOCK_STREAM).connect(address);
      const third = context.socket(AF_INET, SOCK_STREAM);
      await rejects('ETIMEDOUT', third.connect(address, { timeoutMs: 100 }), 'the third connect');
    },
  },
  {
    name: 'bind() of a stream socket to an address in use rejects with EADDRINUSE',
    rows: ['T03'],
    run: async (context) => {
      const address = (await tcpWelcome(context)).getsockname();
      await rejects('EADDRINUSE', context.socket(AF_INET, SOCK_STREAM).bind(address), 'bind');
    },
  },
  {
    name: 'bind() of a stream socket rejects with EADDRNOTAVAIL, EINVAL and RangeError where they are due',
    rows: ['T03', 'U14'],
    run: async ({ socket }) => {
      const bound = socket(AF_INET, SOCK_STREAM);
      await rejects('EADDRNOTAVAIL', bound.bind({ host: '203.0.113.77', port: 0 }), 'bind to a foreign host');
      await bound.bind(ANY_PORT);
      await rejects('EINVAL', bound.bind(ANY_PORT), 'the second bind');
      for (const port of BAD_PORTS) {
        const call = socket(AF_INET, SOCK_STREAM).bind({ host: '127.0.0.1', port: port as number });
        await rejects(
          typeof port === 'number' ? 'RangeError' : 'TypeError',
          call,
          `bind to port ${String(port)}`,
        );
      }
    },
  },
  {
    name: 'bind() with SO_REUSEPORT spreads connections over welcome sockets',
    rows: ['T04'],
    needs: ['tcp option SO_REUSEPORT'],
    run: async (context) => {
      const group = [context.socket(AF_INET, SOCK_STREAM), context.socket(AF_INET, SOCK_STREAM)] as const;
      for (const one of group) one.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
      await group[0].bind(ANY_PORT);
      await group[1].bind(group[0].getsockname());
      const counts = [0, 0];
      const loops = group.map(async (one, index) => {
        for await (const _ of await one.listen()) counts[index] = (counts[index] ?? 0) + 1;
      });
      await context.pause(1);
      for (let index = 0; index < 64; index++)
        await context.socket(AF_INET, SOCK_STREAM).connect(group[0].getsockname());
      for (let turn = 0; turn < 100 && (counts[0] ?? 0) + (counts[1] ?? 0) < 64; turn++)
        await context.pause(1);
      await Promise.all(group.map((one) => one.close()));
      await Promise.all(loops);
      ok(
        counts.every((count) => count > 0),
        `both should get some of 64 connections, got ${counts}`,
      );
      equal((counts[0] ?? 0) + (counts[1] ?? 0), 64, 'the connections of both');
    },
  },
];
