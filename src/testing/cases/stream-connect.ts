/** Connections: accept and connect. accept(2), connect(2), tcp(7). */
import { AF_INET, SOCK_STREAM } from '../../index.ts';
import { equal, ok, rejects, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { ANY_PORT, connectTo, freeTcpAddress, readBytes, tcpPair, tcpWelcome } from '../fixtures.ts';
import { silentAddress } from '../hosts.ts';
import { BAD_PORTS } from './datagram-bind.ts';

export const streamConnectCases: readonly ConformanceCase[] = [
  {
    name: 'accept() gives a connection socket with both addresses',
    rows: ['T01'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect(welcome.getsockname());
      const [server, address] = await welcome.accept();
      equal(address, client.getsockname(), 'the address');
      equal(server.getpeername(), client.getsockname(), 'the peer of the connection');
      equal(server.getsockname(), welcome.getsockname(), 'the own address of the connection');
      equal(client.getpeername(), welcome.getsockname(), 'the peer of the client');
    },
  },
  {
    name: 'accept() on a socket that does not listen rejects with EINVAL',
    rows: ['T02'],
    run: async (context) => {
      await rejects('EINVAL', context.socket(AF_INET, SOCK_STREAM).accept(), 'accept of a new socket');
      const [client] = await tcpPair(context);
      await rejects('EINVAL', client.accept(), 'accept of a connection');
    },
  },
  {
    name: 'accept() many times at once gives each connection once',
    rows: ['T07'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const accepts = Array.from({ length: 50 }, () => welcome.accept());
      const clients = Array.from({ length: 50 }, () => context.socket(AF_INET, SOCK_STREAM));
      await Promise.all(clients.map((client) => client.connect(welcome.getsockname())));
      const ports = (await Promise.all(accepts)).map(([, { port }]) => port);
      const expected = clients.map((client) => client.getsockname().port);
      equal([...ports].sort(), [...expected].sort(), 'the ports');
    },
  },
  {
    name: 'accept() tells connections apart: each answers its own client',
    rows: ['T07'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const loop = (async () => {
        for await (const [connection] of welcome) await connection.sendall(await connection.recv());
      })();
      for (let index = 0; index < 20; index++) {
        const client = context.socket(AF_INET, SOCK_STREAM);
        await client.connect(welcome.getsockname());
        await client.sendall(Uint8Array.of(index));
        equal(await client.recv(), Uint8Array.of(index), 'the reply');
      }
      await welcome.close();
      await loop;
    },
  },
  {
    name: 'for await of a welcome socket: leaving it leaves the socket open, closing it ends it',
    rows: ['T08'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect(welcome.getsockname());
      for await (const [connection, address] of welcome) {
        equal(address, client.getsockname(), 'the client');
        await connection.close();
        break;
      }
      ok(!welcome.closed, 'the welcome socket should be open');
      await connectTo(context, welcome);
      const loop = (async () => {
        for await (const _ of welcome) ok(false, 'nobody has connected');
      })();
      await context.pause(5);
      await welcome.close();
      await loop;
    },
  },
  {
    name: 'connect() where nobody listens rejects once with ECONNREFUSED, and can be repeated',
    rows: ['T10'],
    run: async (context) => {
      const client = context.socket(AF_INET, SOCK_STREAM);
      const nobody = await freeTcpAddress(context);
      for (const _ of [1, 2]) await rejects('ECONNREFUSED', client.connect(nobody), 'connect');
      throws('ENOTCONN', () => client.getpeername(), 'getpeername');
      const welcome = await tcpWelcome(context);
      await client.connect(welcome.getsockname());
      const [server] = await welcome.accept();
      await client.sendall('x');
      equal((await readBytes(server, 1)).length, 1, 'the bytes');
    },
  },
  {
    name: 'connect() on a connection rejects with EISCONN, on a welcome socket too',
    rows: ['T12', 'U12'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const [client, server] = await connectTo(context, welcome);
      for (const one of [client, server, welcome]) {
        await rejects('EISCONN', one.connect(welcome.getsockname()), 'connect');
      }
    },
  },
  {
    name: 'connect() while another connect waits rejects with EALREADY',
    rows: ['T12'],
    needs: ['silent address'],
    run: async (context) => {
      const address = await silentAddress(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      const first = client.connect(address);
      first.catch(() => undefined);
      await rejects('EALREADY', client.connect(address), 'the second connect');
    },
  },
  {
    name: 'connect() of a bound socket keeps its port',
    rows: ['U08', 'T01'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.bind(ANY_PORT);
      const address = client.getsockname();
      await client.connect(welcome.getsockname());
      equal((await welcome.accept())[1], address, 'the client');
    },
  },
  {
    name: 'connect() refuses what is no port of a peer, 0 too, on a stream',
    rows: ['U14'],
    run: async ({ socket }) => {
      for (const port of [...BAD_PORTS, 0]) {
        const call = socket(AF_INET, SOCK_STREAM).connect({ host: '127.0.0.1', port: port as number });
        await rejects(
          typeof port === 'number' ? 'RangeError' : 'TypeError',
          call,
          `connect to port ${String(port)}`,
        );
      }
    },
  },
  {
    name: 'connect() to a socket that is bound but does not listen rejects with ECONNREFUSED',
    rows: ['T10'],
    run: async (context) => {
      const bound = context.socket(AF_INET, SOCK_STREAM);
      await bound.bind(ANY_PORT);
      await rejects(
        'ECONNREFUSED',
        context.socket(AF_INET, SOCK_STREAM).connect(bound.getsockname()),
        'connect',
      );
    },
  },
];
