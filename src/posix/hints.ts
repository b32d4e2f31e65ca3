/** What a person can do about a failure: one sentence where a code, and the call that it came from, have a usual cause. */
import type { Address, UnixAddress } from './address.ts';
import { isUnixAddress, looksLikeIpv6 } from './address.ts';
import type { ErrorCode } from './errno.ts';

/** The call that failed, between which ends. */
interface Failure {
  readonly syscall: string;
  readonly remote: Address | undefined;
  /** What it is about: the peer's address, else the socket's own. */
  readonly address: Address | undefined;
}

type Hint = string | ((failure: Failure) => string | undefined);

const HINTS: Partial<Record<ErrorCode, Hint>> = {
  EACCES: ({ syscall, address }) => {
    if (isPath(address))
      return syscall === 'bind'
        ? 'Choose a path in a directory that this user may write to'
        : 'The permissions of this path keep this user out; they are for its server to change';
    if (syscall === 'bind')
      return address && address.port < 1024
        ? 'Ports 1 to 1023 are reserved; choose one from 1024 up, or run with the right to bind them (CAP_NET_BIND_SERVICE)'
        : undefined;
    return isDestination(syscall) ? 'For a broadcast address, set SO_BROADCAST first' : undefined;
  },
  EADDRINUSE: ({ syscall, address }) => {
    if (syscall === 'setsockopt') return undefined;
    return isPath(address)
      ? 'This path is there already; remove it if no server has it any more, or choose another'
      : 'Another socket has this address; stop its program (`ss -lntup` names it) or choose another port';
  },
  EADDRNOTAVAIL: ({ syscall }) => {
    if (syscall === 'bind')
      return 'No interface of this host has this address; bind to one of its own, or to "" for all of them';
    return isDestination(syscall)
      ? 'This host has no address of the family, or no port left for this peer; close connections to it'
      : undefined;
  },
  EAFNOSUPPORT: ({ address }) =>
    address && !isPath(address) && looksLikeIpv6(address.host)
      ? 'A host with a colon is an IPv6 address; open the socket with AF_INET6, or give host and port apart'
      : undefined,
  EBADF: 'This program has closed the socket',
  ECONNREFUSED: ({ address }) =>
    isPath(address)
      ? 'The path is there, but nobody listens at it; start the server first'
      : 'Nobody listens at this address; start the server first, or check host and port',
  ECONNRESET:
    'The peer dropped the connection: its program ended, closed with data unread, or would wait no longer',
  EDESTADDRREQ: 'Give the address to sendto(), or connect() first',
  EHOSTUNREACH: 'No route leads to this host; check the address and the network',
  EINVAL: ({ syscall }) =>
    syscall === 'accept' ? 'Only a welcome socket accepts; call listen() first' : undefined,
  ENETUNREACH: 'No route leads to this network; check the address and the network',
  EMFILE: 'This process has as many descriptors open as it may; close some, or raise `ulimit -n`',
  ENFILE: 'The system has as many files open as it may; raise `fs.file-max`',
  EMSGSIZE: 'A datagram has a longest size, 65,507 bytes for UDP over IPv4; send less, or use a stream',
  ENOENT: ({ syscall }) =>
    syscall === 'bind'
      ? 'A directory of this path is not there; make it, or choose another path'
      : 'No socket has this path; start the server first, or check the path',
  ENOTCONN: ({ remote }) =>
    remote
      ? 'The connection is over: the peer dropped it'
      : 'connect() first; a server receives and sends on the sockets that accept() gives',
  EPIPE: 'This side has ended its half, the connection broke, or there was none',
  EAI_AGAIN: 'No name server answered; check the network, or use a literal address',
  EAI_NONAME: 'Check the spelling of the name, or use a literal address',
};

function isPath(address: Address | undefined): address is UnixAddress {
  return address !== undefined && isUnixAddress(address);
}

/** Whether the call's address is one to be reached. */
function isDestination(syscall: string): boolean {
  return syscall === 'connect' || syscall.startsWith('send');
}

/** The hint for `code`, or `undefined` when there is nothing general to say. */
export function hintFor(
  code: ErrorCode,
  syscall: string,
  local: Address | undefined,
  remote: Address | undefined,
): string | undefined {
  const hint = HINTS[code];
  return typeof hint === 'function' ? hint({ syscall, remote, address: remote ?? local }) : hint;
}
