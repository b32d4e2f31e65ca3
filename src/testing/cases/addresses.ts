/** Addresses: families, mapped and link-local ones, spellings. ip(7), ipv6(7). */
import {
  AF_INET,
  AF_INET6,
  decode,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../../index.ts';
import { equal, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp } from '../fixtures.ts';
import { linkLocalAddress } from '../hosts.ts';

export const addressCases: readonly ConformanceCase[] = [
  {
    name: 'bind() of an IPv6 socket without a host takes every local address',
    rows: ['U02'],
    needs: ['ipv6'],
    run: async ({ socket }) => {
      const bound = socket(AF_INET6, SOCK_DGRAM);
      await bound.bind({ port: 0 });
      equal(bound.getsockname().host, '::', 'the host');
    },
  },
  {
    name: 'recvfrom() of an IPv6 socket takes IPv4 datagrams too, and answers them',
    rows: ['U09', 'U51'],
    needs: ['ipv6'],
    run: async (context) => {
      const server = context.socket(AF_INET6, SOCK_DGRAM);
      await server.bind({ port: 0 });
      const client = await boundUdp(context);
      await client.sendto('four', { host: '127.0.0.1', port: server.getsockname().port });
      const [message, address] = await server.recvfrom();
      equal(address, { host: '::ffff:127.0.0.1', port: client.getsockname().port }, 'the mapped address');
      await server.sendto(message, address);
      equal(decode((await client.recvfrom())[0]), 'four', 'the reply');
    },
  },
  {
    name: 'setsockopt() of IPV6_V6ONLY keeps IPv4 away from an IPv6 socket',
    rows: ['U09'],
    needs: ['ipv6', 'dual stack'],
    run: async (context) => {
      const six = context.socket(AF_INET6, SOCK_DGRAM);
      six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, true);
      await six.bind({ port: 0 });
      const { port } = six.getsockname();
      const four = await boundUdp(context, { host: '', port });
      await four.sendto('4', { host: '127.0.0.1', port });
      equal((await four.recvfrom())[0].length, 1, 'what the IPv4 socket of the same port got');
      await rejects('ETIMEDOUT', six.recvfrom(1, { timeoutMs: 10 }), 'recvfrom of the IPv6 socket');
    },
  },
  {
    name: 'sendto() of an IPv6 socket takes a literal IPv4 address',
    rows: ['U09'],
    needs: ['ipv6'],
    run: async (context) => {
      const server = await boundUdp(context);
      const client = context.socket(AF_INET6, SOCK_DGRAM);
      await client.sendto('mapped', server.getsockname());
      const [message, address] = await server.recvfrom();
      equal([decode(message), address.host], ['mapped', '127.0.0.1'], 'the datagram');
      await server.sendto('back', address);
      equal(
        (await client.recvfrom())[1],
        { ...server.getsockname(), host: '::ffff:127.0.0.1' },
        'the sender',
      );
    },
  },
  {
    name: 'sendto() of an IPv4 socket to an IPv6 address rejects with EAFNOSUPPORT',
    rows: ['U09', 'U52'],
    run: async ({ socket }) => {
      const remote = { host: '::1', port: 9 };
      await rejects('EAFNOSUPPORT', socket(AF_INET, SOCK_DGRAM).sendto('x', remote), 'sendto');
      await rejects('EAFNOSUPPORT', socket(AF_INET, SOCK_DGRAM).bind({ host: '::1', port: 0 }), 'bind');
      await rejects('EAFNOSUPPORT', socket(AF_INET, SOCK_STREAM).connect(remote), 'connect');
    },
  },
  {
    name: 'recvfrom() gives a link-local sender with its scope, ready to be answered',
    rows: ['U10'],
    needs: ['ipv6', 'link-local address'],
    run: async ({ socket }) => {
      const { address, name } = linkLocalAddress();
      const server = socket(AF_INET6, SOCK_DGRAM);
      const client = socket(AF_INET6, SOCK_DGRAM);
      for (const one of [server, client]) await one.bind({ host: `${address}%${name}`, port: 0 });
      equal(server.getsockname().host, `${address}%${name}`, 'the own address');
      await client.sendto('local', server.getsockname());
      const [message, from] = await server.recvfrom();
      equal(from, client.getsockname(), 'the sender');
      await server.sendto(message, from);
      equal((await client.recvfrom())[1], server.getsockname(), 'the sender of the reply');
    },
  },
  {
    name: 'bind() takes every spelling of an IPv6 address and gives the shortest',
    rows: ['U51'],
    needs: ['ipv6'],
    run: async ({ socket }) => {
      for (const host of ['::1', '0:0:0:0:0:0:0:1', '0000::0001', '::0.0.0.1']) {
        const bound = socket(AF_INET6, SOCK_DGRAM);
        await bound.bind({ host, port: 0 });
        equal(bound.getsockname().host, '::1', `the host of ${host}`);
      }
    },
  },
  {
    name: 'bind() to a text with colons that is no IPv6 address rejects with EINVAL',
    rows: ['U33', 'U04'],
    needs: ['ipv6'],
    run: async ({ socket }) => {
      for (const host of ['::g', '1:2:3', '::1::', '[::1]']) {
        await rejects('EINVAL', socket(AF_INET6, SOCK_DGRAM).bind({ host, port: 0 }), `bind to ${host}`);
      }
    },
  },
  {
    name: 'listen() of an IPv6 socket takes connections of both families',
    rows: ['T05'],
    needs: ['ipv6'],
    run: async ({ socket }) => {
      const listening = socket(AF_INET6, SOCK_STREAM);
      await listening.bind({ port: 0 });
      const welcome = await listening.listen();
      const { port } = welcome.getsockname();
      const four = socket(AF_INET, SOCK_STREAM);
      await four.connect({ host: '127.0.0.1', port });
      equal(
        (await welcome.accept())[1],
        { host: '::ffff:127.0.0.1', port: four.getsockname().port },
        'the client',
      );
      const six = socket(AF_INET6, SOCK_STREAM);
      await six.connect({ host: '::1', port });
      equal((await welcome.accept())[1], six.getsockname(), 'the client');
    },
  },
];
