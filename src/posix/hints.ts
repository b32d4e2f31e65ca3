/** What a person can do about a failure: one sentence for each code that has a usual cause. */
import type { ErrorCode } from './errno.ts';

const HINTS: Partial<Record<ErrorCode, string>> = {
  EADDRINUSE:
    'Another socket has this address; stop its program (`ss -lntup` names it) or choose another port',
  EADDRNOTAVAIL:
    'No interface of this host has this address; bind to one of its own, or to "" for all of them',
  ECONNREFUSED: 'Nobody listens at this address; start the server first, or check host and port',
  ECONNRESET: 'The peer dropped the connection: its program ended, or closed with data unread',
  EHOSTUNREACH: 'No route leads to this host; check the address and the network',
  ENETUNREACH: 'No route leads to this network; check the address and the network',
  EMFILE: 'This process has as many descriptors open as it may; close some, or raise `ulimit -n`',
  ENFILE: 'The system has as many files open as it may; raise `fs.file-max`',
  EMSGSIZE: 'A datagram has a longest size, 65,507 bytes for UDP over IPv4; send less, or use a stream',
  ENOENT: 'No socket has this path; start the server first, or check the path',
  EAI_AGAIN: 'No name server answered; check the network, or use a literal address',
  EAI_NONAME: 'Check the spelling of the name, or use a literal address',
};

/** The hint for `code`, or `undefined` when there is nothing general to say. */
export function hintFor(code: ErrorCode, syscall: string, port: number | undefined): string | undefined {
  if (code === 'EACCES' && syscall === 'bind' && port !== undefined && port < 1024) {
    return 'Ports 1 to 1023 are reserved; choose one from 1024 up, or run with the right to bind them (CAP_NET_BIND_SERVICE)';
  }
  if (code === 'EACCES' && syscall.startsWith('send'))
    return 'For a broadcast address, set SO_BROADCAST first';
  if (code === 'EACCES' && syscall === 'bind')
    return 'Choose a path in a directory that this user may write to';
  return HINTS[code];
}
