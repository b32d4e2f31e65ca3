/** The failures that a case can make, and what their errors must say. errno(3). */
import type { Address, DatagramSocket } from '../../index.ts';
import {
  AF_INET,
  AF_UNIX,
  getaddrinfo,
  IP_TTL,
  IPPROTO_IP,
  MSG_WAITALL,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../index.ts';
import type { ConformanceContext, Need } from '../conformance-case.ts';
import {
  ANY_PORT,
  boundUdp,
  connectedUdpPair,
  freeTcpAddress,
  freeUdpAddress,
  tcpPair,
  tcpWelcome,
} from '../fixtures.ts';
import { silentAddress } from '../hosts.ts';

/** A failure, and what its error must say. */
export interface Failure {
  readonly what: string;
  readonly code: string;
  readonly errno: number;
  /** The call, or calls that are one to an engine. */
  readonly syscall: readonly string[];
  readonly needs?: readonly Need[];
  readonly rows?: readonly string[];
  /** Makes it; gives the call with the addresses that its error must name. */
  readonly make: (context: ConformanceContext) => Promise<Failed>;
}

export interface Failed {
  readonly call: Promise<unknown> | (() => unknown);
  readonly local?: Address;
  readonly remote?: Address;
}

const SENDS = ['send', 'sendto', 'sendmsg', 'sendall'];
const RECEIVES = ['recv', 'recvfrom', 'recvmsg'];

async function closedUdp(context: ConformanceContext): Promise<DatagramSocket<typeof AF_INET>> {
  const closed = await boundUdp(context);
  await closed.close();
  return closed;
}

export const failures: readonly Failure[] = [
  {
    what: 'bind() to a taken UDP port',
    code: 'EADDRINUSE',
    errno: 98,
    syscall: ['bind'],
    rows: ['U07', 'T03'],
    make: async (context) => {
      const local = (await boundUdp(context)).getsockname();
      return { call: context.socket(AF_INET, SOCK_DGRAM).bind(local), local };
    },
  },
  {
    what: 'bind() to a taken TCP port',
    code: 'EADDRINUSE',
    errno: 98,
    syscall: ['bind'],
    rows: ['U07', 'T03'],
    make: async (context) => {
      const local = (await tcpWelcome(context)).getsockname();
      return { call: context.socket(AF_INET, SOCK_STREAM).bind(local), local };
    },
  },
  {
    what: 'bind() to a foreign host',
    code: 'EADDRNOTAVAIL',
    errno: 99,
    syscall: ['bind'],
    rows: ['U07', 'T03'],
    make: async ({ socket }) => {
      const local = { host: '203.0.113.77', port: 0 };
      return { call: socket(AF_INET, SOCK_DGRAM).bind(local), local };
    },
  },
  {
    what: 'bind() twice',
    code: 'EINVAL',
    errno: 22,
    syscall: ['bind'],
    rows: ['U07', 'T03'],
    make: async (context) => ({ call: (await boundUdp(context)).bind(ANY_PORT) }),
  },
  {
    what: 'bind() to a reserved port',
    code: 'EACCES',
    errno: 13,
    syscall: ['bind'],
    needs: ['reserved ports'],
    make: async ({ socket }) => {
      const local = { host: '127.0.0.1', port: 1 };
      return { call: socket(AF_INET, SOCK_STREAM).bind(local), local };
    },
  },
  {
    what: 'connect() where nobody listens',
    code: 'ECONNREFUSED',
    errno: 111,
    syscall: ['connect'],
    rows: ['U07', 'T10'],
    make: async (context) => {
      const remote = await freeTcpAddress(context);
      return { call: context.socket(AF_INET, SOCK_STREAM).connect(remote), remote };
    },
  },
  {
    what: 'connect() of a bound socket where nobody listens',
    code: 'ECONNREFUSED',
    errno: 111,
    syscall: ['connect'],
    make: async (context) => {
      const remote = await freeTcpAddress(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.bind(ANY_PORT);
      return { call: client.connect(remote), local: client.getsockname(), remote };
    },
  },
  {
    what: 'connect() twice',
    code: 'EISCONN',
    errno: 106,
    syscall: ['connect'],
    make: async (context) => {
      const [client, server] = await tcpPair(context);
      return { call: client.connect(server.getsockname()) };
    },
  },
  {
    what: 'connect() past its deadline',
    code: 'ETIMEDOUT',
    errno: 110,
    syscall: ['connect'],
    needs: ['silent address'],
    make: async (context) => {
      const call = context
        .socket(AF_INET, SOCK_STREAM)
        .connect(await silentAddress(context), { timeoutMs: 5 });
      return { call };
    },
  },
  {
    what: 'connect() to an IPv6 address on an IPv4 socket',
    code: 'EAFNOSUPPORT',
    errno: 97,
    syscall: ['connect'],
    make: async ({ socket }) => {
      const remote = { host: '::1', port: 9 };
      return { call: socket(AF_INET, SOCK_STREAM).connect(remote), remote };
    },
  },
  {
    what: 'recv() after a refusal',
    code: 'ECONNREFUSED',
    errno: 111,
    syscall: RECEIVES,
    rows: ['U41'],
    make: async (context) => {
      const remote = await freeUdpAddress(context);
      const client = await boundUdp(context);
      await client.connect(remote);
      const call = client.recv();
      call.catch(() => undefined);
      await client.send('anybody?');
      return { call, local: client.getsockname(), remote };
    },
  },
  {
    what: 'recv() after a reset',
    code: 'ECONNRESET',
    errno: 104,
    syscall: RECEIVES,
    needs: ['tcp option SO_LINGER'],
    rows: ['T18'],
    make: async (context) => {
      const [client, server] = await tcpPair(context);
      const ends = { local: client.getsockname(), remote: client.getpeername() };
      const call = client.recv();
      call.catch(() => undefined);
      server.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
      await server.close();
      return { call, ...ends };
    },
  },
  {
    what: 'send() after shutdown()',
    code: 'EPIPE',
    errno: 32,
    syscall: SENDS,
    make: async (context) => {
      const [client] = await tcpPair(context);
      client.shutdown(SHUT_WR);
      return { call: client.send('x'), local: client.getsockname(), remote: client.getpeername() };
    },
  },
  {
    what: 'sendto() of too much',
    code: 'EMSGSIZE',
    errno: 90,
    syscall: SENDS,
    rows: ['U19'],
    make: async (context) => {
      const bound = await boundUdp(context);
      return { call: bound.sendto(new Uint8Array(65_508), bound.getsockname()) };
    },
  },
  {
    what: 'sendto() on a socket with a peer',
    code: 'EISCONN',
    errno: 106,
    syscall: ['sendto'],
    rows: ['U13'],
    make: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      return { call: a.sendto('x', b.getsockname()) };
    },
  },
  {
    what: 'send() without a peer',
    code: 'EDESTADDRREQ',
    errno: 89,
    syscall: ['send'],
    rows: ['U12'],
    make: async (context) => ({ call: (await boundUdp(context)).send('x') }),
  },
  {
    what: 'recv() without a connection',
    code: 'ENOTCONN',
    errno: 107,
    syscall: RECEIVES,
    make: async ({ socket }) => ({ call: socket(AF_INET, SOCK_STREAM).recv() }),
  },
  {
    what: 'getpeername() without a peer',
    code: 'ENOTCONN',
    errno: 107,
    syscall: ['getpeername'],
    rows: ['U12'],
    make: async (context) => {
      const bound = await boundUdp(context);
      return { call: () => bound.getpeername() };
    },
  },
  {
    what: 'shutdown() without a connection',
    code: 'ENOTCONN',
    errno: 107,
    syscall: ['shutdown'],
    make: async ({ socket }) => ({ call: () => socket(AF_INET, SOCK_STREAM).shutdown(SHUT_WR) }),
  },
  {
    what: 'accept() without listen()',
    code: 'EINVAL',
    errno: 22,
    syscall: ['accept'],
    make: async ({ socket }) => ({ call: socket(AF_INET, SOCK_STREAM).accept() }),
  },
  {
    what: 'listen() on a connection',
    code: 'EINVAL',
    errno: 22,
    syscall: ['listen'],
    make: async (context) => ({ call: (await tcpPair(context))[0].listen() }),
  },
  {
    what: 'setsockopt() out of range',
    code: 'EINVAL',
    errno: 22,
    syscall: ['setsockopt'],
    needs: ['udp option IP_TTL'],
    rows: ['U45'],
    make: async (context) => {
      const bound = await boundUdp(context);
      return { call: () => bound.setsockopt(IPPROTO_IP, IP_TTL, 999) };
    },
  },
  {
    what: 'getsockopt() of what there is not',
    code: 'ENOPROTOOPT',
    errno: 92,
    syscall: ['getsockopt'],
    make: async (context) => {
      const bound = await boundUdp(context);
      return { call: () => bound.getsockopt(SOL_SOCKET, 9999) };
    },
  },
  {
    what: 'recvfrom() past its deadline',
    code: 'ETIMEDOUT',
    errno: 110,
    syscall: ['recvfrom'],
    rows: ['T37'],
    make: async (context) => ({ call: (await boundUdp(context)).recvfrom(1, { timeoutMs: 2 }) }),
  },
  {
    what: 'recv() of a closed socket while it waits',
    code: 'ECANCELED',
    errno: 125,
    syscall: RECEIVES,
    rows: ['T21'],
    make: async (context) => {
      const [client] = await tcpPair(context);
      const call = client.recv(8, { flags: MSG_WAITALL });
      call.catch(() => undefined);
      await client.close();
      return { call };
    },
  },
  {
    what: 'recvfrom() after close()',
    code: 'EBADF',
    errno: 9,
    syscall: ['recvfrom'],
    rows: ['U24'],
    make: async (context) => ({ call: (await closedUdp(context)).recvfrom() }),
  },
  {
    what: 'getsockname() after close()',
    code: 'EBADF',
    errno: 9,
    syscall: ['getsockname'],
    rows: ['U24'],
    make: async (context) => {
      const closed = await closedUdp(context);
      return { call: () => closed.getsockname() };
    },
  },
  {
    what: 'connect() to a path where no file is',
    code: 'ENOENT',
    errno: 2,
    syscall: ['connect'],
    needs: ['unix stream'],
    rows: ['T33'],
    make: async (context) => {
      const remote = { path: context.path() };
      return { call: context.socket(AF_UNIX, SOCK_STREAM).connect(remote), remote };
    },
  },
  {
    what: 'sendto() to a path where no file is',
    code: 'ENOENT',
    errno: 2,
    syscall: SENDS,
    needs: ['unix datagram'],
    rows: ['T33'],
    make: async (context) => {
      const remote = { path: context.path() };
      return { call: context.socket(AF_UNIX, SOCK_DGRAM).sendto('x', remote), remote };
    },
  },
  {
    what: 'getaddrinfo() of a literal of another family',
    code: 'EAI_NONAME',
    errno: -2,
    syscall: ['getaddrinfo ::1'],
    make: async ({ engine }) => ({ call: getaddrinfo('::1', 1, { engine, family: AF_INET }) }),
  },
  {
    what: 'socket() of a family that there is not',
    code: 'EAFNOSUPPORT',
    errno: 97,
    syscall: ['socket 99'],
    make: async ({ socket }) => ({ call: () => socket(99 as typeof AF_INET, SOCK_DGRAM) }),
  },
];
