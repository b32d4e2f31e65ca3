/** Socket options of the engine node: set, read back, before and after bind, and refused where Node has none. */
import { describe, expect, test } from 'vitest';
import { optionSupport } from '../../../src/engines/node/options.ts';
import { AF_INET6, SOCK_DGRAM, SOCK_STREAM } from '../../../src/posix/constants.ts';
import type { SocketOption } from '../../../src/posix/options.ts';
import * as options from '../../../src/posix/options.ts';
import {
  boundUdp,
  bytes,
  closing,
  codeOf,
  connectedPair,
  LOOPBACK,
  tcp,
  text,
  udp,
  welcome,
} from './harness.ts';

const {
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IP_MULTICAST_IF,
  IP_MULTICAST_LOOP,
  IP_MULTICAST_TTL,
  IP_TOS,
  IP_TTL,
  IPV6_JOIN_GROUP,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_TYPE,
  SOCKET_OPTIONS,
  TCP_KEEPIDLE,
  TCP_NODELAY,
} = options;

describe('datagram sockets', () => {
  test.each<[SocketOption, unknown]>([
    [SO_BROADCAST, true],
    [IP_TTL, 7],
    [IP_MULTICAST_TTL, 3],
    [IP_MULTICAST_LOOP, false],
    [IP_MULTICAST_IF, '127.0.0.1'],
  ])('$name is read back, whether set before or after bind', async (option, value) => {
    const [before, after] = [udp(), await boundUdp()];
    for (const socket of [before, after]) {
      socket.setsockopt(option, value);
      expect(socket.getsockopt(option)).toEqual(value);
    }
    await before.bind(LOOPBACK);
    expect(before.getsockopt(option)).toEqual(value);
  });

  test.each([SO_RCVBUF, SO_SNDBUF])(
    '$name is what the kernel says, before bind as after it',
    async (option) => {
      const socket = udp();
      expect(socket.getsockopt(option)).toBeGreaterThan(0);
      socket.setsockopt(option, 50_000);
      const size = socket.getsockopt(option);
      expect(size).toBeGreaterThanOrEqual(50_000);
      await socket.bind(LOOPBACK);
      expect(socket.getsockopt(option)).toBe(size);
      expect(socket.getsockname()).toMatchObject({ host: '127.0.0.1' });
    },
  );

  test('SO_REUSEADDR lets two sockets bind one port, and has to be set before', async () => {
    const [first, second] = [udp(), udp()];
    for (const socket of [first, second]) socket.setsockopt(SO_REUSEADDR, 1);
    expect(first.getsockopt(SO_REUSEADDR)).toBe(true);
    await first.bind(LOOPBACK);
    await second.bind(first.getsockname());
    expect(await codeOf(() => first.setsockopt(SO_REUSEADDR, false))).toBe('EINVAL');
  });

  test('a value out of range fails in the call, also before bind', async () => {
    expect(await codeOf(() => udp().setsockopt(IP_TTL, 256))).toBe('EINVAL');
    const noGroup = { multiaddr: '10.0.0.1', interface: '127.0.0.1' };
    expect(await codeOf(() => udp().setsockopt(IP_ADD_MEMBERSHIP, noGroup))).toBe('EINVAL');
    expect(
      await codeOf(() =>
        udp(AF_INET6).setsockopt(IPV6_JOIN_GROUP, { multiaddr: 'ff02::1', interface: 4242 }),
      ),
    ).toBe('ENODEV');
  });

  test('a group that was joined before bind is heard after it, until it is left', async () => {
    const group = { multiaddr: '239.255.71.71', interface: '127.0.0.1' };
    const member = udp();
    member.setsockopt(IP_ADD_MEMBERSHIP, group);
    await member.bind({ host: '0.0.0.0', port: 0 });
    const { port } = member.getsockname() as { port: number };
    const sender = udp();
    sender.setsockopt(IP_MULTICAST_IF, '127.0.0.1');
    await sender.send({ data: bytes('all of you'), address: { host: group.multiaddr, port } });
    expect(text((await member.receive(false)).data)).toBe('all of you');
    expect(await codeOf(() => member.setsockopt(IP_ADD_MEMBERSHIP, group))).toBe('EADDRINUSE');
    member.setsockopt(IP_DROP_MEMBERSHIP, group);
    expect(await codeOf(() => member.setsockopt(IP_DROP_MEMBERSHIP, group))).toBe('EADDRNOTAVAIL');
    expect(await codeOf(() => member.getsockopt(IP_DROP_MEMBERSHIP))).toBe('ENOPROTOOPT');
  });

  test('IPV6_V6ONLY keeps IPv4 out', async () => {
    const both = udp(AF_INET6);
    both.setsockopt(IPV6_V6ONLY, true);
    await both.bind({ host: '::', port: 0 });
    const { port } = both.getsockname() as { port: number };
    await udp().bind({ host: '0.0.0.0', port });
  });

  test('facts', () => {
    const socket = udp();
    expect(
      [SO_TYPE, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN].map((option) => socket.getsockopt(option)),
    ).toEqual([SOCK_DGRAM, 17, 0, false]);
  });
});

describe('stream sockets', () => {
  test.each<[SocketOption, unknown, unknown]>([
    [TCP_NODELAY, false, true],
    [SO_KEEPALIVE, false, true],
    [TCP_KEEPIDLE, 7200, 30],
    [SO_LINGER, { onoff: false, linger: 0 }, { onoff: true, linger: 0 }],
  ])(
    '$name has its default, is set before or after connect, and is inherited',
    async (option, initial, value) => {
      const server = await welcome();
      const [before, after] = [tcp(), tcp()];
      expect(before.getsockopt(option)).toEqual(initial);
      before.setsockopt(option, value);
      server.setsockopt(option, value);
      for (const client of [before, after]) await client.connect(server.getsockname());
      after.setsockopt(option, value);
      const accepted = closing((await server.accept()).socket);
      for (const socket of [before, after, accepted]) expect(socket.getsockopt(option)).toEqual(value);
    },
  );

  test('what Node can not do is refused', async () => {
    expect(await codeOf(() => tcp().setsockopt(SO_LINGER, { onoff: true, linger: 5 }))).toBe('ENOPROTOOPT');
    expect(await codeOf(() => tcp().setsockopt(SO_REUSEADDR, false))).toBe('ENOPROTOOPT');
    expect(await codeOf(() => tcp().setsockopt(SO_RCVBUF, 65_536))).toBe('ENOPROTOOPT');
    expect(await codeOf(() => tcp().setsockopt(TCP_KEEPIDLE, 0))).toBe('EINVAL');
    expect(tcp().getsockopt(SO_REUSEADDR)).toBe(true);
  });

  test('facts', async () => {
    const server = await welcome();
    const [client] = await connectedPair();
    expect([server, client].map((socket) => socket.getsockopt(SO_ACCEPTCONN))).toEqual([true, false]);
    expect([SO_TYPE, SO_PROTOCOL, SO_ERROR].map((option) => client.getsockopt(option))).toEqual([
      SOCK_STREAM,
      6,
      0,
    ]);
  });
});

describe('the table', () => {
  test('every option of the other table is known here, or is ENOPROTOOPT with a text that names the engine', async () => {
    for (const option of SOCKET_OPTIONS) {
      if (optionSupport(option) !== 'no') continue;
      for (const socket of [udp(), tcp()]) {
        expect(await codeOf(() => socket.getsockopt(option))).toBe('ENOPROTOOPT');
        expect(() => socket.setsockopt(option, 1)).toThrow(/the engine node has no/);
      }
    }
  });

  test('optionSupport() tells what the documentation says', () => {
    expect([IP_TOS, SO_BROADCAST, SO_TYPE].map(optionSupport)).toEqual(['no', 'yes', 'yes']);
    expect(optionSupport(IPV6_V6ONLY)).toBe('before bind');
  });
});
