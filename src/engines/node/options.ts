/**
 * What this engine does with each socket option: one rule for each that `node:dgram` or `node:net` can honour.
 * Every other option fails with ENOPROTOOPT.
 */
import type { Socket as DatagramSocket } from 'node:dgram';
import type { Socket as StreamSocket } from 'node:net';
import type { Family } from '../../posix/constants.ts';
import { AF_INET, AF_INET6 } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { Linger, Membership, Membership6, SocketOption, SourceMembership } from '../../posix/options.ts';
import type { OptionRule, OptionRules } from './option-set.ts';

const INET: readonly Family[] = [AF_INET, AF_INET6];
const V4: readonly Family[] = [AF_INET];
const V6: readonly Family[] = [AF_INET6];

/** Options that every socket answers from what it knows of itself. */
const FACTS: readonly string[] = ['SO_TYPE', 'SO_DOMAIN', 'SO_PROTOCOL', 'SO_ACCEPTCONN', 'SO_ERROR'];

/** The idle time that Linux has by default, tcp(7). */
const KEEPIDLE_DEFAULT_S = 7200;
/** The longest idle time that Linux takes (MAX_TCP_KEEPIDLE). */
const KEEPIDLE_MAX_S = 32_767;

/** The releases of Node that have `reusePort`: from 22.12 and from 23.1 on. Older ones ignore it without a word. */
function hasReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12);
}

const reusePort: OptionRule<unknown> = {
  families: INET,
  initial: false,
  check: (value: boolean) =>
    value && !hasReusePort()
      ? ['ENOPROTOOPT', `Node ${process.versions.node} has no reusePort; 22.12 and 23.1 have`]
      : undefined,
  note: 'from Node 22.12; before bind',
};

const v6Only: OptionRule<unknown> = { families: V6, initial: false, note: 'before bind' };

const hops: OptionRule<DatagramSocket> = {
  apply: (socket, value: number) => socket.setTTL(value),
  note: 'reads back what was set',
};

const multicastHops: OptionRule<DatagramSocket> = {
  initial: 1,
  apply: (socket, value: number) => socket.setMulticastTTL(value),
};

const multicastLoop: OptionRule<DatagramSocket> = {
  initial: true,
  apply: (socket, value: boolean) => socket.setMulticastLoopback(value),
};

/** The options of datagram sockets. */
export const DATAGRAM_OPTIONS: OptionRules<DatagramSocket> = {
  SO_REUSEADDR: { initial: false, note: 'before bind' },
  SO_REUSEPORT: reusePort,
  SO_BROADCAST: { initial: false, apply: (socket, value: boolean) => socket.setBroadcast(value) },
  // Node takes a size of 0 for a question.
  SO_RCVBUF: {
    apply: (socket, value: number) => socket.setRecvBufferSize(Math.max(1, value)),
    read: (socket) => socket.getRecvBufferSize(),
  },
  SO_SNDBUF: {
    apply: (socket, value: number) => socket.setSendBufferSize(Math.max(1, value)),
    read: (socket) => socket.getSendBufferSize(),
  },
  IP_TTL: { families: V4, ...hops },
  IP_MULTICAST_TTL: { families: V4, ...multicastHops },
  IP_MULTICAST_LOOP: { families: V4, ...multicastLoop },
  IP_MULTICAST_IF: {
    families: V4,
    initial: '0.0.0.0',
    apply: (socket, value: string) => socket.setMulticastInterface(value),
  },
  IP_ADD_MEMBERSHIP: {
    families: V4,
    apply: (socket, value: Membership) => socket.addMembership(value.multiaddr, interfaceAddress(value)),
  },
  IP_DROP_MEMBERSHIP: {
    families: V4,
    apply: (socket, value: Membership) => socket.dropMembership(value.multiaddr, interfaceAddress(value)),
  },
  IP_ADD_SOURCE_MEMBERSHIP: {
    families: V4,
    apply: (socket, value: SourceMembership) =>
      socket.addSourceSpecificMembership(value.sourceaddr, value.multiaddr, interfaceAddress(value)),
  },
  IP_DROP_SOURCE_MEMBERSHIP: {
    families: V4,
    apply: (socket, value: SourceMembership) =>
      socket.dropSourceSpecificMembership(value.sourceaddr, value.multiaddr, interfaceAddress(value)),
  },
  IPV6_V6ONLY: v6Only,
  IPV6_UNICAST_HOPS: { families: V6, ...hops },
  IPV6_MULTICAST_HOPS: { families: V6, ...multicastHops },
  IPV6_MULTICAST_LOOP: { families: V6, ...multicastLoop },
  IPV6_MULTICAST_IF: {
    families: V6,
    initial: 0,
    apply: (socket, value: number) => socket.setMulticastInterface(interfaceOfIndex(value) ?? '::'),
    note: 'interfaces with a link-local address',
  },
  IPV6_JOIN_GROUP: {
    families: V6,
    apply: (socket, value: Membership6) =>
      socket.addMembership(value.multiaddr, interfaceOfIndex(value.interface ?? 0)),
    note: 'interfaces with a link-local address, or 0',
  },
  IPV6_LEAVE_GROUP: {
    families: V6,
    apply: (socket, value: Membership6) =>
      socket.dropMembership(value.multiaddr, interfaceOfIndex(value.interface ?? 0)),
    note: 'interfaces with a link-local address, or 0',
  },
};

const keepAlive: NonNullable<OptionRule<StreamSocket>['apply']> = (socket, _value, values) => {
  socket.setKeepAlive(values('SO_KEEPALIVE') === true, Number(values('TCP_KEEPIDLE')) * 1000);
};

/** The options of stream sockets. */
export const STREAM_OPTIONS: OptionRules<StreamSocket> = {
  // libuv sets it on every TCP listener, and nothing turns it off.
  SO_REUSEADDR: {
    families: INET,
    initial: true,
    check: refuse((value) => value === false),
    note: 'always on',
  },
  SO_REUSEPORT: reusePort,
  SO_KEEPALIVE: { families: INET, initial: false, apply: keepAlive, note: 'probes every second, ten times' },
  TCP_KEEPIDLE: {
    families: INET,
    initial: KEEPIDLE_DEFAULT_S,
    apply: keepAlive,
    check: (value: number) =>
      value >= 1 && value <= KEEPIDLE_MAX_S
        ? undefined
        : ['EINVAL', `must be from 1 to ${KEEPIDLE_MAX_S}, got ${value}`],
  },
  TCP_NODELAY: {
    families: INET,
    initial: false,
    apply: (socket, value: boolean) => {
      socket.setNoDelay(value);
    },
  },
  SO_LINGER: {
    initial: { onoff: false, linger: 0 } satisfies Linger,
    apply: () => {}, // close() asks for it
    check: refuse<Linger>((value) => value.onoff && value.linger !== 0),
    note: 'off, or 0 seconds',
  },
  IPV6_V6ONLY: v6Only,
};

/**
 * Says what this engine does with an option, for the documentation.
 *
 * @returns `'yes'`, `'no'` (ENOPROTOOPT), or a note of what is different.
 */
export function optionSupport(option: SocketOption): string {
  if (FACTS.includes(option.name)) return 'yes';
  const rules = [DATAGRAM_OPTIONS[option.name], STREAM_OPTIONS[option.name]].filter(Boolean);
  if (rules.length === 0) return 'no';
  const notes = rules.flatMap((rule) => rule?.note ?? []);
  return [...new Set(notes)].join('; ') || 'yes';
}

function refuse<Value>(isRefused: (value: Value) => boolean) {
  return (value: Value): readonly [ErrorCode, string] | undefined =>
    isRefused(value)
      ? ['ENOPROTOOPT', `the engine node can't set it to ${JSON.stringify(value)}`]
      : undefined;
}

/** The interface of an IPv4 group; `undefined` lets the system choose. */
function interfaceAddress(membership: Membership): string | undefined {
  return membership.interface === '0.0.0.0' ? undefined : membership.interface;
}

/**
 * The interface with this index as Node wants it, `::%eth0`. Node tells an interface's index only with its link-local
 * address, as the scope id.
 *
 * @returns `undefined` for 0, which lets the system choose.
 */
function interfaceOfIndex(index: number): string | undefined {
  if (index === 0) return undefined;
  if (process.platform === 'win32') return `::%${index}`;
  const interfaces = process.getBuiltinModule('node:os').networkInterfaces();
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    if (addresses.some((address) => address.family === 'IPv6' && address.scopeid === index))
      return `::%${name}`;
  }
  throw Object.assign(new Error(`No interface with a link-local address has index ${index}`), {
    code: 'ENODEV',
  });
}
