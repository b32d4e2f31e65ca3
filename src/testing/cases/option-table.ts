/**
 * Every row of the option table, on a socket that it fits: what is set is read back, or the call is refused with
 * ENOPROTOOPT, or EPERM where a right is missing. Nothing is ignored.
 */
import type { DatagramSocket, SocketOption, StreamSocket } from '../../index.ts';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOCKET_OPTIONS,
  SocketError,
} from '../../index.ts';
import { equal, ok } from '../assertions.ts';
import type { ConformanceCase, ConformanceContext, Need } from '../conformance-case.ts';
import { boundUdp, tcpPair, unixPair } from '../fixtures.ts';
import { linkLocalAddress } from '../hosts.ts';

/** What to set, where the kind alone does not say; a list is values one after another. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  SO_SNDBUF: [30_000],
  SO_RCVBUF: [30_000],
  SO_SNDBUFFORCE: [30_000],
  SO_RCVBUFFORCE: [30_000],
  SO_PRIORITY: [3, 0],
  SO_BINDTODEVICE: ['lo', ''],
  SO_INCOMING_CPU: [0],
  SO_BUSY_POLL: [50],
  IP_TOS: [0x10, 0],
  IP_MTU_DISCOVER: [2, 0],
  IPV6_MTU_DISCOVER: [2, 0],
  IPV6_MULTICAST_IF: [interfaceIndex()],
  TCP_MAXSEG: [1200],
  TCP_WINDOW_CLAMP: [65_536],
  TCP_CONGESTION: ['reno'],
  UDP_SEGMENT: [1400, 0],
};

const GROUP = { multiaddr: '239.255.77.8', interface: '127.0.0.1' };
const SOURCE = { ...GROUP, sourceaddr: '127.0.0.1' };

const VALUES_OF_KIND: Readonly<Partial<Record<SocketOption['kind'], readonly unknown[]>>> = {
  boolean: [true, false],
  integer: [33, 5],
  linger: [
    { onoff: true, linger: 5 },
    { onoff: false, linger: 5 },
  ],
  ipv4: ['127.0.0.1'],
  membership: [GROUP],
  sourceMembership: [SOURCE],
  membership6: [{ multiaddr: 'ff12::7778', interface: interfaceIndex() }],
};

/** Rows that are only taken after another: leave after join. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  IP_DROP_MEMBERSHIP: ['IP_ADD_MEMBERSHIP'],
  IP_BLOCK_SOURCE: ['IP_ADD_MEMBERSHIP'],
  IP_UNBLOCK_SOURCE: ['IP_ADD_MEMBERSHIP', 'IP_BLOCK_SOURCE'],
  IP_DROP_SOURCE_MEMBERSHIP: ['IP_ADD_SOURCE_MEMBERSHIP'],
  IPV6_LEAVE_GROUP: ['IPV6_JOIN_GROUP'],
};

/** Rows whose value the kernel rounds, doubles, changes by itself or does not give back. */
const ABOUT: ReadonlySet<string> = new Set([
  'SO_SNDBUF',
  'SO_RCVBUF',
  'TCP_QUICKACK',
  'TCP_WINDOW_CLAMP',
  'TCP_DEFER_ACCEPT',
]);

const NEEDS: Readonly<Record<string, readonly Need[]>> = { SO_PEERCRED: ['unix stream'] };
const REFUSALS: readonly string[] = ['ENOPROTOOPT', 'EPERM', 'EACCES'];

/** An interface that takes multicast; the loopback where there is no other. */
function interfaceIndex(): number {
  try {
    return linkLocalAddress().index;
  } catch {
    return 1;
  }
}

type AnySocket = DatagramSocket | StreamSocket;

/** A socket that has the option. */
async function fitting(context: ConformanceContext, { name, level }: SocketOption): Promise<AnySocket> {
  if (name === 'SO_PEERCRED') return (await unixPair(context))[0];
  if (name === 'IP_MTU') return connected(context);
  if (name === 'IPV6_MTU') {
    const six = context.socket(AF_INET6, SOCK_DGRAM);
    await six.connect({ host: '::1', port: 9 });
    return six;
  }
  if (name === 'TCP_INFO' || name === 'TCP_QUICKACK') return (await tcpPair(context))[0];
  if (level === IPPROTO_IPV6) return context.socket(AF_INET6, SOCK_DGRAM);
  const stream =
    level === IPPROTO_TCP || ['SO_KEEPALIVE', 'SO_LINGER', 'SO_OOBINLINE', 'SO_ACCEPTCONN'].includes(name);
  return stream ? context.socket(AF_INET, SOCK_STREAM) : context.socket(AF_INET, SOCK_DGRAM);
}

async function connected(context: ConformanceContext): Promise<AnySocket> {
  const bound = await boundUdp(context);
  await bound.connect(bound.getsockname());
  return bound;
}

/** Sets and reads; throws the refusal. */
function exercise(socket: AnySocket, option: SocketOption): void {
  for (const name of BEFORE[option.name] ?? []) {
    const before = SOCKET_OPTIONS.find((one) => one.name === name) ?? option;
    socket.setsockopt(before.level, before, VALUES_OF_KIND[before.kind]?.[0]);
  }
  if (option.access === 'read') {
    ok(socket.getsockopt(option.level, option) !== undefined, `${option.name} should have a value`);
    return;
  }
  for (const value of VALUES[option.name] ?? VALUES_OF_KIND[option.kind] ?? []) {
    socket.setsockopt(option.level, option, value);
    if (option.access === 'write') continue;
    const got = socket.getsockopt(option.level, option);
    if (!ABOUT.has(option.name)) equal(got, value, option.name);
    else ok(typeof got === typeof value, `${option.name} should be a ${typeof value}, got ${String(got)}`);
  }
}

function caseOf(option: SocketOption): ConformanceCase {
  const needs: readonly Need[] = option.level === IPPROTO_IPV6 ? ['ipv6'] : (NEEDS[option.name] ?? []);
  const verb = option.access === 'read' ? 'getsockopt()' : 'setsockopt()';
  const what = option.access === 'read-write' ? 'is read back' : 'is taken';
  return {
    name: `${verb} of ${option.name} ${option.access === 'read' ? 'gives a value' : what}, or is refused with ENOPROTOOPT or for want of a right`,
    rows: ['T23'],
    needs,
    run: async (context) => {
      try {
        exercise(await fitting(context, option), option);
      } catch (error) {
        if (!(error instanceof SocketError && REFUSALS.includes(error.code))) throw error;
        context.note(`refused with ${error.code}`);
      }
    },
  };
}

/** One case for each row of the table. */
export const optionTableCases: readonly ConformanceCase[] = SOCKET_OPTIONS.map(caseOf);
