/** Limits and deadlines of a server, at work in one thread. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InetAddress, StreamSocket } from '../../src/index.ts';
import {
  AF_INET,
  decode,
  IPPROTO_TCP,
  SOCK_DGRAM,
  SOCK_STREAM,
  SocketError,
  socket,
  TCP_KEEPIDLE,
} from '../../src/index.ts';
import { accessTest, clientKey } from '../../src/server/access.ts';
import type { Handlers, ServeOptions, Server } from '../../src/server/index.ts';
import { LIMIT_NAMES, LIMITS, SERVICES, serve } from '../../src/server/index.ts';
import { completeLimits, shareOf } from '../../src/server/limits.ts';
import { SourceTable } from '../../src/server/source-table.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

async function start(service: Handlers, options: ServeOptions = {}): Promise<[Server, InetAddress]> {
  const server = await serve(service, { host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  const address = server.addresses.tcp ?? server.addresses.udp;
  if (!address) throw new Error('The server has no address');
  return [server, address];
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

/** The end of a connection, as its client sees it. */
function endOf(client: StreamSocket): Promise<string> {
  return client.recv().then(
    (bytes) => (bytes.length === 0 ? 'end' : decode(bytes)),
    (error: { code: string }) => error.code,
  );
}

describe('shareOf()', () => {
  test.each([
    [10, 3],
    [100, 4],
    [7, 7],
  ])('gives %i places to %i threads, and not one more', (max, threads) => {
    const limits = completeLimits({ connectionsMax: max, connectionsPerClientMax: max });
    const shares = Array.from({ length: threads }, (_, thread) => shareOf(limits, thread, threads));
    expect(shares.reduce((sum, { connectionsMax }) => sum + connectionsMax, 0)).toBe(max);
    expect(shares.reduce((sum, one) => sum + one.connectionsPerClientMax, 0)).toBe(max);
  });

  test('leaves each thread a place, and no limit as it is', () => {
    const limits = completeLimits({ connectionsMax: 1, connectionsPerClientMax: 0 });
    expect(shareOf(limits, 0, 4)).toMatchObject({ connectionsMax: 1, connectionsPerClientMax: 0 });
  });
});

describe('completeLimits()', () => {
  test('has defaults within their bounds, and refuses what is not', () => {
    const limits = completeLimits({});
    for (const name of LIMIT_NAMES) {
      const { min, max } = LIMITS[name];
      expect(limits[name], name).toBeGreaterThanOrEqual(min);
      expect(limits[name], name).toBeLessThanOrEqual(max);
      for (const wrong of [min - 1, max + 1, 1.5, Number.NaN])
        expect(() => completeLimits({ [name]: wrong }), `${name} ${wrong}`).toThrow(RangeError);
    }
  });

  test('refuses a name that there is not: a limit that was misspelt would not hold', () => {
    const misspelt: object = { conectionsMax: 5 };
    expect(() => completeLimits(misspelt)).toThrow(/no option 'conectionsMax'/);
  });
});

test.each([-1, 65_536, 7.5, Number.NaN])('refusedPorts takes no %d, which is no port', async (port) => {
  await expect(serve(SERVICES.echo, { refusedPorts: [7, port] })).rejects.toThrow(RangeError);
});

describe('accessTest()', () => {
  const spellings = ['10.1.2.3', '::ffff:10.1.2.3', '::ffff:a01:203', '0:0:0:0:0:ffff:a01:203'];

  test.each(spellings)('knows %s as an IPv4 address', (host) => {
    expect(accessTest({ deny: ['10.0.0.0/8'] })?.(host)).toBe(false);
    expect(accessTest({ deny: ['::ffff:10.0.0.0/104'] })?.(host)).toBe(false);
    expect(accessTest({ allow: ['10.1.2.3'] })?.(host)).toBe(true);
    expect(accessTest({ allow: ['10.1.2.4'] })?.(host)).toBe(false);
    expect(accessTest({ allow: ['10.0.0.0/8'], deny: ['10.1.2.3'] })?.(host)).toBe(false);
  });

  test('knows IPv6 networks, scopes or not', () => {
    const may = accessTest({ allow: ['fe80::/10', '2001:db8::/32'] });
    expect(['fe80::1%eth0', '2001:db8:1::5'].map((host) => may?.(host))).toEqual([true, true]);
    expect(['2001:db9::1', '127.0.0.1'].map((host) => may?.(host))).toEqual([false, false]);
  });

  test.each(['', '10.0.0.0/33', 'example.org', '10.0.0', '10.0/8', '::1/129'])(
    'refuses %j as a network',
    (text) => {
      expect(() => accessTest({ deny: [text] })).toThrow(RangeError);
    },
  );

  test('lets nobody in who has no address any more', () => {
    expect(accessTest({ deny: ['10.0.0.0/8'] })?.('')).toBe(false);
    expect(accessTest({ allow: ['0.0.0.0/0'] })?.('')).toBe(false);
  });

  test('is none without lists', () => {
    expect(accessTest({})).toBeUndefined();
  });
});

describe('clientKey()', () => {
  test.each([
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8::1', '2001:db8::ffff', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
  ])('%s and %s are one client: %s', (one, other, same) => {
    expect(clientKey(one) === clientKey(other)).toBe(same);
  });

  test.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])('has none for this host: %s', (host) => {
    expect(clientKey(host)).toBeUndefined();
  });
});

describe('SourceTable', () => {
  const source = { host: '192.0.2.1', port: 5000 };
  const message = new Uint8Array([1, 2, 3]);

  test('counts answers to a source by the second', () => {
    const table = new SourceTable(16, { inAll: 0, perSource: 3 });
    const answered = [0, 10, 20, 30, 999, 1000].map((ms) => table.mayAnswer(source, ms));
    expect(answered).toEqual([true, true, true, false, false, true]);
    expect(table.mayAnswer({ host: '127.0.0.1', port: 1 }, 1000), 'this host').toBe(true);
  });

  test('counts answers in all by the second', () => {
    const table = new SourceTable(16, { inAll: 3, perSource: 2 });
    const hosts = ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '127.0.0.1'];
    const answered = hosts.map((host) => table.mayAnswer({ host, port: 1 }, 5));
    expect(answered).toEqual([true, true, false, true, false]);
    expect(table.mayAnswer({ host: '127.0.0.1', port: 1 }, 1005)).toBe(true);
  });

  test('keeps silent once when a message that is its own answer goes round', () => {
    const table = new SourceTable(16, { inAll: 0, perSource: 0 });
    const silent = Array.from({ length: 30 }, (_, i) => table.goesRound(source, message, true, i));
    expect(silent.indexOf(true)).toBe(4);
    expect(silent.indexOf(true, 5), 'twice as many').toBe(4 + 9);
  });

  test('begins anew after a pause, and with another message', () => {
    const table = new SourceTable(16, { inAll: 0, perSource: 0 });
    const slow = Array.from({ length: 100 }, (_, i) => table.goesRound(source, message, true, i * 1001));
    expect(slow).not.toContain(true);
    const changing = Array.from({ length: 1000 }, (_, i) =>
      table.goesRound(source, new Uint8Array([i, i >> 8]), true, 200_000 + i),
    );
    expect(changing).not.toContain(true);
  });

  test('stays as large as it was made, however many sources there are', () => {
    const table = new SourceTable(4096, { inAll: 0, perSource: 10 });
    let served = 0;
    for (let i = 0; i < 100_000; i++) {
      const host = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
      if (table.mayAnswer({ host, port: 1 }, 0)) served += 1;
    }
    expect(served, 'at most ten for each place').toBeLessThanOrEqual(40_960);
  });
});

describe('connections', () => {
  test('wait in the queue of the system when all places are taken, and come when there is room', async () => {
    const [server, address] = await start(SERVICES.echo, { connectionsMax: 10 });
    const first = await Promise.all(Array.from({ length: 10 }, () => dial(address)));
    await until(() => server.stats().full);
    const late = await dial(address);
    await late.sendall('late');
    await pause(50);
    expect(server.stats()).toMatchObject({ open: 10, connections: 10 });
    await first[0]?.close();
    expect(decode(await late.recv())).toBe('late');
    expect(server.stats().open).toBe(10);
  });

  test('are asked at different moments whether their peer is there', async () => {
    const seconds: number[] = [];
    const tcp: Handlers['tcp'] = (connection) => {
      seconds.push(connection.getsockopt(IPPROTO_TCP, TCP_KEEPIDLE));
    };
    const [, address] = await start({ tcp }, { keepAliveMs: 8000 });
    for (let i = 0; i < 6; i++) await endOf(await dial(address));
    expect(seconds).toEqual([7, 6, 5, 4, 8, 7]);
  });

  test('are reset when an address list says so', async () => {
    const [server, address] = await start(SERVICES.echo, { deny: ['127.0.0.0/8'] });
    // the reset may come before Node has looked at the handshake
    const ended = await dial(address).then(endOf, (error: { code: string }) => error.code);
    expect(ended).toBe('ECONNRESET');
    expect(server.stats()).toMatchObject({ deniedConnections: 1, open: 0 });
    await using udp = socket(AF_INET, SOCK_DGRAM);
    await udp.sendto('anybody?', server.addresses.udp as InetAddress);
    await until(() => server.stats().deniedDatagrams === 1);
    expect(server.stats().answers).toBe(0);
  });

  test.each([
    ['firstByteMs', 'cutFirstByte', ''],
    ['idleMs', 'cutIdle', 'hello'],
    ['connectionMs', 'cutAge', 'hello'],
  ] as const)('%s resets what is late', async (limit, count, text) => {
    const [server, address] = await start(SERVICES.echo, { [limit]: 100 });
    const client = await dial(address);
    if (text) {
      await client.sendall(text);
      expect(decode(await client.recv())).toBe(text);
    }
    expect(await endOf(client)).toBe('ECONNRESET');
    await until(() => server.stats().open === 0);
    expect(server.stats()).toMatchObject({ [count]: 1, failures: 0 });
  });

  test('that move are not idle', async () => {
    const [server, address] = await start(SERVICES.echo, { idleMs: 600 });
    const client = await dial(address);
    for (let i = 0; i < 15; i++) {
      await client.sendall('tick');
      expect(decode(await client.recv())).toBe('tick');
      await pause(100);
    }
    expect(server.stats().cutIdle).toBe(0);
  });

  test('whose handler sends on and on without awaiting are reset, and others are not', async () => {
    const failures = new Set<string>();
    const tcp: Handlers['tcp'] = async (connection) => {
      if (decode(await connection.recv()) === 'await')
        return await connection.sendall(new Uint8Array(8_000_000));
      while (!connection.closed) {
        connection.sendall(new Uint8Array(65_536)).catch(({ code }: { code: string }) => failures.add(code));
        await pause(1);
      }
    };
    const [server, address] = await start({ tcp }, { queuedBytesMax: 1_000_000 });
    const [patient, hasty] = [await dial(address), await dial(address)];
    await patient.sendall('await');
    await hasty.sendall('go');
    await until(() => server.stats().cutQueue === 1);
    await until(() => failures.size > 0);
    expect([...failures]).toEqual(['ECANCELED']);
    expect(server.stats()).toMatchObject({ open: 1, cutQueue: 1 });
  });

  test('are closed after lingerMs where the client neither closes nor sends', async () => {
    const [server, address] = await start({ tcp: () => {} }, { lingerMs: 50 });
    const client = await dial(address);
    expect(await endOf(client)).toBe('end');
    await until(() => server.stats().closed === 1);
    expect(server.stats()).toMatchObject({ cutIdle: 0, failures: 0 });
  });

  test('give their client the last byte, though it has sent more than was read', async () => {
    const bytes = 1 << 20;
    const tcp: Handlers['tcp'] = async (connection) => {
      await connection.recv(1);
      await connection.sendall(new Uint8Array(bytes).fill(7));
    };
    const [, address] = await start({ tcp });
    for (let time = 0; time < 10; time++) {
      const client = await dial(address);
      await client.sendall('x'.repeat(100_000));
      await pause(10);
      let received = 0;
      for await (const chunk of client) received += chunk.length;
      expect(received).toBe(bytes);
      await client.close();
    }
  });

  test('of which a handler fails end alone', async () => {
    const tcp: Handlers['tcp'] = async (connection) => {
      const text = decode(await connection.recv());
      if (text === 'throw') throw new Error('as it was told');
      await connection.sendall(text);
      await connection.recv();
    };
    const problems: string[] = [];
    const [server, address] = await start({ tcp }, { onProblem: ({ message }) => problems.push(message) });
    const good = await dial(address);
    await good.sendall('good');
    expect(decode(await good.recv())).toBe('good');
    const bad = await dial(address);
    await bad.sendall('throw');
    expect(await endOf(bad)).toBe('end');
    await until(() => server.stats().failures === 1);
    expect(problems).toEqual(['as it was told']);
    expect(server.stats().open).toBe(1);
  });
});

describe('datagrams', () => {
  test('that are longer than the limit, or more than are to be answered in a second, have no answer', async () => {
    const options = { datagramBytesMax: 10, repliesPerSecond: 1 };
    const [server, address] = await start({ udp: (message) => message }, options);
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('01234567890', address);
    for (let i = 0; i < 10; i++) await client.sendto(`message ${i}`, address);
    await until(() => server.stats().datagrams === 11);
    expect(server.stats().longDatagrams).toBe(1);
    // a second may have ended between them
    expect(server.stats().limited).toBeGreaterThanOrEqual(8);
  });

  test('whose answer takes long wait for each other, up to the limit', async () => {
    let working = 0;
    let most = 0;
    const udp: Handlers['udp'] = async (message) => {
      working += 1;
      most = Math.max(most, working);
      await pause(20);
      working -= 1;
      return message;
    };
    const [server, address] = await start({ udp }, { datagramsPendingMax: 5 });
    await using client = socket(AF_INET, SOCK_DGRAM);
    for (let i = 0; i < 30; i++) await client.sendto(`message ${i}`, address);
    const answers = new Set<string>();
    while (answers.size < 30) answers.add(decode((await client.recvfrom())[0]));
    expect(server.stats()).toMatchObject({ datagrams: 30, answers: 30 });
    expect(most).toBe(5);
  });

  test('of which a handler fails stay without an answer, and the others have theirs', async () => {
    const udp: Handlers['udp'] = (message) => {
      if (message[0] === 0) throw new Error('zero');
      if (message[0] === 1) return Promise.reject(new Error('one'));
      return message[0] === 2 ? undefined : message;
    };
    const [server, address] = await start({ udp });
    await using client = socket(AF_INET, SOCK_DGRAM);
    for (const first of [0, 1, 2, 3]) await client.sendto(new Uint8Array([first]), address);
    expect((await client.recvfrom())[0]).toEqual(new Uint8Array([3]));
    await until(() => server.stats().failures === 2);
    expect(server.stats()).toMatchObject({ datagrams: 4, answers: 1, failures: 2 });
  });
});

describe('a datagram whose answer is no data', () => {
  test('stays without an answer, and those beside it have theirs', async () => {
    const udp = (message: Uint8Array) => (decode(message) === 'bad' ? (42 as unknown as string) : message);
    const problems: string[] = [];
    const [server, address] = await start({ udp }, { onProblem: ({ message }) => problems.push(message) });
    await using client = socket(AF_INET, SOCK_DGRAM);
    const words = ['one', 'two', 'bad', 'three'];
    // together, so that the server finds them together
    await client.sendmmsg(words.map((data) => ({ data, address })));
    const answers: string[] = [];
    for (let i = 0; i < 3; i++) answers.push(decode((await client.recvfrom())[0]));
    expect(answers).toEqual(['one', 'two', 'three']);
    expect(server.stats()).toMatchObject({ datagrams: 4, answers: 3, failures: 1 });
    expect(problems).toEqual(['udp must give a string, bytes or undefined, it gave number']);
  });
});

describe('close()', () => {
  test('leaves no connection open, though many come in that moment', async () => {
    // a handler that nothing ends but a reset
    const [server, address] = await start({ tcp: () => new Promise(() => {}) });
    const clients = Array.from({ length: 200 }, () => socket(AF_INET, SOCK_STREAM));
    onTestFinished(async () => void (await Promise.all(clients.map((client) => client.close()))));
    const dialled = clients.map((client) => client.connect(address).catch(() => undefined));
    await until(() => server.stats().connections > 0);
    await server.close();
    const { open, connections, closed, cutDrain } = server.stats();
    expect({ open, closed, cutDrain }).toEqual({ open: 0, closed: connections, cutDrain: connections });
    await Promise.all(dialled);
  });
});

describe('drain()', () => {
  test('goes on to its end when stop() fails, and tells of it', async () => {
    const problems: string[] = [];
    const stop = () => Promise.reject(new Error('as it was told'));
    const [server] = await start(
      { udp: (message) => message, stop },
      { onProblem: ({ message }) => problems.push(message) },
    );
    await server.drain();
    expect(server.stats()).toMatchObject({ state: 'closed', failures: 1 });
    expect(problems).toEqual(['as it was told']);
  });

  test('lets a handler finish what it has, and ends the input of the others', async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const tcp: Handlers['tcp'] = async (connection) => {
      for await (const chunk of connection) {
        if (decode(chunk) === 'slow') await finished;
        await connection.sendall(chunk);
      }
    };
    const [server, address] = await start({ tcp });
    const [slow, idle] = [await dial(address), await dial(address)];
    await slow.sendall('slow');
    await until(() => server.stats().open === 2);
    const drained = server.drain();
    expect(await endOf(idle)).toBe('end');
    expect(server.stats().state).toBe('draining');
    await expect(dial(address)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish();
    expect(await endOf(slow)).toBe('slow');
    expect(await endOf(slow)).toBe('end');
    await drained;
    expect(server.stats()).toMatchObject({ state: 'closed', open: 0, cutDrain: 0 });
  });

  test('resets what is left at the deadline', async () => {
    const tcp: Handlers['tcp'] = () => new Promise(() => {});
    const [server, address] = await start({ tcp });
    const client = await dial(address);
    await until(() => server.stats().open === 1);
    const drained = server.drain({ deadlineMs: 50 });
    expect(await endOf(client)).toBe('ECONNRESET');
    await drained;
    expect(server.stats()).toMatchObject({ state: 'closed', open: 0, cutDrain: 1 });
  });

  test.skipIf(noLinuxEngine).each([
    { what: 'has sent more than was read', goesOn: false },
    { what: 'goes on sending', goesOn: true },
  ])('loses nothing of the last answer to a slow client that $what', async ({ goesOn }) => {
    const reply = new Uint8Array(1_000_000);
    const tcp: Handlers['tcp'] = async (connection, _client, { signal }) => {
      await connection.recv(16);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await connection.sendall(reply);
    };
    const [server, address] = await start({ tcp });
    const clients = await Promise.all(Array.from({ length: 5 }, () => dial(address)));
    for (const client of clients) void sendTo(client, goesOn);
    await until(() => server.stats().open === clients.length);
    const drained = server.drain();
    const received = await Promise.all(clients.map(countSlowly));
    expect(received).toEqual(clients.map(() => reply.length));
    await drained;
    expect(server.stats()).toMatchObject({ open: 0, cutDrain: 0 });
  });
});

/** Sends more than anybody reads, once or until it fails. */
async function sendTo(client: StreamSocket, goesOn: boolean): Promise<void> {
  try {
    do {
      await client.sendall(new Uint8Array(100_000));
      await pause(1);
    } while (goesOn);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error; // the server has closed
  }
}

/** How much arrives until the connection ends, in whatever way. */
async function countSlowly(client: StreamSocket): Promise<number> {
  let count = 0;
  try {
    for (let chunk = await client.recv(16_384); chunk.length > 0; chunk = await client.recv(16_384)) {
      count += chunk.length;
      await pause(1);
    }
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
  }
  return count;
}
