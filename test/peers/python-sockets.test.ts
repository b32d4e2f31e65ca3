/** Python's socket module as the other end: urgent data, resets, what a datagram's header holds, shared ports. */
import type {
  DatagramSocket,
  EngineName,
  IPPROTO_IP,
  IPPROTO_IPV6,
  SocketOption,
  StreamSocket,
} from 'portico';
import {
  decode,
  ENGINE_NAMES,
  IP_TOS,
  IP_TTL,
  IPV6_TCLASS,
  IPV6_UNICAST_HOPS,
  MSG_OOB,
  SO_LINGER,
  SO_OOBINLINE,
  SO_REUSEPORT,
  SOL_SOCKET,
  SocketError,
} from 'portico';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import type { Door } from './doors.ts';
import {
  alongside,
  freshAddress,
  openDatagram,
  openStream,
  openWelcome,
  readToEnd,
  skipIfLacking,
  TCP,
  UDP,
  UDP6,
} from './doors.ts';
import { need } from './needs.ts';
import { fileOf, Program } from './program.ts';

const SHARERS = 4;
const CLIENTS = 256;

const HEADERS: readonly {
  readonly door: Door;
  readonly option: SocketOption<typeof IPPROTO_IP | typeof IPPROTO_IPV6, number>;
  readonly name: string;
  readonly value: number;
  readonly seen: 'tos' | 'ttl';
}[] = [
  { door: UDP, option: IP_TTL, name: 'IP_TTL', value: 42, seen: 'ttl' },
  { door: UDP, option: IP_TOS, name: 'IP_TOS', value: 0xb8, seen: 'tos' },
  { door: UDP6, option: IPV6_UNICAST_HOPS, name: 'IPV6_UNICAST_HOPS', value: 42, seen: 'ttl' },
  { door: UDP6, option: IPV6_TCLASS, name: 'IPV6_TCLASS', value: 0xb8, seen: 'tos' },
];

/** How our side ends a connection on which a byte of Python's waits, and how Python sees it end. */
const ENDS: readonly {
  readonly what: string;
  readonly end: (connection: StreamSocket) => Promise<void>;
  readonly seen: 'end' | 'reset';
}[] = [
  {
    what: 'close() after reading all',
    end: async (connection) => {
      await connection.recv(1);
      await connection.close();
    },
    seen: 'end',
  },
  {
    what: 'close() with SO_LINGER of 0',
    end: async (connection) => {
      await connection.recv(1);
      connection.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
      await connection.close();
    },
    seen: 'reset',
  },
  { what: 'close() with a byte unread', end: (connection) => connection.close(), seen: 'reset' },
];

describe.each(ENGINE_NAMES)("Python's sockets and the engine %s", (engine) => {
  test('sendall() with MSG_OOB is urgent data for Python', async (context) => {
    const { connection, peer } = await connectTo(context, engine, 'receive-urgent');
    await using _ = peer;
    await connection.sendall('abc');
    await lacking(context, engine, () => connection.sendall('!', { flags: MSG_OOB }));
    peer.write('go\n');
    expect(await fact(peer, 'urgent')).toEqual({ urgent: '!', normal: 'abc' });
  });

  test("recv() with MSG_OOB takes Python's urgent data out of the stream", async (context) => {
    const { connection, peer } = await acceptFrom(context, engine, 'send-urgent');
    await using _ = peer;
    await peer.said(/"urgent"/);
    const urgent = await lacking(context, engine, () => connection.recv(1, { flags: MSG_OOB }));
    peer.endInput('go\n');
    expect(decode(urgent)).toBe('!');
    expect(decode(await readToEnd(connection))).toBe('abcdef');
    await peer.ended();
  });

  test("SO_OOBINLINE leaves Python's urgent data in the stream", async (context) => {
    const { connection, peer } = await acceptFrom(context, engine, 'send-urgent', (accepted) =>
      lacking(context, engine, async () => accepted.setsockopt(SOL_SOCKET, SO_OOBINLINE, true)),
    );
    await using _ = peer;
    peer.endInput('go\n');
    expect(decode(await readToEnd(connection))).toBe('abc!def');
    await peer.ended();
  });

  test("recv() that waits gets ECONNRESET of Python's reset", async (context) => {
    const { connection, peer } = await acceptFrom(context, engine, 'reset');
    await using _ = peer;
    const receiving = failureOf(connection.recv(16));
    peer.write('go\n');
    expect(await receiving).toBe('ECONNRESET');
    await peer.ended();
  });

  test("recv() and send() after Python's reset fail once with ECONNRESET, then as at an end", async (context) => {
    const { connection, peer } = await acceptFrom(context, engine, 'reset');
    await using _ = peer;
    peer.write('go\n');
    await peer.ended();
    expect(await failureOf(connection.recv(16))).toBe('ECONNRESET');
    expect(await failureOf(connection.send('x'))).toBe('EPIPE');
  });

  test.for(ENDS)('$what is a $seen for Python', async ({ end, seen }, context) => {
    const { connection, peer } = await connectTo(context, engine, 'watch-end');
    await using _ = peer;
    await fact(peer, 'sent');
    await lacking(context, engine, () => end(connection));
    expect(await fact(peer, 'end')).toEqual({ end: seen });
  });

  test.for(HEADERS)('$name is in the header that Python receives', async (row, context) => {
    const [python] = need(context, 'python3');
    const client = await openDatagram(context, row.door, engine);
    await using peer = Program.start(
      python,
      peerArguments(row.door === UDP ? 'read-header' : 'read-header6'),
    );
    const { port } = (await fact(peer, 'port')) as { port: number };
    await lacking(context, engine, async () => client.setsockopt(row.option.level, row.option, row.value));
    await client.sendto('hello', { host: row.door.at, port });
    expect(await fact(peer, 'data')).toMatchObject({ data: 'hello', [row.seen]: row.value });
  });

  test(`SO_REUSEPORT spreads ${CLIENTS} of Python's datagrams over ${SHARERS} sockets`, async (context) => {
    const [python] = need(context, 'python3');
    const sockets = (await sharePort(context, engine, UDP)) as unknown as DatagramSocket[];
    const loops = sockets.map((one) => alongside(countDatagrams(one)));
    await askFromMany(python, 'ask-udp', sockets);
    await Promise.all(sockets.map((one) => one.close()));
    expectSpread(await Promise.all(loops));
  });

  test(`SO_REUSEPORT spreads ${CLIENTS} of Python's connections over ${SHARERS} sockets`, async (context) => {
    const [python] = need(context, 'python3');
    const sockets = (await sharePort(context, engine, TCP)) as StreamSocket[];
    const loops = sockets.map(async (one) => alongside(countConnections(await one.listen())));
    await askFromMany(python, 'ask-tcp', sockets);
    await Promise.all(sockets.map((one) => one.close()));
    expectSpread(await Promise.all(loops));
  });
});

function peerArguments(role: string, ...args: string[]): string[] {
  return [fileOf('test/peers/python/socket_peer.py'), role, ...args];
}

/** The line of JSON in which the peer says `name`. */
async function fact(peer: Program, name: string): Promise<unknown> {
  const [line] = await peer.said(new RegExp(`^\\{.*"${name}":.*\\}$`, 'm'));
  return JSON.parse(line);
}

/** Our client, connected to a Python server of this role. */
async function connectTo(
  context: TestContext,
  engine: EngineName,
  role: string,
): Promise<{ connection: StreamSocket; peer: Program }> {
  const [python] = need(context, 'python3');
  const connection = await openStream(context, TCP, engine);
  const peer = Program.start(python, peerArguments(role));
  const { port } = (await fact(peer, 'port')) as { port: number };
  await connection.connect({ host: '127.0.0.1', port });
  return { connection, peer };
}

/** The connection socket of a Python client of this role. */
async function acceptFrom(
  context: TestContext,
  engine: EngineName,
  role: string,
  prepare: (connection: StreamSocket) => Promise<void> = async () => {},
): Promise<{ connection: StreamSocket; peer: Program }> {
  const [python] = need(context, 'python3');
  const welcome = await openWelcome(context, TCP, engine);
  const { port } = welcome.getsockname() as { port: number };
  const peer = Program.start(python, peerArguments(role, '127.0.0.1', `${port}`));
  const [connection] = await welcome.accept();
  await prepare(connection);
  return { connection, peer };
}

/** Does something that an engine may say it has not; then the test is skipped with that. */
async function lacking<T>(context: TestContext, engine: EngineName, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    return skipIfLacking(context, engine, error);
  }
}

async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'no failure';
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}

/** Sockets bound to one port. */
async function sharePort(context: TestContext, engine: EngineName, door: Door): Promise<StreamSocket[]> {
  const sockets: StreamSocket[] = [];
  let address = freshAddress(door);
  for (let index = 0; index < SHARERS; index++) {
    const one = await openStream(context, door, engine);
    await lacking(context, engine, async () => {
      one.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
      await one.bind(address);
    });
    address = one.getsockname();
    sockets.push(one);
  }
  return sockets;
}

async function askFromMany(
  python: string,
  role: string,
  sockets: readonly { getsockname(): unknown }[],
): Promise<void> {
  const [{ port }] = sockets.map((one) => one.getsockname()) as [{ port: number }];
  const args = peerArguments(role, '127.0.0.1', `${port}`, `${CLIENTS}`);
  await using peer = await Program.run(python, args);
  expect(JSON.parse(peer.stdout)).toEqual({ answered: CLIENTS });
}

async function countDatagrams(datagrams: DatagramSocket): Promise<number> {
  let count = 0;
  for await (const [message, sender] of datagrams) {
    await datagrams.sendto(message, sender);
    count++;
  }
  return count;
}

async function countConnections(welcome: AsyncIterable<[StreamSocket, unknown]>): Promise<number> {
  let count = 0;
  for await (const [connection] of welcome) {
    await connection.sendall(await connection.recv(64));
    await connection.close();
    count++;
  }
  return count;
}

function expectSpread(counts: readonly number[]): void {
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(CLIENTS);
  expect(counts.filter((count) => count === 0)).toEqual([]);
}
