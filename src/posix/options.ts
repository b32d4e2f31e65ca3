/**
 * The socket options, one row each: level, number (Linux), the type of its value, unit, and whether it can be read
 * and written. What each engine does with a row is in that engine's `options.ts`; an option that an engine can't
 * honour fails there with ENOPROTOOPT. Options of ancillary data (`IP_PKTINFO`, `SO_TIMESTAMP`, …) come with it.
 */

/** Level of the options of every socket: socket(7). */
export const SOL_SOCKET = 1;
/** Level of the options of IPv4: ip(7). */
export const IPPROTO_IP = 0;
/** Level of the options of IPv6: ipv6(7). */
export const IPPROTO_IPV6 = 41;
/** Level of the options of TCP: tcp(7). */
export const IPPROTO_TCP = 6;
/** Level of the options of UDP: udp(7). */
export const IPPROTO_UDP = 17;

/** A level that options belong to. */
export type OptionLevel =
  | typeof SOL_SOCKET
  | typeof IPPROTO_IP
  | typeof IPPROTO_IPV6
  | typeof IPPROTO_TCP
  | typeof IPPROTO_UDP;

/** `SO_LINGER`: whether `close()` waits or resets, and for how many seconds. */
export interface Linger {
  readonly onoff: boolean;
  /** Seconds, 0–65,535. */
  readonly linger: number;
}

/** `SO_PEERCRED`: who is at the other end of a Unix socket. */
export interface Credentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A multicast group of IPv4, joined on the interface that has this address (`'0.0.0.0'` lets the system choose). */
export interface Membership {
  readonly multiaddr: string;
  readonly interface?: string;
}

/** A multicast group of IPv4 for one source. */
export interface SourceMembership extends Membership {
  readonly sourceaddr: string;
}

/** A multicast group of IPv6, joined on the interface with this index (0 lets the system choose). */
export interface Membership6 {
  readonly multiaddr: string;
  readonly interface?: number;
}

/** What the kernel knows of a TCP connection; the fields of `struct tcp_info` that Linux has had since 2.6. */
export interface TcpInfo {
  /** The state's number, as `<netinet/tcp.h>` has it: 1 is ESTABLISHED, 10 LISTEN. */
  readonly state: number;
  /** Retransmissions of the segment that is waited for. */
  readonly retransmits: number;
  /** Retransmission timeout, microseconds. */
  readonly rto: number;
  /** Largest segment to send, bytes. */
  readonly sndMss: number;
  /** Largest segment received, bytes. */
  readonly rcvMss: number;
  /** Segments sent and not acknowledged; on a listener, connections that wait for `accept`. */
  readonly unacked: number;
  /** Smoothed round-trip time, microseconds. */
  readonly rtt: number;
  /** Its mean deviation, microseconds. */
  readonly rttvar: number;
  /** Congestion window, segments. */
  readonly sndCwnd: number;
  /** Retransmissions in all. */
  readonly totalRetrans: number;
}

/** How the value of an option is written. */
export type OptionKind =
  | 'boolean'
  | 'integer'
  | 'text'
  | 'ipv4'
  | 'linger'
  | 'credentials'
  | 'membership'
  | 'sourceMembership'
  | 'membership6'
  | 'tcpInfo'
  | 'raw';

/** One row of the table. `Value` is the type that `getsockopt` gives and `setsockopt` takes. */
export interface SocketOption<Level extends OptionLevel = OptionLevel, Value = unknown> {
  readonly level: Level;
  /** The POSIX or Linux name, such as `SO_RCVBUF`. */
  readonly name: string;
  /** The number on Linux. */
  readonly number: number;
  readonly kind: OptionKind;
  readonly access: 'read' | 'write' | 'read-write';
  /** Unit or range of the value, for people; `''` where it has none. */
  readonly unit: string;
  /** Never set; carries the value's type. */
  readonly valueType?: Value;
}

const table: SocketOption[] = [];

function row<Level extends OptionLevel, Value>(
  level: Level,
  name: string,
  number: number,
  kind: OptionKind,
  access: SocketOption['access'],
  unit = '',
): SocketOption<Level, Value> {
  const option: SocketOption<Level, Value> = Object.freeze({ level, name, number, kind, access, unit });
  table.push(option);
  return option;
}

/** Bind although connections of an earlier socket linger in TIME_WAIT (TCP; on by default when a stream socket binds), or although another socket of the same user has the address (UDP; off by default). See socket(7). */
export const SO_REUSEADDR: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_REUSEADDR',
  2,
  'boolean',
  'read-write',
);
/** The socket type, `SOCK_STREAM` and so on. */
export const SO_TYPE: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_TYPE',
  3,
  'integer',
  'read',
);
/** The pending error; reading clears it. Unit: errno. */
export const SO_ERROR: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_ERROR',
  4,
  'integer',
  'read',
  'errno',
);
/** Send only to directly connected hosts. */
export const SO_DONTROUTE: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_DONTROUTE',
  5,
  'boolean',
  'read-write',
);
/** Allow datagrams to a broadcast address; without it they fail with EACCES. */
export const SO_BROADCAST: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_BROADCAST',
  6,
  'boolean',
  'read-write',
);
/** The send buffer. Linux doubles what is set, to make room for its bookkeeping, and gives back the doubled value. Unit: bytes. */
export const SO_SNDBUF: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_SNDBUF',
  7,
  'integer',
  'read-write',
  'bytes',
);
/** The receive buffer. Linux doubles what is set and gives back the doubled value. Unit: bytes. */
export const SO_RCVBUF: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_RCVBUF',
  8,
  'integer',
  'read-write',
  'bytes',
);
/** Probe an idle connection, so that a vanished peer is noticed. */
export const SO_KEEPALIVE: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_KEEPALIVE',
  9,
  'boolean',
  'read-write',
);
/** Leave the urgent byte in the stream. */
export const SO_OOBINLINE: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_OOBINLINE',
  10,
  'boolean',
  'read-write',
);
/** The queueing priority of what is sent. Unit: 0–6. */
export const SO_PRIORITY: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_PRIORITY',
  12,
  'integer',
  'read-write',
  '0–6',
);
/** What `close()` does with unsent data. `{ onoff: true, linger: 0 }` drops it and resets the connection. Unit: seconds. */
export const SO_LINGER: SocketOption<typeof SOL_SOCKET, Linger> = row(
  SOL_SOCKET,
  'SO_LINGER',
  13,
  'linger',
  'read-write',
  'seconds',
);
/** Let several sockets of one user bind one port; the kernel spreads what arrives. */
export const SO_REUSEPORT: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_REUSEPORT',
  15,
  'boolean',
  'read-write',
);
/** Process, user and group of the peer of a Unix stream socket. See unix(7). */
export const SO_PEERCRED: SocketOption<typeof SOL_SOCKET, Credentials> = row(
  SOL_SOCKET,
  'SO_PEERCRED',
  17,
  'credentials',
  'read',
);
/** Use one interface only; `''` undoes it. Unit: interface name. */
export const SO_BINDTODEVICE: SocketOption<typeof SOL_SOCKET, string> = row(
  SOL_SOCKET,
  'SO_BINDTODEVICE',
  25,
  'text',
  'read-write',
  'interface name',
);
/** Whether the socket listens. */
export const SO_ACCEPTCONN: SocketOption<typeof SOL_SOCKET, boolean> = row(
  SOL_SOCKET,
  'SO_ACCEPTCONN',
  30,
  'boolean',
  'read',
);
/** `SO_SNDBUF` past the system's limit (CAP_NET_ADMIN). Unit: bytes. */
export const SO_SNDBUFFORCE: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_SNDBUFFORCE',
  32,
  'integer',
  'write',
  'bytes',
);
/** `SO_RCVBUF` past the system's limit (CAP_NET_ADMIN). Unit: bytes. */
export const SO_RCVBUFFORCE: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_RCVBUFFORCE',
  33,
  'integer',
  'write',
  'bytes',
);
/** The mark that routing and filters see (CAP_NET_ADMIN). */
export const SO_MARK: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_MARK',
  36,
  'integer',
  'read-write',
);
/** The protocol number: 6 for TCP, 17 for UDP. */
export const SO_PROTOCOL: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_PROTOCOL',
  38,
  'integer',
  'read',
);
/** The address family. */
export const SO_DOMAIN: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_DOMAIN',
  39,
  'integer',
  'read',
);
/** How long the kernel polls the device when there is nothing to receive. Unit: microseconds. */
export const SO_BUSY_POLL: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_BUSY_POLL',
  46,
  'integer',
  'read-write',
  'microseconds',
);
/** The CPU on which the last packet was handled. */
export const SO_INCOMING_CPU: SocketOption<typeof SOL_SOCKET, number> = row(
  SOL_SOCKET,
  'SO_INCOMING_CPU',
  49,
  'integer',
  'read-write',
);
/** The type-of-service byte: DSCP in the upper six bits, ECN in the lower two. See ip(7). Unit: 0–255. */
export const IP_TOS: SocketOption<typeof IPPROTO_IP, number> = row(
  IPPROTO_IP,
  'IP_TOS',
  1,
  'integer',
  'read-write',
  '0–255',
);
/** How many hops a packet may take. Unit: 1–255 hops. */
export const IP_TTL: SocketOption<typeof IPPROTO_IP, number> = row(
  IPPROTO_IP,
  'IP_TTL',
  2,
  'integer',
  'read-write',
  '1–255 hops',
);
/** Path MTU discovery: 0 never, 1 per route, 2 always, 3 probe. */
export const IP_MTU_DISCOVER: SocketOption<typeof IPPROTO_IP, number> = row(
  IPPROTO_IP,
  'IP_MTU_DISCOVER',
  10,
  'integer',
  'read-write',
);
/** The path MTU known for the peer; only on a connected socket. Unit: bytes. */
export const IP_MTU: SocketOption<typeof IPPROTO_IP, number> = row(
  IPPROTO_IP,
  'IP_MTU',
  14,
  'integer',
  'read',
  'bytes',
);
/** Bind to an address that no interface has yet. */
export const IP_FREEBIND: SocketOption<typeof IPPROTO_IP, boolean> = row(
  IPPROTO_IP,
  'IP_FREEBIND',
  15,
  'boolean',
  'read-write',
);
/** Transparent proxying (CAP_NET_ADMIN). */
export const IP_TRANSPARENT: SocketOption<typeof IPPROTO_IP, boolean> = row(
  IPPROTO_IP,
  'IP_TRANSPARENT',
  19,
  'boolean',
  'read-write',
);
/** Drop packets whose TTL is lower. Unit: 0–255 hops. */
export const IP_MINTTL: SocketOption<typeof IPPROTO_IP, number> = row(
  IPPROTO_IP,
  'IP_MINTTL',
  21,
  'integer',
  'read-write',
  '0–255 hops',
);
/** With port 0, leave the choice of the port to `connect`. */
export const IP_BIND_ADDRESS_NO_PORT: SocketOption<typeof IPPROTO_IP, boolean> = row(
  IPPROTO_IP,
  'IP_BIND_ADDRESS_NO_PORT',
  24,
  'boolean',
  'read-write',
);
/** The interface for outgoing multicast, by its address. Unit: IPv4 address. */
export const IP_MULTICAST_IF: SocketOption<typeof IPPROTO_IP, string> = row(
  IPPROTO_IP,
  'IP_MULTICAST_IF',
  32,
  'ipv4',
  'read-write',
  'IPv4 address',
);
/** How many hops multicast may take; 1 by default. Unit: 0–255 hops. */
export const IP_MULTICAST_TTL: SocketOption<typeof IPPROTO_IP, number> = row(
  IPPROTO_IP,
  'IP_MULTICAST_TTL',
  33,
  'integer',
  'read-write',
  '0–255 hops',
);
/** Whether this host gets its own multicast back; on by default. */
export const IP_MULTICAST_LOOP: SocketOption<typeof IPPROTO_IP, boolean> = row(
  IPPROTO_IP,
  'IP_MULTICAST_LOOP',
  34,
  'boolean',
  'read-write',
);
/** Join a multicast group. */
export const IP_ADD_MEMBERSHIP: SocketOption<typeof IPPROTO_IP, Membership> = row(
  IPPROTO_IP,
  'IP_ADD_MEMBERSHIP',
  35,
  'membership',
  'write',
);
/** Leave a multicast group. */
export const IP_DROP_MEMBERSHIP: SocketOption<typeof IPPROTO_IP, Membership> = row(
  IPPROTO_IP,
  'IP_DROP_MEMBERSHIP',
  36,
  'membership',
  'write',
);
/** Hear a blocked source of a joined group again. */
export const IP_UNBLOCK_SOURCE: SocketOption<typeof IPPROTO_IP, SourceMembership> = row(
  IPPROTO_IP,
  'IP_UNBLOCK_SOURCE',
  37,
  'sourceMembership',
  'write',
);
/** Stop hearing one source of a joined group. */
export const IP_BLOCK_SOURCE: SocketOption<typeof IPPROTO_IP, SourceMembership> = row(
  IPPROTO_IP,
  'IP_BLOCK_SOURCE',
  38,
  'sourceMembership',
  'write',
);
/** Join a group for one source (RFC 3678). */
export const IP_ADD_SOURCE_MEMBERSHIP: SocketOption<typeof IPPROTO_IP, SourceMembership> = row(
  IPPROTO_IP,
  'IP_ADD_SOURCE_MEMBERSHIP',
  39,
  'sourceMembership',
  'write',
);
/** Leave a group for one source. */
export const IP_DROP_SOURCE_MEMBERSHIP: SocketOption<typeof IPPROTO_IP, SourceMembership> = row(
  IPPROTO_IP,
  'IP_DROP_SOURCE_MEMBERSHIP',
  40,
  'sourceMembership',
  'write',
);
/** Whether the socket hears every group that the host has joined; on by default. */
export const IP_MULTICAST_ALL: SocketOption<typeof IPPROTO_IP, boolean> = row(
  IPPROTO_IP,
  'IP_MULTICAST_ALL',
  49,
  'boolean',
  'read-write',
);
/** How many hops a packet may take; -1 for the default. See ipv6(7). Unit: 1–255 hops. */
export const IPV6_UNICAST_HOPS: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_UNICAST_HOPS',
  16,
  'integer',
  'read-write',
  '1–255 hops',
);
/** The interface for outgoing multicast. Unit: interface index. */
export const IPV6_MULTICAST_IF: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_MULTICAST_IF',
  17,
  'integer',
  'read-write',
  'interface index',
);
/** How many hops multicast may take. Unit: 0–255 hops. */
export const IPV6_MULTICAST_HOPS: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_MULTICAST_HOPS',
  18,
  'integer',
  'read-write',
  '0–255 hops',
);
/** Whether this host gets its own multicast back. */
export const IPV6_MULTICAST_LOOP: SocketOption<typeof IPPROTO_IPV6, boolean> = row(
  IPPROTO_IPV6,
  'IPV6_MULTICAST_LOOP',
  19,
  'boolean',
  'read-write',
);
/** Join a multicast group. */
export const IPV6_JOIN_GROUP: SocketOption<typeof IPPROTO_IPV6, Membership6> = row(
  IPPROTO_IPV6,
  'IPV6_JOIN_GROUP',
  20,
  'membership6',
  'write',
);
/** Leave a multicast group. */
export const IPV6_LEAVE_GROUP: SocketOption<typeof IPPROTO_IPV6, Membership6> = row(
  IPPROTO_IPV6,
  'IPV6_LEAVE_GROUP',
  21,
  'membership6',
  'write',
);
/** Path MTU discovery, as `IP_MTU_DISCOVER`. */
export const IPV6_MTU_DISCOVER: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_MTU_DISCOVER',
  23,
  'integer',
  'read-write',
);
/** The path MTU known for the peer; only on a connected socket. Unit: bytes. */
export const IPV6_MTU: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_MTU',
  24,
  'integer',
  'read',
  'bytes',
);
/** Whether the socket refuses IPv4 through mapped addresses; off by default. Set before `bind`. */
export const IPV6_V6ONLY: SocketOption<typeof IPPROTO_IPV6, boolean> = row(
  IPPROTO_IPV6,
  'IPV6_V6ONLY',
  26,
  'boolean',
  'read-write',
);
/** Never fragment what is sent. */
export const IPV6_DONTFRAG: SocketOption<typeof IPPROTO_IPV6, boolean> = row(
  IPPROTO_IPV6,
  'IPV6_DONTFRAG',
  62,
  'boolean',
  'read-write',
);
/** The traffic class, as `IP_TOS`. Unit: 0–255. */
export const IPV6_TCLASS: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_TCLASS',
  67,
  'integer',
  'read-write',
  '0–255',
);
/** Drop packets whose hop limit is lower. Unit: 0–255 hops. */
export const IPV6_MINHOPCOUNT: SocketOption<typeof IPPROTO_IPV6, number> = row(
  IPPROTO_IPV6,
  'IPV6_MINHOPCOUNT',
  73,
  'integer',
  'read-write',
  '0–255 hops',
);
/** Transparent proxying (CAP_NET_ADMIN). */
export const IPV6_TRANSPARENT: SocketOption<typeof IPPROTO_IPV6, boolean> = row(
  IPPROTO_IPV6,
  'IPV6_TRANSPARENT',
  75,
  'boolean',
  'read-write',
);
/** Bind to an address that no interface has yet. */
export const IPV6_FREEBIND: SocketOption<typeof IPPROTO_IPV6, boolean> = row(
  IPPROTO_IPV6,
  'IPV6_FREEBIND',
  78,
  'boolean',
  'read-write',
);
/** Send small segments at once: no Nagle algorithm. See tcp(7). */
export const TCP_NODELAY: SocketOption<typeof IPPROTO_TCP, boolean> = row(
  IPPROTO_TCP,
  'TCP_NODELAY',
  1,
  'boolean',
  'read-write',
);
/** The largest segment. Unit: bytes. */
export const TCP_MAXSEG: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_MAXSEG',
  2,
  'integer',
  'read-write',
  'bytes',
);
/** Hold partial segments back until it is off again, 200 ms at most. */
export const TCP_CORK: SocketOption<typeof IPPROTO_TCP, boolean> = row(
  IPPROTO_TCP,
  'TCP_CORK',
  3,
  'boolean',
  'read-write',
);
/** Idle time before the first keep-alive probe. Unit: seconds. */
export const TCP_KEEPIDLE: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_KEEPIDLE',
  4,
  'integer',
  'read-write',
  'seconds',
);
/** Time between keep-alive probes. Unit: seconds. */
export const TCP_KEEPINTVL: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_KEEPINTVL',
  5,
  'integer',
  'read-write',
  'seconds',
);
/** Unanswered probes before the connection is given up. Unit: probes. */
export const TCP_KEEPCNT: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_KEEPCNT',
  6,
  'integer',
  'read-write',
  'probes',
);
/** How often a SYN is sent again. Unit: 1–255. */
export const TCP_SYNCNT: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_SYNCNT',
  7,
  'integer',
  'read-write',
  '1–255',
);
/** How long an orphan stays in FIN_WAIT2. Unit: seconds. */
export const TCP_LINGER2: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_LINGER2',
  8,
  'integer',
  'read-write',
  'seconds',
);
/** Wake the listener only when data has arrived. Unit: seconds. */
export const TCP_DEFER_ACCEPT: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_DEFER_ACCEPT',
  9,
  'integer',
  'read-write',
  'seconds',
);
/** The largest window to advertise. Unit: bytes. */
export const TCP_WINDOW_CLAMP: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_WINDOW_CLAMP',
  10,
  'integer',
  'read-write',
  'bytes',
);
/** What the kernel knows of the connection. */
export const TCP_INFO: SocketOption<typeof IPPROTO_TCP, TcpInfo> = row(
  IPPROTO_TCP,
  'TCP_INFO',
  11,
  'tcpInfo',
  'read',
);
/** Acknowledge at once; the kernel turns it off again by itself. */
export const TCP_QUICKACK: SocketOption<typeof IPPROTO_TCP, boolean> = row(
  IPPROTO_TCP,
  'TCP_QUICKACK',
  12,
  'boolean',
  'read-write',
);
/** The congestion control: `cubic`, `reno`, …. */
export const TCP_CONGESTION: SocketOption<typeof IPPROTO_TCP, string> = row(
  IPPROTO_TCP,
  'TCP_CONGESTION',
  13,
  'text',
  'read-write',
);
/** How long sent data may stay unacknowledged before the connection fails with ETIMEDOUT; 0 for the default. Unit: milliseconds. */
export const TCP_USER_TIMEOUT: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_USER_TIMEOUT',
  18,
  'integer',
  'read-write',
  'milliseconds',
);
/** On a listener: the queue for connections opened with data in the SYN (RFC 7413). Unit: connections. */
export const TCP_FASTOPEN: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_FASTOPEN',
  23,
  'integer',
  'read-write',
  'connections',
);
/** Report writable only while less than this waits unsent. Unit: bytes. */
export const TCP_NOTSENT_LOWAT: SocketOption<typeof IPPROTO_TCP, number> = row(
  IPPROTO_TCP,
  'TCP_NOTSENT_LOWAT',
  25,
  'integer',
  'read-write',
  'bytes',
);
/** Send data in the SYN of the next connection. */
export const TCP_FASTOPEN_CONNECT: SocketOption<typeof IPPROTO_TCP, boolean> = row(
  IPPROTO_TCP,
  'TCP_FASTOPEN_CONNECT',
  30,
  'boolean',
  'read-write',
);
/** Gather what is sent into one datagram until it is off again. See udp(7). */
export const UDP_CORK: SocketOption<typeof IPPROTO_UDP, boolean> = row(
  IPPROTO_UDP,
  'UDP_CORK',
  1,
  'boolean',
  'read-write',
);
/** Cut every message into datagrams of this size in the kernel (GSO); 0 for off. Unit: bytes. */
export const UDP_SEGMENT: SocketOption<typeof IPPROTO_UDP, number> = row(
  IPPROTO_UDP,
  'UDP_SEGMENT',
  103,
  'integer',
  'read-write',
  'bytes',
); /** Take datagrams of one size and peer from the kernel as one train (GRO); they are still received one by one. */
export const UDP_GRO: SocketOption<typeof IPPROTO_UDP, boolean> = row(
  IPPROTO_UDP,
  'UDP_GRO',
  104,
  'boolean',
  'read-write',
);

/**
 * An option outside the table, by its numbers: the value is bytes as the kernel has them, or a 32-bit integer to set.
 */
export function rawOption(level: number, number: number): SocketOption {
  return {
    level: level as OptionLevel,
    name: `option ${level}/${number}`,
    number,
    kind: 'raw',
    access: 'read-write',
    unit: '',
  };
}

/** Every row, in the order above. */
export const SOCKET_OPTIONS: readonly SocketOption[] = table;

const VALUE_CHECKS: Record<OptionKind, (value: unknown) => boolean> = {
  boolean: (value) => typeof value === 'boolean' || value === 0 || value === 1,
  integer: (value) => Number.isInteger(value) && Math.abs(value as number) <= 0xffff_ffff,
  text: (value) => typeof value === 'string' && !value.includes('\0'),
  ipv4: (value) => typeof value === 'string',
  linger: (value) => hasTypes(value, { onoff: 'boolean', linger: 'number' }),
  credentials: () => false,
  membership: (value) => hasTypes(value, { multiaddr: 'string' }),
  sourceMembership: (value) => hasTypes(value, { multiaddr: 'string', sourceaddr: 'string' }),
  membership6: (value) => hasTypes(value, { multiaddr: 'string' }),
  tcpInfo: () => false,
  raw: (value) => value instanceof Uint8Array || Number.isInteger(value),
};

function hasTypes(value: unknown, fields: Record<string, string>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  return Object.entries(fields).every(([field, type]) => typeof record[field] === type);
}

/** Throws a TypeError when `value` is not of the option's kind. */
export function checkOptionValue(option: SocketOption, value: unknown): void {
  if (!VALUE_CHECKS[option.kind](value)) {
    throw new TypeError(`${option.name} takes a value of kind ${option.kind}, got ${String(value)}`);
  }
}
