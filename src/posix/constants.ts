/**
 * The numbers of `<sys/socket.h>`, `<netinet/in.h>` and `<netdb.h>`, with the values that Linux gives them on
 * x86-64 and arm64. They are names for programs: an engine on another system translates them.
 * Socket options have a table of their own, `options.ts`.
 */

/** No preference for an address family (only for `getaddrinfo`). */
export const AF_UNSPEC = 0;
/** Sockets of one host, named by a path or an abstract name: unix(7). */
export const AF_UNIX = 1;
/** IPv4: ip(7). */
export const AF_INET = 2;
/** IPv6, and IPv4 through mapped addresses: ipv6(7). */
export const AF_INET6 = 10;

/** A reliable byte stream, TCP on `AF_INET` and `AF_INET6`: tcp(7). */
export const SOCK_STREAM = 1;
/** Datagrams, UDP on `AF_INET` and `AF_INET6`: udp(7). */
export const SOCK_DGRAM = 2;
/** A reliable sequence of messages with their boundaries kept, on `AF_UNIX`: unix(7). */
export const SOCK_SEQPACKET = 5;

/** `shutdown()`: no more will be received. */
export const SHUT_RD = 0;
/** `shutdown()`: no more will be sent; the peer reads to the end and then sees zero bytes. */
export const SHUT_WR = 1;
/** `shutdown()`: both. */
export const SHUT_RDWR = 2;

/** `recv`: TCP's urgent byte; `send`: send the last byte as urgent. */
export const MSG_OOB = 0x1;
/** `recv`: look at what is there and leave it. */
export const MSG_PEEK = 0x2;
/** In the flags of `recvmsg`: the datagram was longer than the buffer and was cut. */
export const MSG_TRUNC = 0x20;
/** In the flags of `recvmsg` on `SOCK_SEQPACKET`: the end of a record. */
export const MSG_EOR = 0x80;
/** `recv` on a stream: wait until the buffer is full, the stream ends or an error comes. */
export const MSG_WAITALL = 0x100;

/** The longest accept queue that Linux gives by default (`net.core.somaxconn`). */
export const SOMAXCONN = 4096;

/** `getaddrinfo`: for `bind`; without a host the result is the any-address. */
export const AI_PASSIVE = 0x1;
/** `getaddrinfo`: the host is a literal address, never look it up. */
export const AI_NUMERICHOST = 0x4;
/** `getaddrinfo`: with `AF_INET6` and no IPv6 address, give IPv4 addresses in mapped form. */
export const AI_V4MAPPED = 0x8;
/** `getaddrinfo`: with `AI_V4MAPPED`, give both. */
export const AI_ALL = 0x10;
/** `getaddrinfo`: only families of which this host has an address. */
export const AI_ADDRCONFIG = 0x20;

/** `getnameinfo`: the address as it is, no look-up. */
export const NI_NUMERICHOST = 0x1;
/** `getnameinfo`: the port as a number, no service name. */
export const NI_NUMERICSERV = 0x2;
/** `getnameinfo`: fail when the address has no name. */
export const NI_NAMEREQD = 0x8;

/** The longest payload of a UDP datagram over IPv4, in bytes: 65,535 less 20 (IPv4) less 8 (UDP). */
export const UDP4_PAYLOAD_MAX = 65_507;
/** The longest payload of a UDP datagram over IPv6, in bytes: 65,535 less 8 (UDP), RFC 8200 section 3. */
export const UDP6_PAYLOAD_MAX = 65_527;

/** An address family that a socket can have. */
export type Family = typeof AF_INET | typeof AF_INET6 | typeof AF_UNIX;
/** A socket type. */
export type SocketType = typeof SOCK_STREAM | typeof SOCK_DGRAM | typeof SOCK_SEQPACKET;
/** What `shutdown()` ends. */
export type ShutdownHow = typeof SHUT_RD | typeof SHUT_WR | typeof SHUT_RDWR;

const FAMILY_NAMES: Readonly<Record<number, string>> = {
  [AF_INET]: 'AF_INET',
  [AF_INET6]: 'AF_INET6',
  [AF_UNIX]: 'AF_UNIX',
};

/** Names a family for a message; a number that is no family comes back as text. */
export function familyName(family: number): string {
  return FAMILY_NAMES[family] ?? String(family);
}

/** Names the transport that a family and a type select, as messages do: `udp`, `tcp`, `unix stream`. */
export function transportName(family: number, type: number): string {
  if (family !== AF_UNIX) return type === SOCK_DGRAM ? 'udp' : 'tcp';
  if (type === SOCK_DGRAM) return 'unix datagram';
  return type === SOCK_STREAM ? 'unix stream' : 'unix seqpacket';
}
