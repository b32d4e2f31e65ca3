/** Naming a datagram socket: bind(2), implicit binding, sharing a port. udp(7), socket(7). */
import { AF_INET, SO_REUSEADDR, SO_REUSEPORT, SOCK_DGRAM, SOL_SOCKET } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { ANY_PORT, boundUdp, udpPair } from '../fixtures.ts';

/** Values that are no port. */
export const BAD_PORTS: readonly unknown[] = [
  -1,
  65_536,
  Number.NaN,
  443.5,
  2 ** 32 + 81,
  'abc',
  '80',
  null,
  undefined,
];

export const datagramBindCases: readonly ConformanceCase[] = [
  {
    name: 'bind() to port 0 gives an ephemeral port of the address',
    rows: ['U01'],
    run: async (context) => {
      const { host, port } = (await boundUdp(context)).getsockname();
      equal(host, '127.0.0.1', 'the host');
      ok(port >= 1024 && port <= 65_535, `the port should be ephemeral, got ${port}`);
    },
  },
  {
    name: 'bind() without a host takes every local address',
    rows: ['U02'],
    run: async ({ socket }) => {
      for (const host of ['', undefined]) {
        const bound = socket(AF_INET, SOCK_DGRAM);
        await bound.bind(host === undefined ? { port: 0 } : { host, port: 0 });
        equal(bound.getsockname().host, '0.0.0.0', 'the host');
      }
    },
  },
  {
    name: 'bind() a second time rejects with EINVAL',
    rows: ['U03', 'T03'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const before = bound.getsockname();
      await rejects('EINVAL', bound.bind(ANY_PORT), 'the second bind');
      equal(bound.getsockname(), before, 'the address');
    },
  },
  {
    name: 'bind() while another bind is under way rejects with EINVAL',
    rows: ['U03'],
    run: async ({ socket }) => {
      const bound = socket(AF_INET, SOCK_DGRAM);
      const first = bound.bind(ANY_PORT);
      await rejects('EINVAL', bound.bind(ANY_PORT), 'the second bind');
      await first;
    },
  },
  {
    name: 'bind() can be repeated after it failed',
    rows: ['U04'],
    run: async (context) => {
      const taken = await boundUdp(context);
      const other = context.socket(AF_INET, SOCK_DGRAM);
      await rejects('EADDRINUSE', other.bind(taken.getsockname()), 'bind to a taken port');
      await other.bind(ANY_PORT);
      await other.sendto('x', taken.getsockname());
      equal((await taken.recvfrom())[1], other.getsockname(), 'the sender');
    },
  },
  {
    name: 'bind() to an address in use rejects with EADDRINUSE',
    rows: ['U05'],
    run: async (context) => {
      const taken = await boundUdp(context);
      await rejects('EADDRINUSE', boundUdp(context, taken.getsockname()), 'bind to a taken port');
    },
  },
  {
    name: 'bind() with SO_REUSEADDR shares an address',
    rows: ['U05'],
    needs: ['udp option SO_REUSEADDR'],
    run: async ({ socket }) => {
      const first = socket(AF_INET, SOCK_DGRAM);
      const second = socket(AF_INET, SOCK_DGRAM);
      for (const one of [first, second]) one.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
      await first.bind(ANY_PORT);
      await second.bind(first.getsockname());
      equal(second.getsockname(), first.getsockname(), 'the address');
    },
  },
  {
    name: 'bind() with SO_REUSEPORT spreads the senders over the sockets',
    rows: ['U06'],
    needs: ['udp option SO_REUSEPORT'],
    run: async (context) => {
      const group = [context.socket(AF_INET, SOCK_DGRAM), context.socket(AF_INET, SOCK_DGRAM)] as const;
      for (const one of group) one.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
      await group[0].bind(ANY_PORT);
      await group[1].bind(group[0].getsockname());
      const counts = [0, 0];
      const total = 64;
      for (let sender = 0; sender < total; sender++) {
        await (await boundUdp(context)).sendto('x', group[0].getsockname());
      }
      // every datagram is at exactly one of the two: both together have them all
      for (const [index, one] of group.entries()) {
        for (;;) {
          const got = await one.recvmmsg(total, 1, { timeoutMs: 20 }).catch(() => []);
          if (got.length === 0) break;
          counts[index] = (counts[index] ?? 0) + got.length;
        }
      }
      equal((counts[0] ?? 0) + (counts[1] ?? 0), total, 'the datagrams of both');
      ok(
        counts.every((count) => count > 0),
        `both should get some of ${total} senders, got ${counts}`,
      );
    },
  },
  {
    name: 'bind() to an address of no interface rejects with EADDRNOTAVAIL',
    rows: ['T03', 'U04'],
    run: async (context) => {
      await rejects('EADDRNOTAVAIL', boundUdp(context, { host: '203.0.113.77', port: 0 }), 'bind');
    },
  },
  {
    name: 'bind() to a reserved port without the right rejects with EACCES and a hint',
    rows: ['T03'],
    needs: ['reserved ports'],
    run: async (context) => {
      const error = await rejects('EACCES', boundUdp(context, { ...ANY_PORT, port: 1 }), 'bind to port 1');
      ok(error.hint?.includes('reserved') === true, `the hint should speak of reserved ports: ${error.hint}`);
    },
  },
  {
    name: 'bind() refuses what is no port',
    rows: ['U14'],
    run: async ({ socket }) => {
      for (const port of BAD_PORTS) {
        const unbound = socket(AF_INET, SOCK_DGRAM);
        const call = unbound.bind({ host: '127.0.0.1', port: port as number });
        await rejects(
          typeof port === 'number' ? 'RangeError' : 'TypeError',
          call,
          `bind to port ${String(port)}`,
        );
        equal(unbound.getsockname().port, 0, `the port after ${String(port)}`);
      }
    },
  },
  {
    name: 'getsockname() before bind() is the any-address with port 0',
    rows: ['U08'],
    run: async ({ socket }) => {
      equal(socket(AF_INET, SOCK_DGRAM).getsockname(), { host: '0.0.0.0', port: 0 }, 'the address');
    },
  },
  {
    name: 'sendto() binds a socket that has no address',
    rows: ['U08'],
    run: async (context) => {
      const server = await boundUdp(context);
      const client = context.socket(AF_INET, SOCK_DGRAM);
      await client.sendto('hello', server.getsockname());
      const [, address] = await server.recvfrom();
      ok(address.port > 0, `the sender should have a port, got ${address.port}`);
      equal(client.getsockname(), { host: '0.0.0.0', port: address.port }, 'the address of the client');
    },
  },
  {
    name: 'recvfrom() on a socket without an address waits, and an implicit bind serves it',
    rows: ['U08', 'U55'],
    run: async (context) => {
      const server = await boundUdp(context);
      const client = context.socket(AF_INET, SOCK_DGRAM);
      const reply = client.recvfrom();
      await client.sendto('hello', server.getsockname());
      const [, address] = await server.recvfrom();
      await server.sendto('back', { ...address, host: '127.0.0.1' });
      equal((await reply)[1], server.getsockname(), 'the sender of the reply');
    },
  },
  {
    name: 'bind() takes the port of a socket that was closed',
    rows: ['U01', 'U05'],
    run: async (context) => {
      const [first, peer] = await udpPair(context);
      const address = first.getsockname();
      await first.close();
      const second = await boundUdp(context, address);
      await peer.sendto('again', address);
      equal((await second.recvfrom())[0].length, 5, 'the length');
    },
  },
];
