/** Socket options: buffers, types, levels, what only reads. setsockopt(2), socket(7). */
import {
  AF_INET,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_LINGER,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../../index.ts';
import { equal, ok, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, tcpWelcome } from '../fixtures.ts';

export const optionCases: readonly ConformanceCase[] = [
  {
    name: 'setsockopt() of SO_RCVBUF and SO_SNDBUF works before bind() and gives at least what was set',
    rows: ['U50'],
    needs: ['udp option SO_RCVBUF', 'udp option SO_SNDBUF'],
    run: async (context) => {
      for (const one of [context.socket(AF_INET, SOCK_DGRAM), await boundUdp(context)]) {
        for (const option of [SO_RCVBUF, SO_SNDBUF]) {
          one.setsockopt(SOL_SOCKET, option, 20_000);
          const size = one.getsockopt(SOL_SOCKET, option);
          ok(size >= 20_000 && size <= 80_000, `${option.name} should be 20,000 or its double, got ${size}`);
        }
      }
    },
  },
  {
    name: 'setsockopt() of a smaller SO_RCVBUF makes room for fewer datagrams',
    rows: ['U50'],
    needs: ['udp option SO_RCVBUF'],
    run: async (context) => {
      const receiver = context.socket(AF_INET, SOCK_DGRAM);
      receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
      await receiver.bind({ host: '127.0.0.1', port: 0 });
      const sender = await boundUdp(context);
      for (let index = 0; index < 100; index++)
        await sender.sendto(new Uint8Array(1000), receiver.getsockname());
      let count = 0;
      const more = () =>
        receiver.recvfrom(1, { timeoutMs: 10 }).then(
          () => true,
          () => false,
        );
      while (await more()) count++;
      ok(count >= 1 && count < 100, `some of 100 datagrams should have found room, got ${count}`);
    },
  },
  {
    name: 'setsockopt() refuses a value of another type',
    rows: ['U15', 'T23'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const set = (value: unknown) => () => bound.setsockopt(SOL_SOCKET, SO_RCVBUF, value as number);
      for (const value of ['1', null, undefined, 1.5, Number.NaN, 2 ** 40, {}, true]) {
        throws('TypeError', set(value), `SO_RCVBUF ${String(value)}`);
      }
      throws(
        'TypeError',
        () => bound.setsockopt(SOL_SOCKET, SO_REUSEADDR, 'yes' as unknown as boolean),
        'SO_REUSEADDR yes',
      );
      throws(
        'TypeError',
        () => bound.setsockopt(SOL_SOCKET, SO_LINGER, 5 as unknown as { onoff: boolean; linger: number }),
        'SO_LINGER 5',
      );
    },
  },
  {
    name: 'setsockopt() and getsockopt() refuse a level that is not the option’s',
    rows: ['T23'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const level = IPPROTO_IP as unknown as typeof SOL_SOCKET;
      throws('TypeError', () => bound.setsockopt(level, SO_RCVBUF, 1), 'setsockopt');
      throws('TypeError', () => bound.getsockopt(level, SO_RCVBUF), 'getsockopt');
    },
  },
  {
    name: 'setsockopt() of what can only be read throws ENOPROTOOPT',
    rows: ['T23'],
    run: async (context) => {
      const bound = await boundUdp(context);
      throws('ENOPROTOOPT', () => bound.setsockopt(SOL_SOCKET, SO_TYPE, 1), 'setsockopt of SO_TYPE');
    },
  },
  {
    name: 'setsockopt() of a TCP option on a UDP socket throws ENOPROTOOPT or EOPNOTSUPP',
    rows: ['T23'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const codes = ['ENOPROTOOPT', 'EOPNOTSUPP'];
      throws(codes, () => bound.setsockopt(IPPROTO_TCP, TCP_NODELAY, true), 'setsockopt of TCP_NODELAY');
      throws(codes, () => bound.getsockopt(IPPROTO_TCP, TCP_NODELAY), 'getsockopt of TCP_NODELAY');
    },
  },
  {
    name: 'getsockopt() tells family, type, protocol and whether the socket listens',
    rows: ['T23'],
    needs: [
      'udp option SO_TYPE',
      'udp option SO_DOMAIN',
      'udp option SO_PROTOCOL',
      'tcp option SO_ACCEPTCONN',
    ],
    run: async (context) => {
      const udp = context.socket(AF_INET, SOCK_DGRAM);
      const facts = [SO_DOMAIN, SO_TYPE, SO_PROTOCOL].map((option) => udp.getsockopt(SOL_SOCKET, option));
      equal(facts, [AF_INET, SOCK_DGRAM, 17], 'family, type and protocol of UDP');
      const tcp = context.socket(AF_INET, SOCK_STREAM);
      equal(tcp.getsockopt(SOL_SOCKET, SO_ACCEPTCONN), false, 'SO_ACCEPTCONN of a new socket');
      equal(
        (await tcpWelcome(context)).getsockopt(SOL_SOCKET, SO_ACCEPTCONN),
        true,
        'SO_ACCEPTCONN of a welcome socket',
      );
    },
  },
];
