/**
 * The rows G1–G16 of what Linux does, each against the kernel's own trace. The programs of the rows are those of the
 * relay's experiments, at the times that the traces show.
 */
import { describe, expect, it } from 'vitest';
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import { LINUX } from '../../../../src/engines/sim/tcp/profile.ts';
import { SHUT_WR } from '../../../../src/posix/constants.ts';
import { SO_LINGER, SO_RCVBUF, SO_REUSEADDR, TCP_NODELAY } from '../../../../src/posix/options.ts';
import { SocketError } from '../../../../src/posix/socket-error.ts';
import { expectAsKernel, goldenTrace } from './golden.ts';
import type { Relay } from './world.ts';
import { push, World } from './world.ts';

/** The link of a row: drops what the rule says, and counts what it asks about. */
function dropping(rule: (passing: Parameters<Relay>[0]) => boolean): Relay {
  return (passing) => (rule(passing) ? 'drop' : [0]);
}

/** Drops some of the client's segments with data, by their number from 1. */
function dropData(...numbers: readonly number[]): Relay {
  let count = 0;
  return dropping(({ direction, segment }) => {
    if (direction !== '>' || segment.data.length === 0) return false;
    count += 1;
    return numbers.includes(count);
  });
}

function codeOf(call: () => unknown): Promise<string> {
  return (async () => call())().then(
    (value) => `${value instanceof Uint8Array ? value.length : value}`,
    (error: unknown) => (error instanceof SocketError ? error.code : String(error)),
  );
}

function states(world: World, side: 'client' | 'server'): string[] {
  return world[side].stack.sockets().map(({ state }) => state);
}

async function readAll(world: World, socket: EngineStreamSocket, size: number): Promise<number> {
  let count = 0;
  while (count < size) count += (await world.settle(socket.recv(65_536, 0))).length;
  return count;
}

describe('a connection that loses segments', () => {
  it('G1: a SYN that is lost for ever is sent five times a second, then ever less often, and ends with ETIMEDOUT', async () => {
    const world = new World({ relay: () => 'drop' });
    const { connected } = world.connect();
    await world.run(20_000);
    expectAsKernel(world, goldenTrace('g01'));
    await world.run(110_000);
    expect(states(world, 'client')).toEqual(['SYN_SENT']);
    await world.run(2000);
    expect(await codeOf(() => connected)).toBe('ETIMEDOUT');
    expect(world.wire.length).toBe(11);
  });

  it('G2: a SYN-ACK that is lost once makes connect() take 1.05 s', async () => {
    let count = 0;
    const world = new World({
      relay: dropping(({ direction }) => direction === '<' && ++count === 1),
    });
    await world.welcome();
    const { connected } = world.connect();
    await world.settle(connected);
    expect(Math.abs(world.clock.now / 1000 - 1081)).toBeLessThan(108);
    await world.run(900);
    expectAsKernel(world, goldenTrace('g02'));
  });

  it('G3: a lone segment that is lost three times is sent again after 250, 500 and 1,000 ms', async () => {
    const world = new World({ relay: dropData(1, 2, 3) });
    const [client] = await world.pair();
    push(client, 5);
    await world.run(4200);
    expectAsKernel(world, goldenTrace('g03'));
  });

  it('G4: the third of ten segments is sent again after one round trip, and one acknowledgement has all', async () => {
    const world = new World({ relay: dropData(3) });
    const [client, server] = await world.pair();
    push(client, 14_600);
    expect(await readAll(world, server, 14_600)).toBe(14_600);
    await world.run(300);
    expectAsKernel(world, goldenTrace('g04'));
  });
});

describe('acknowledgements and small segments', () => {
  it('G5: the first small segments are acknowledged at once', async () => {
    const world = new World();
    const [client] = await world.pair();
    for (let index = 0; index < 6; index++) {
      push(client, 1);
      await world.run(300);
    }
    expectAsKernel(world, goldenTrace('g05'));
  });

  it('G6: Nagle sends one byte and then four together; without it five segments go', async () => {
    const world = new World();
    const [client] = await world.pair();
    for (let index = 0; index < 5; index++) push(client, 1);
    await world.run(400);
    client.setsockopt(TCP_NODELAY, true);
    for (let index = 0; index < 5; index++) push(client, 1);
    await world.run(300);
    expectAsKernel(world, goldenTrace('g06'));
  });
});

describe('a receiver that does not read', () => {
  it('G7: offers 2,920 bytes, takes 4,380, is probed, and goes on when it reads', async () => {
    const world = new World();
    const welcome = await world.welcome(4, (socket) => socket.setsockopt(SO_RCVBUF, 4096));
    const [client, server] = await world.pair(welcome);
    expect(server.getsockopt(SO_RCVBUF)).toBe(8192);
    push(client, 30_660);
    // the kernel's program reads 7,116 ms after the first SYN
    await world.runUntil(7116);
    expect(server.recv(65_536, 0)).toHaveLength(4380);
    await world.runUntil(7580);
    expectAsKernel(world, goldenTrace('g07'));
    const window = world.wire
      .filter(({ direction }) => direction === '<')
      .map(({ segment }) => segment.window);
    expect(window.slice(0, 4)).toEqual([2920, 2920, 1460, 0]);
  });
});

describe('ends', () => {
  it('G8: close() with unread bytes resets the peer, whose recv() fails with ECONNRESET', async () => {
    const world = new World();
    const [client, server] = await world.pair();
    push(client, 5);
    await world.run(200);
    void server.close();
    await world.run(200);
    expect(await codeOf(() => client.recv(10, 0))).toBe('ECONNRESET');
    expectAsKernel(world, goldenTrace('g08'));
  });

  it('G9: close() with SO_LINGER 0 resets: the peer gets ECONNRESET, EPIPE, and zero bytes', async () => {
    const world = new World();
    const [client, server] = await world.pair();
    server.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
    void server.close();
    await world.run(150);
    expect(await codeOf(() => client.send(new Uint8Array(1), 0, true))).toBe('ECONNRESET');
    expect(await codeOf(() => client.send(new Uint8Array(1), 0, true))).toBe('EPIPE');
    expect(await codeOf(() => client.recv(1, 0))).toBe('0');
    await world.run(100);
    expectAsKernel(world, goldenTrace('g09'));
  });

  it('G10: after half a close the reply still flows, and the first to close rests for 60 s', async () => {
    const world = new World();
    const [client, server] = await world.pair();
    push(client, 3);
    client.shutdown(SHUT_WR);
    await world.run(155);
    expect([states(world, 'client'), states(world, 'server')]).toEqual([
      ['FIN_WAIT_2'],
      ['LISTEN', 'CLOSE_WAIT'],
    ]);
    expect(server.recv(10, 0)).toHaveLength(3);
    expect(server.recv(10, 0)).toHaveLength(0);
    push(server, 5);
    await world.run(100);
    expect(client.recv(10, 0)).toHaveLength(5);
    void server.close();
    await world.run(200);
    expectAsKernel(world, goldenTrace('g10'));
    expect([states(world, 'client'), states(world, 'server')]).toEqual([['TIME_WAIT'], ['LISTEN']]);
    const left = world.client.stack.sockets()[0]?.connection?.timers['time-wait'] ?? 0;
    expect(left / 1_000_000).toBeGreaterThan(59);
    await world.run(60_000);
    expect(states(world, 'client')).toEqual([]);
  });

  it('G11: the port of a server that closed first is taken without SO_REUSEADDR, and free with it', async () => {
    const world = new World();
    const welcome = await world.welcome();
    const [client, server] = await world.pair(welcome);
    void welcome.close();
    void server.close();
    await world.run(100);
    void client.close();
    await world.run(150);
    expectAsKernel(world, goldenTrace('g11'));
    expect(states(world, 'server')).toEqual(['TIME_WAIT']);
    const again = world.server.open();
    again.setsockopt(SO_REUSEADDR, false);
    expect(await codeOf(() => again.bind({ host: '10.8.0.2', port: 12_000 }))).toBe('EADDRINUSE');
    again.setsockopt(SO_REUSEADDR, true);
    await again.bind({ host: '10.8.0.2', port: 12_000 });
    await again.listen(1);
    expect(states(world, 'server')).toEqual(['TIME_WAIT', 'LISTEN']);
  });

  it('G12: connect() to a port where nobody listens is reset, and fails with ECONNREFUSED', async () => {
    const world = new World();
    const { connected } = world.connect(9);
    await world.run(100);
    expect(await codeOf(() => connected)).toBe('ECONNREFUSED');
    expectAsKernel(world, goldenTrace('g12'));
    expect(world.wire[1]?.segment.window).toBe(0);
  });
});

describe('a welcome socket that is full', () => {
  it('G14: with listen(1) and nobody to accept two connect, and further SYNs are dropped in silence', async () => {
    const world = new World();
    await world.welcome(1);
    for (const at of [0, 156, 303, 454]) {
      await world.runUntil(at);
      world.connect();
    }
    await world.runUntil(900);
    expect(states(world, 'client')).toEqual(['ESTABLISHED', 'ESTABLISHED', 'SYN_SENT', 'SYN_SENT']);
    const rows = world.server.stack.sockets();
    expect(rows.map(({ state, recvQ, sendQ }) => [state, recvQ, sendQ])).toEqual([
      ['LISTEN', 2, 1],
      ['ESTABLISHED', 0, 0],
      ['ESTABLISHED', 0, 0],
    ]);
    const drops = world.server.events.filter(({ kind }) => kind === 'drop');
    expect(drops.map((event) => 'reason' in event && event.reason)).toEqual(
      drops.map(() => 'accept queue full'),
    );
    await world.runUntil(8000);
    expectAsKernel(world, goldenTrace('g14'));
  });

  it('G15: with the queue full at the last acknowledgement the SYN-ACK is repeated until somebody accepts', async () => {
    const world = new World();
    const welcome = await world.welcome(2);
    world.connect();
    await world.runUntil(150);
    world.connect();
    await world.runUntil(300);
    world.wire.length = 0;
    world.connect();
    await world.runUntil(301.2);
    const { socket: last } = world.connect();
    await world.runUntil(634);
    push(last, 2);
    await world.runUntil(700);
    expect(states(world, 'client')).toEqual(Array.from({ length: 4 }, () => 'ESTABLISHED'));
    const rows = world.server.stack.sockets();
    expect(rows.map(({ state, recvQ, sendQ }) => [state, recvQ, sendQ])).toEqual([
      ['LISTEN', 3, 2],
      ['ESTABLISHED', 0, 0],
      ['ESTABLISHED', 0, 0],
      ['ESTABLISHED', 0, 0],
      ['SYN_RECEIVED', 0, 0],
    ]);
    await world.runUntil(4650);
    for (let index = 0; index < 3; index++) void welcome.accept();
    await world.runUntil(9200);
    expectAsKernel(world, goldenTrace('g15'));
    expect(world.server.stack.sockets().map(({ state, recvQ }) => [state, recvQ])).toEqual([
      ['LISTEN', 1],
      ['ESTABLISHED', 0],
      ['ESTABLISHED', 0],
      ['ESTABLISHED', 0],
      ['ESTABLISHED', 2],
    ]);
  });

  it('G16: of a burst on listen(0) all clients connect by cookies, and the server knows one', async () => {
    const world = new World();
    await world.welcome(0);
    const clients: EngineStreamSocket[] = [];
    for (const at of [0, 0.3, 0.6, 0.9]) {
      await world.runUntil(at);
      clients.push(world.connect().socket);
    }
    await world.runUntil(418.6);
    expect(states(world, 'client')).toEqual(Array.from({ length: 4 }, () => 'ESTABLISHED'));
    push(clients[2] as EngineStreamSocket, 2);
    await world.runUntil(4400);
    expectAsKernel(world, goldenTrace('g16'));
    expect(states(world, 'server')).toEqual(['LISTEN', 'ESTABLISHED']);
  });

  // the rows "burst … listen(…)" of the kernel's output: how many connect, what the server knows of them
  it.each([
    { cookies: true, backlog: 0, burst: 4, connected: 4, known: 1 },
    { cookies: false, backlog: 0, burst: 4, connected: 1, known: 1 },
    { cookies: false, backlog: 1, burst: 4, connected: 2, known: 2 },
    { cookies: true, backlog: 8, burst: 12, connected: 12, known: 9 },
  ])('G16: a burst of $burst on listen($backlog), cookies $cookies', async (row) => {
    const { cookies, backlog, burst, connected, known } = row;
    const world = new World({ profile: { ...LINUX, synCookies: cookies } });
    await world.welcome(backlog);
    for (let index = 0; index < burst; index++) world.connect();
    await world.run(400);
    const clients = states(world, 'client');
    expect(clients.filter((state) => state === 'ESTABLISHED')).toHaveLength(connected);
    expect(clients.filter((state) => state === 'SYN_SENT')).toHaveLength(burst - connected);
    const [listening, ...children] = world.server.stack.sockets();
    expect([listening?.recvQ, listening?.sendQ]).toEqual([known, backlog]);
    expect(children.map(({ state }) => state)).toEqual(Array.from({ length: known }, () => 'ESTABLISHED'));
  });
});
