/** Every call that may wait, each made to wait and made to go on: what the cases of deadlines and cancelling run over. */
import type { CallOptions, StreamSocket } from '../../index.ts';
import { AF_INET, SOCK_STREAM } from '../../index.ts';
import { equal, ok } from '../assertions.ts';
import type { ConformanceContext, Need } from '../conformance-case.ts';
import {
  cloggedDatagramPair,
  cloggedPair,
  connectTo,
  countToEnd,
  readBytes,
  tcpPair,
  tcpWelcome,
  udpPair,
  unixPair,
} from '../fixtures.ts';
import { silentAddress } from '../hosts.ts';

/** A call that may wait. */
export interface WaitingCall {
  /** As names of cases begin: `recvfrom() of UDP`. */
  readonly name: string;
  readonly needs?: readonly Need[];
  /** Makes a socket on which the call waits. */
  readonly prepare: (context: ConformanceContext) => Promise<Waiting>;
}

/** A socket on which a call waits. */
export interface Waiting {
  readonly socket: { close(): Promise<void>; settimeout(timeoutMs: number | undefined): void };
  readonly wait: (options?: CallOptions) => Promise<unknown>;
  /** Ends the cause of the waiting. */
  readonly ready: () => Promise<void>;
  /** Makes the call succeed and checks that nothing was lost. Where left out: `ready` while the call waits. */
  readonly succeed?: () => Promise<void>;
}

async function datagrams(
  context: ConformanceContext,
  wait: (socket: Awaited<ReturnType<typeof udpPair>>[0], options?: CallOptions) => Promise<unknown>,
): Promise<Waiting> {
  const [socket, peer] = await udpPair(context);
  return {
    socket,
    wait: (options) => wait(socket, options),
    ready: async () => {
      await peer.sendto('x', socket.getsockname());
    },
  };
}

async function bytes(
  pair: [StreamSocket, StreamSocket],
  wait: (socket: StreamSocket, options?: CallOptions) => Promise<{ length: number }>,
): Promise<Waiting> {
  const [socket, peer] = pair;
  return {
    socket,
    wait: (options) => wait(socket, options),
    ready: async () => {
      await peer.sendall('x');
    },
    succeed: async () => {
      const waiting = wait(socket);
      await peer.sendall('only');
      const first = (await waiting).length;
      equal((await readBytes(socket, 4 - first)).length, 4 - first, 'the rest of four bytes');
    },
  };
}

async function clogged(
  context: ConformanceContext,
  wait: (socket: StreamSocket, options?: CallOptions) => Promise<unknown>,
): Promise<Waiting> {
  const { sender, receiver, sent } = await cloggedPair(context);
  return {
    socket: sender,
    wait: (options) => wait(sender, options),
    ready: async () => {
      await readBytes(receiver, sent);
    },
    succeed: async () => {
      const counting = countToEnd(receiver);
      await wait(sender);
      await sender.close();
      ok((await counting) > sent, 'more bytes than those of the clog should have arrived');
    },
  };
}

async function cloggedDatagrams(
  context: ConformanceContext,
  wait: (pair: Awaited<ReturnType<typeof cloggedDatagramPair>>, options?: CallOptions) => Promise<unknown>,
): Promise<Waiting> {
  const pair = await cloggedDatagramPair(context);
  return {
    socket: pair.sender,
    wait: (options) => wait(pair, options),
    ready: async () => {
      for (let index = 0; index < pair.sent; index++) await pair.receiver.recvfrom();
    },
  };
}

/** More than a send buffer holds, so that `sendall` waits. */
const LARGE = new Uint8Array(8_000_000);

/** The calls. `getaddrinfo` has cases of its own, for nothing makes a resolver wait. */
export const waitingCalls: readonly WaitingCall[] = [
  {
    name: 'recvfrom() of UDP',
    prepare: (context) => datagrams(context, (socket, options) => socket.recvfrom(9, options)),
  },
  {
    name: 'recv() of UDP',
    prepare: (context) => datagrams(context, (socket, options) => socket.recv(9, options)),
  },
  {
    name: 'recvmsg() of UDP',
    prepare: (context) => datagrams(context, (socket, options) => socket.recvmsg(9, options)),
  },
  {
    name: 'recvmmsg() of UDP',
    prepare: (context) => datagrams(context, (socket, options) => socket.recvmmsg(2, 9, options)),
  },
  {
    name: 'recv() of TCP',
    prepare: async (context) => bytes(await tcpPair(context), (socket, options) => socket.recv(9, options)),
  },
  {
    name: 'recvmsg() of TCP',
    prepare: async (context) =>
      bytes(await tcpPair(context), (socket, options) => socket.recvmsg(9, options)),
  },
  {
    name: 'recv() of a Unix stream',
    needs: ['unix stream'],
    prepare: async (context) => bytes(await unixPair(context), (socket, options) => socket.recv(9, options)),
  },
  {
    name: 'accept()',
    prepare: async (context) => {
      const socket = await tcpWelcome(context);
      return {
        socket,
        wait: (options) => socket.accept(options),
        ready: () => context.socket(AF_INET, SOCK_STREAM).connect(socket.getsockname()),
      };
    },
  },
  {
    name: 'connect()',
    needs: ['silent address'],
    prepare: async (context) => {
      const address = await silentAddress(context);
      const welcome = await tcpWelcome(context);
      const socket = context.socket(AF_INET, SOCK_STREAM);
      return {
        socket,
        wait: (options) => socket.connect(address, options),
        ready: async () => undefined,
        succeed: async () => {
          await socket.connect(welcome.getsockname());
          const [connection, client] = await welcome.accept();
          equal(client, socket.getsockname(), 'the client');
          await connection.sendall('x');
          equal((await socket.recv()).length, 1, 'the bytes');
          await connectTo(context, welcome);
        },
      };
    },
  },
  {
    name: 'send() on a clogged connection',
    prepare: (context) => clogged(context, (socket, options) => socket.send('x', options)),
  },
  {
    name: 'sendall() on a clogged connection',
    prepare: (context) => clogged(context, (socket, options) => socket.sendall(LARGE, options)),
  },
  {
    name: 'sendmsg() on a clogged connection',
    prepare: (context) =>
      clogged(context, (socket, options) => socket.sendmsg({ data: [LARGE, 'x'] }, options)),
  },
  {
    name: 'sendto() to a full Unix queue',
    needs: ['unix datagram'],
    prepare: (context) =>
      cloggedDatagrams(context, ({ sender, path }, options) => sender.sendto('x', { path }, options)),
  },
  {
    name: 'sendmmsg() to a full Unix queue',
    needs: ['unix datagram'],
    prepare: (context) =>
      cloggedDatagrams(context, ({ sender, path }, options) =>
        sender.sendmmsg([{ data: 'x', address: { path } }], options),
      ),
  },
];
