/** What a failed call tells a person: the hint fits the call, and an address of another form is named as such. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Engine, Family } from '../../src/index.ts';
import {
  AF_INET,
  AF_UNIX,
  IP_ADD_MEMBERSHIP,
  IP_DROP_MEMBERSHIP,
  IPPROTO_IP,
  loadEngine,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SocketError,
  socket,
} from '../../src/index.ts';
import { engines } from '../conformance/engines.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

function openStream<F extends Family>(family: F, engine: Engine) {
  const door = socket(family as typeof AF_INET, SOCK_STREAM, { engine });
  onTestFinished(() => door.close());
  return door;
}

/** The failure of a call. */
async function failure(call: () => unknown): Promise<SocketError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
  throw new Error('The call should fail');
}

describe.each(engines)('on the engine %s', (name) => {
  const engine = loadEngine(name);

  test.skipIf(process.platform === 'win32')('the hint of a Unix path speaks of the path', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const unix = () => socket(AF_UNIX, SOCK_STREAM, { engine });
    await using server = unix();
    await server.bind({ path: join(directory, 'taken') });
    const hints = await Promise.all([
      failure(() => unix().bind({ path: join(directory, 'taken') })),
      failure(() => unix().bind({ path: join(directory, 'missing', 'socket') })),
      failure(() => unix().connect({ path: join(directory, 'nobody') })),
    ]);
    expect(hints.map(({ code, hint }) => [code, hint])).toEqual([
      ['EADDRINUSE', expect.stringMatching(/^This path is there already; remove it/)],
      ['ENOENT', expect.stringMatching(/^A directory of this path is not there/)],
      ['ENOENT', expect.stringMatching(/^No socket has this path; start the server first/)],
    ]);
  });

  test('the hint of a group speaks of no other program', async () => {
    await using member = socket(AF_INET, SOCK_DGRAM, { engine });
    await member.bind({ host: '', port: 0 });
    const group = { multiaddr: '239.1.2.3', interface: '127.0.0.1' };
    member.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, group);
    const twice = await failure(() => member.setsockopt(IPPROTO_IP, IP_ADD_MEMBERSHIP, group));
    member.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, group);
    const never = await failure(() => member.setsockopt(IPPROTO_IP, IP_DROP_MEMBERSHIP, group));
    expect([twice, never].map(({ code, hint }) => [code, hint])).toEqual([
      ['EADDRINUSE', undefined],
      ['EADDRNOTAVAIL', undefined],
    ]);
  });

  test('the hint of a call in the wrong state says which call comes first', async () => {
    const welcome = openStream(AF_INET, engine);
    await welcome.bind(LOOPBACK);
    const notListening = await failure(() => welcome.accept({ timeoutMs: 1000 }));
    expect([notListening.code, notListening.hint]).toEqual([
      'EINVAL',
      expect.stringContaining('listen() first'),
    ]);
    await welcome.listen();
    const noConnection = await failure(() => welcome.recv());
    expect([noConnection.code, noConnection.hint]).toEqual([
      'ENOTCONN',
      expect.stringContaining('accept() gives'),
    ]);
    await using udp = socket(AF_INET, SOCK_DGRAM, { engine });
    expect((await failure(() => udp.send('x'))).hint).toMatch(/sendto\(\)/);
  });

  test('the hint of a connection that the peer dropped does not ask for connect()', async () => {
    const welcome = openStream(AF_INET, engine);
    await welcome.bind(LOOPBACK);
    await welcome.listen();
    const client = openStream(AF_INET, engine);
    await client.connect(welcome.getsockname());
    const [connection] = await welcome.accept();
    connection.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
    await connection.close();
    await client.recv().catch(() => undefined);
    const { code, hint } = await failure(() => client.shutdown(SHUT_WR));
    expect([code, hint]).toEqual(['ENOTCONN', 'The connection is over: the peer dropped it']);
  });

  test('a broadcast address without SO_BROADCAST is told for connect() too', async () => {
    await using udp = socket(AF_INET, SOCK_DGRAM, { engine });
    const { code, hint } = await failure(() => udp.connect({ host: '255.255.255.255', port: 9 }));
    expect([code, hint]).toEqual(['EACCES', 'For a broadcast address, set SO_BROADCAST first']);
  });

  test('a host with a colon on AF_INET is told to be IPv6, or a port in the wrong place', async () => {
    const client = openStream(AF_INET, engine);
    const { code, hint } = await failure(() => client.connect({ host: '127.0.0.1:80', port: 80 }));
    expect([code, hint]).toEqual([
      'EAFNOSUPPORT',
      expect.stringMatching(/AF_INET6, or give host and port apart$/),
    ]);
  });

  test('a datagram that is too long names its destination', async () => {
    await using udp = socket(AF_INET, SOCK_DGRAM, { engine });
    const remote = { host: '127.0.0.1', port: 9 };
    const error = await failure(() => udp.sendto(new Uint8Array(65_508), remote));
    expect(error).toMatchObject({ code: 'EMSGSIZE', remote });
    expect(error.message).toMatch(/^sendto udp -> 127\.0\.0\.1:9: EMSGSIZE /);
  });

  test.each([
    ['an array', ['', 12_000]],
    ['number', 12_000],
    ['string', 'localhost'],
    ['undefined', undefined],
    ['null', null],
  ])('an address is an object and not %s', async (got, address) => {
    const door = openStream(AF_INET, engine);
    const refusal = new TypeError(`An address must be an object { host, port }, got ${got}`);
    await expect(door.bind(address as never)).rejects.toEqual(refusal);
    await expect(door.connect(address as never)).rejects.toEqual(refusal);
  });
});

test.runIf(engines.includes('linux'))(
  'connect() past its deadline names whom it could not reach',
  async () => {
    const engine = loadEngine('linux');
    const welcome = openStream(AF_INET, engine);
    await welcome.bind(LOOPBACK);
    await welcome.listen(0);
    const remote = welcome.getsockname();
    await openStream(AF_INET, engine).connect(remote); // the queue is full now
    const error = await failure(() => openStream(AF_INET, engine).connect(remote, { timeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'ETIMEDOUT', remote });
    expect(error.message).toBe(`connect tcp -> 127.0.0.1:${remote.port}: ETIMEDOUT (timed out after 100 ms)`);
  },
);

test.each([
  ['bind', 80, /reserved/],
  ['bind', 8080, undefined],
] as const)('EACCES of %s at port %i', (syscall, port, hint) => {
  const error = new SocketError({
    code: 'EACCES',
    syscall,
    engine: 'test',
    local: { host: '127.0.0.1', port },
  });
  if (hint) expect(error.hint).toMatch(hint);
  else expect(error.hint).toBeUndefined();
});

test('EACCES of a Unix path speaks of its permissions, not of broadcasts', () => {
  const error = new SocketError({
    code: 'EACCES',
    syscall: 'sendto',
    engine: 'test',
    remote: { path: '/run/a' },
  });
  expect(error.hint).toMatch(/permissions of this path/);
});
