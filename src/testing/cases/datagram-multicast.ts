/** Groups: joining, leaving, sources, the way out. ip(7), ipv6(7), RFC 3678. */
import type { DatagramSocket } from '../../index.ts';
import {
  AF_INET,
  AF_INET6,
  decode,
  IP_ADD_MEMBERSHIP,
  IP_ADD_SOURCE_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_DROP_SOURCE_MEMBERSHIP,
  IP_MULTICAST_ALL,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_JOIN_GROUP,
  IPV6_LEAVE_GROUP,
  IPV6_MULTICAST_IF,
  SOCK_DGRAM,
} from '../../index.ts';
import { equal, rejects, throws } from '../assertions.ts';
import type { ConformanceCase, ConformanceContext } from '../conformance-case.ts';
import { boundUdp } from '../fixtures.ts';
import { linkLocalAddress, networkInterface } from '../hosts.ts';

/** A group of RFC 2365's local scope, for nobody but these cases. */
const GROUP = '239.255.77.7';
const GROUP6 = 'ff12::7777';
const JOINED = { multiaddr: GROUP, interface: '127.0.0.1' } as const;

/** A socket that sends to groups through the loopback, from `host`. */
async function groupSender(
  context: ConformanceContext,
  host: string,
): Promise<DatagramSocket<typeof AF_INET>> {
  const sender = await boundUdp(context, { host, port: 0 });
  sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, '127.0.0.1');
  return sender;
}

/** A socket that hears only the groups that it joins itself, not those of the host's other sockets. */
async function groupReceiver(context: ConformanceContext): Promise<DatagramSocket<typeof AF_INET>> {
  const receiver = await boundUdp(context, { host: '', port: 0 });
  try {
    receiver.setsockopt(IPPROTO_IP, IP_MULTICAST_ALL, false);
  } catch {
    // an engine without the option hears them all, and no other socket of this port is in a group
  }
  return receiver;
}

async function expectNothing(receiver: DatagramSocket, what: string): Promise<void> {
  await rejects('ETIMEDOUT', receiver.recvfrom(99, { timeoutMs: 15 }), what);
}

export const datagramMulticastCases: readonly ConformanceCase[] = [
  {
    name: 'setsockopt() of IP_ADD_MEMBERSHIP joins a group, IP_DROP_MEMBERSHIP leaves it',
    rows: ['U47', 'U49'],
    needs: ['udp option IP_ADD_MEMBERSHIP', 'udp option IP_MULTICAST_IF'],
    run: async (context) => {
      const receiver = await groupReceiver(context);
      const sender = await groupSender(context, '127.0.0.1');
      const address = { host: GROUP, port: receiver.getsockname().port };
      await sender.sendto('before', address);
      await expectNothing(receiver, 'before joining');
      receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, JOINED);
      await sender.sendto('joined', address);
      equal(decode((await receiver.recvfrom())[0]), 'joined', 'the datagram');
      receiver.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, JOINED);
      await sender.sendto('after', address);
      await expectNothing(receiver, 'after leaving');
    },
  },
  {
    name: 'setsockopt() of IP_ADD_MEMBERSHIP throws for what is no group',
    rows: ['U47'],
    needs: ['udp option IP_ADD_MEMBERSHIP'],
    run: async (context) => {
      const receiver = await groupReceiver(context);
      const join = (multiaddr: string) => () =>
        receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, { ...JOINED, multiaddr });
      const error = throws('EINVAL', join('10.0.0.1'), 'joining a host');
      equal([error.syscall, error.errno], ['setsockopt', 22], 'syscall and errno');
      throws(['EINVAL', 'TypeError'], join('no address'), 'joining a text');
      throws(
        'ENODEV',
        () => receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, { ...JOINED, interface: '203.0.113.77' }),
        'an interface of another host',
      );
    },
  },
  {
    name: 'setsockopt() throws EADDRINUSE for joining twice, EADDRNOTAVAIL for leaving twice',
    rows: ['U47'],
    needs: ['udp option IP_ADD_MEMBERSHIP'],
    run: async (context) => {
      const receiver = await groupReceiver(context);
      receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, JOINED);
      throws('EADDRINUSE', () => receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, JOINED), 'joining twice');
      receiver.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, JOINED);
      throws(
        'EADDRNOTAVAIL',
        () => receiver.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, JOINED),
        'leaving twice',
      );
    },
  },
  {
    name: 'setsockopt() of IP_ADD_SOURCE_MEMBERSHIP hears one source only',
    rows: ['U48'],
    needs: ['udp option IP_ADD_SOURCE_MEMBERSHIP', 'udp option IP_MULTICAST_IF'],
    run: async (context) => {
      const receiver = await groupReceiver(context);
      const source = { ...JOINED, sourceaddr: '127.0.0.1' };
      receiver.setsockopt(IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, source);
      const address = { host: GROUP, port: receiver.getsockname().port };
      for (const host of ['127.0.0.2', '127.0.0.1'])
        await (await groupSender(context, host)).sendto(host, address);
      equal(decode((await receiver.recvfrom())[0]), '127.0.0.1', 'the source');
      receiver.setsockopt(IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, source);
      await (await groupSender(context, '127.0.0.1')).sendto('after', address);
      await expectNothing(receiver, 'after leaving');
    },
  },
  {
    name: 'setsockopt() of IP_MULTICAST_LOOP keeps the own multicast away',
    rows: ['U49'],
    needs: [
      'network interface',
      'udp option IP_ADD_MEMBERSHIP',
      'udp option IP_MULTICAST_LOOP',
      'udp option IP_MULTICAST_IF',
    ],
    run: async (context) => {
      const { address: own } = networkInterface();
      const receiver = await groupReceiver(context);
      receiver.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, { multiaddr: GROUP, interface: own });
      const sender = await boundUdp(context, { host: own, port: 0 });
      sender.setsockopt(IPPROTO_IP, IP_MULTICAST_IF, own);
      const address = { host: GROUP, port: receiver.getsockname().port };
      sender.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, false);
      await sender.sendto('off', address);
      await expectNothing(receiver, 'with the loop off');
      sender.setsockopt(IPPROTO_IP, IP_MULTICAST_LOOP, true);
      await sender.sendto('on', address);
      equal(
        await receiver.recvfrom(),
        [new TextEncoder().encode('on'), sender.getsockname()],
        'the datagram',
      );
    },
  },
  {
    name: 'setsockopt() of IPV6_JOIN_GROUP joins a group, IPV6_LEAVE_GROUP leaves it',
    rows: ['U47'],
    needs: ['ipv6', 'link-local address', 'udp6 option IPV6_JOIN_GROUP', 'udp6 option IPV6_MULTICAST_IF'],
    run: async ({ socket }) => {
      const { index } = linkLocalAddress();
      const receiver = socket(AF_INET6, SOCK_DGRAM);
      await receiver.bind({ host: '::', port: 0 });
      const sender = socket(AF_INET6, SOCK_DGRAM);
      sender.setsockopt(IPPROTO_IPV6, IPV6_MULTICAST_IF, index);
      const address = { host: GROUP6, port: receiver.getsockname().port };
      receiver.setsockopt(IPPROTO_IPV6, IPV6_JOIN_GROUP, { multiaddr: GROUP6, interface: index });
      await sender.sendto('joined', address);
      equal(decode((await receiver.recvfrom())[0]), 'joined', 'the datagram');
      receiver.setsockopt(IPPROTO_IPV6, IPV6_LEAVE_GROUP, { multiaddr: GROUP6, interface: index });
      await sender.sendto('after', address);
      await expectNothing(receiver, 'after leaving');
    },
  },
  {
    name: 'setsockopt() of IP_TTL takes 1 to 255 and throws EINVAL otherwise',
    rows: ['U45'],
    needs: ['udp option IP_TTL'],
    run: async (context) => {
      const bound = await boundUdp(context);
      for (const ttl of [0, 256, -2, 1000])
        throws('EINVAL', () => bound.setsockopt(IPPROTO_IP, IP_TTL, ttl), `IP_TTL ${ttl}`);
      for (const ttl of [1, 64, 255]) {
        bound.setsockopt(IPPROTO_IP, IP_TTL, ttl);
        equal(bound.getsockopt(IPPROTO_IP, IP_TTL), ttl, 'IP_TTL');
      }
    },
  },
  {
    name: 'setsockopt() of IP_MULTICAST_TTL takes 0 to 255 and throws EINVAL otherwise',
    rows: ['U45'],
    needs: ['udp option IP_MULTICAST_TTL'],
    run: async ({ socket }) => {
      const sender = socket(AF_INET, SOCK_DGRAM);
      for (const ttl of [256, -2, 1000]) {
        throws(
          'EINVAL',
          () => sender.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, ttl),
          `IP_MULTICAST_TTL ${ttl}`,
        );
      }
      for (const ttl of [0, 1, 255]) {
        sender.setsockopt(IPPROTO_IP, IP_MULTICAST_TTL, ttl);
        equal(sender.getsockopt(IPPROTO_IP, IP_MULTICAST_TTL), ttl, 'IP_MULTICAST_TTL');
      }
    },
  },
];
