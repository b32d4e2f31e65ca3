/** Connections that break: resets, dead peers. tcp(7). */
import type { StreamSocket } from '../../index.ts';
import { AF_INET, decode, SHUT_WR, SO_LINGER, SOCK_STREAM, SOL_SOCKET } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { cloggedPair, connectTo, readBytes, sendUntilError, tcpPair, tcpWelcome } from '../fixtures.ts';

/** Closes a connection with a reset. */
async function reset(connection: StreamSocket): Promise<void> {
  connection.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
  await connection.close();
}

export const streamResetCases: readonly ConformanceCase[] = [
  {
    name: 'recv() that waits rejects with ECONNRESET when the peer resets',
    rows: ['T18'],
    needs: ['tcp option SO_LINGER'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const waiting = client.recv();
      waiting.catch(() => undefined);
      await reset(server);
      await rejects('ECONNRESET', waiting, 'recv');
    },
  },
  {
    name: 'recv() after a reset rejects with ECONNRESET once, then gives the end',
    rows: ['T18', 'T10'],
    needs: ['tcp option SO_LINGER'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await reset(server);
      await context.pause(2);
      await rejects('ECONNRESET', client.recv(), 'recv');
      equal((await client.recv()).length, 0, 'recv after it');
      await rejects('EPIPE', client.send('x'), 'send after it');
    },
  },
  {
    name: 'sendall() that waits rejects when the peer resets',
    rows: ['T18', 'T19'],
    needs: ['tcp option SO_LINGER'],
    run: async (context) => {
      const { sender, receiver } = await cloggedPair(context);
      const waiting = sender.sendall(new Uint8Array(4_000_000));
      waiting.catch(() => undefined);
      await reset(receiver);
      await rejects(['ECONNRESET', 'EPIPE'], waiting, 'sendall');
    },
  },
  {
    name: 'recv() rejects with ECONNRESET after shutdown(SHUT_WR) too',
    rows: ['T18'],
    needs: ['tcp option SO_LINGER'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      client.shutdown(SHUT_WR);
      equal((await server.recv()).length, 0, 'the end at the server');
      const waiting = client.recv();
      waiting.catch(() => undefined);
      await reset(server);
      await rejects('ECONNRESET', waiting, 'recv');
    },
  },
  {
    name: 'close() of a welcome socket resets the connections that nobody accepted',
    rows: ['T18', 'T31'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect(welcome.getsockname());
      await welcome.close();
      await rejects('ECONNRESET', client.recv(), 'recv');
    },
  },
  {
    name: 'close() of a welcome socket leaves its connections alive',
    rows: ['T29'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const [client, server] = await connectTo(context, welcome);
      const address = welcome.getsockname();
      await welcome.close();
      await client.sendall('alive');
      equal(decode(await readBytes(server, 5)), 'alive', 'the bytes');
      await rejects('ECONNREFUSED', context.socket(AF_INET, SOCK_STREAM).connect(address), 'a new connect');
    },
  },
  {
    name: 'send() to a peer that has closed ends with EPIPE or ECONNRESET, and nothing else happens',
    rows: ['T19'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await server.close();
      const code = await sendUntilError(client, context);
      ok(code === 'EPIPE' || code === 'ECONNRESET', `the code should be EPIPE or ECONNRESET, got ${code}`);
      await rejects('EPIPE', client.send('x'), 'the next send');
    },
  },
];
