/** Options of connections: what holds, and on which side. tcp(7), ip(7). */
import {
  AF_INET,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_REUSEADDR,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from '../../index.ts';
import { equal, ok, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, connectTo, tcpPair, tcpWelcome } from '../fixtures.ts';

export const tcpOptionCases: readonly ConformanceCase[] = [
  {
    name: 'setsockopt() of TCP_NODELAY and SO_KEEPALIVE holds on a connection',
    rows: ['T23'],
    needs: ['tcp option TCP_NODELAY', 'tcp option SO_KEEPALIVE'],
    run: async (context) => {
      for (const one of await tcpPair(context)) {
        for (const value of [true, false, true]) {
          one.setsockopt(IPPROTO_TCP, TCP_NODELAY, value);
          one.setsockopt(SOL_SOCKET, SO_KEEPALIVE, value);
          equal(one.getsockopt(IPPROTO_TCP, TCP_NODELAY), value, 'TCP_NODELAY');
          equal(one.getsockopt(SOL_SOCKET, SO_KEEPALIVE), value, 'SO_KEEPALIVE');
        }
      }
    },
  },
  {
    name: 'setsockopt() before connect() holds after it',
    rows: ['T23'],
    needs: ['tcp option TCP_NODELAY', 'tcp option SO_KEEPALIVE'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      client.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
      client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, true);
      await client.connect({ host: 'localhost', port: welcome.getsockname().port });
      equal(client.getsockopt(IPPROTO_TCP, TCP_NODELAY), true, 'TCP_NODELAY');
      equal(client.getsockopt(SOL_SOCKET, SO_KEEPALIVE), true, 'SO_KEEPALIVE');
    },
  },
  {
    name: 'setsockopt() on a welcome socket holds for the connections that it gives',
    rows: ['T23'],
    needs: ['tcp option TCP_NODELAY', 'tcp option SO_KEEPALIVE'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      welcome.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
      welcome.setsockopt(SOL_SOCKET, SO_KEEPALIVE, true);
      const [, server] = await connectTo(context, welcome);
      equal(server.getsockopt(IPPROTO_TCP, TCP_NODELAY), true, 'TCP_NODELAY');
      equal(server.getsockopt(SOL_SOCKET, SO_KEEPALIVE), true, 'SO_KEEPALIVE');
    },
  },
  {
    name: 'setsockopt() of the keep-alive times holds',
    rows: ['T23'],
    needs: [
      'tcp option TCP_KEEPIDLE',
      'tcp option TCP_KEEPINTVL',
      'tcp option TCP_KEEPCNT',
      'tcp option TCP_USER_TIMEOUT',
    ],
    run: async (context) => {
      const [client] = await tcpPair(context);
      for (const [option, value] of [
        [TCP_KEEPIDLE, 60],
        [TCP_KEEPINTVL, 5],
        [TCP_KEEPCNT, 3],
        [TCP_USER_TIMEOUT, 20_000],
      ] as const) {
        client.setsockopt(IPPROTO_TCP, option, value);
        equal(client.getsockopt(IPPROTO_TCP, option), value, option.name);
      }
    },
  },
  {
    name: 'setsockopt() of IP_TOS holds on datagrams and connections',
    rows: ['T23'],
    needs: ['udp option IP_TOS', 'tcp option IP_TOS'],
    run: async (context) => {
      for (const one of [await boundUdp(context), (await tcpPair(context))[0]]) {
        one.setsockopt(IPPROTO_IP, IP_TOS, 0xb8);
        equal(one.getsockopt(IPPROTO_IP, IP_TOS), 0xb8, 'IP_TOS');
      }
    },
  },
  {
    name: 'getsockopt() of TCP_INFO tells the state of a connection',
    rows: ['T23'],
    needs: ['tcp option TCP_INFO'],
    run: async (context) => {
      const [client] = await tcpPair(context);
      const info = client.getsockopt(IPPROTO_TCP, TCP_INFO);
      equal(info.state, 1, 'the state (1 is ESTABLISHED)');
      ok(
        info.rtt > 0 && info.sndMss >= 536 && info.sndCwnd > 0,
        `the figures should be plausible: ${JSON.stringify(info)}`,
      );
    },
  },
  {
    name: 'getsockopt() and setsockopt() of an option by its number take bytes, or refuse with ENOPROTOOPT',
    rows: ['T23'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const reuse = () => {
        try {
          bound.setsockopt(SOL_SOCKET, SO_REUSEADDR.number, 1);
          return new Int32Array(bound.getsockopt(SOL_SOCKET, SO_REUSEADDR.number).slice().buffer)[0];
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      const got = reuse();
      ok(
        got === 1 || got === 'ENOPROTOOPT',
        `SO_REUSEADDR by its number should be 1 or ENOPROTOOPT, got ${got}`,
      );
      throws(
        'ENOPROTOOPT',
        () => bound.getsockopt(SOL_SOCKET, 9999),
        'getsockopt of an option that nobody has',
      );
    },
  },
];
