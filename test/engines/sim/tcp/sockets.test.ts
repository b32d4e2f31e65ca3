/** Calls, addresses, options and errors of simulated stream sockets; queues of a welcome socket; a crash. */
import { describe, expect, it } from 'vitest';
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import { LINUX, RFC } from '../../../../src/engines/sim/tcp/profile.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../../../src/posix/constants.ts';
import type { TcpInfo } from '../../../../src/posix/options.ts';
import {
  IP_TOS,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_DOMAIN,
  SO_ERROR,
  SO_LINGER,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_TYPE,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_MAXSEG,
  TCP_SYNCNT,
} from '../../../../src/posix/options.ts';
import { outcome, Script, send } from './script.ts';
import { World } from './world.ts';

const OWN = '10.8.0.1';

async function bound(
  script: Script,
  port: number,
  prepare?: (socket: EngineStreamSocket) => void,
): Promise<EngineStreamSocket> {
  const socket = script.open();
  prepare?.(socket);
  await socket.bind({ host: OWN, port });
  return socket;
}

describe('open()', () => {
  it('has IPv4 streams only', () => {
    const { stack } = new Script();
    for (const [family, type, code] of [
      [AF_INET6, SOCK_STREAM, 'EAFNOSUPPORT'],
      [AF_UNIX, SOCK_STREAM, 'EAFNOSUPPORT'],
      [AF_INET, SOCK_SEQPACKET, 'ESOCKTNOSUPPORT'],
    ] as const)
      expect(() => stack.open(family, type)).toThrow(code);
  });
});

describe('bind()', () => {
  it('takes an own address once, a foreign one never', async () => {
    const script = new Script();
    const socket = script.open();
    expect(await outcome(() => socket.bind({ host: '10.9.9.9', port: 1 }))).toBe('EADDRNOTAVAIL');
    await socket.bind({ host: OWN, port: 8000 });
    expect(socket.getsockname()).toEqual({ host: OWN, port: 8000 });
    expect(await outcome(() => socket.bind({ host: OWN, port: 8001 }))).toBe('EINVAL');
  });

  it('to port 0 takes an ephemeral one', async () => {
    const script = new Script();
    const socket = await bound(script, 0);
    expect(socket.getsockname()).toMatchObject({ port: 32_768 + (1000 % 28_232) });
  });

  it('is shared by sockets with SO_REUSEADDR as long as none listens', async () => {
    const script = new Script();
    const first = await bound(script, 80);
    const second = await bound(script, 80);
    await first.listen(1);
    expect(await outcome(() => second.listen(1))).toBe('EADDRINUSE');
    expect(await outcome(() => bound(script, 80))).toBe('EADDRINUSE');
    await first.close();
    await second.listen(1);
  });

  it('without SO_REUSEADDR is refused where another socket is bound, on every address too', async () => {
    const script = new Script();
    await bound(script, 80);
    const off = (one: EngineStreamSocket) => one.setsockopt(SO_REUSEADDR, false);
    expect(await outcome(() => bound(script, 80, off))).toBe('EADDRINUSE');
    const every = script.open();
    off(every);
    expect(await outcome(() => every.bind({ host: '0.0.0.0', port: 80 }))).toBe('EADDRINUSE');
    await bound(script, 81, off);
  });

  it('is shared by listeners with SO_REUSEPORT, which get the connections of different clients', async () => {
    const script = new Script();
    const sockets = await Promise.all(
      [0, 1].map(() => bound(script, 12_000, (one) => one.setsockopt(SO_REUSEPORT, true))),
    );
    for (const socket of sockets) await socket.listen(100);
    script.ownPort = 12_000;
    for (let port = 40_000; port < 40_064; port++) {
      await script.arrives('S 0 - 0', { port });
      await script.arrives('A 1 1 0', { port });
    }
    const counts = script.stack
      .sockets()
      .filter(({ state }) => state === 'LISTEN')
      .map(({ recvQ }) => recvQ);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(64);
    expect(Math.min(...counts)).toBeGreaterThan(10);
  });
});

describe('connect()', () => {
  it('to a network without a route fails with ENETUNREACH, and can be repeated', async () => {
    const script = new Script();
    const socket = script.open();
    expect(await outcome(() => socket.connect({ host: '192.0.2.1', port: 1 }))).toBe('ENETUNREACH');
    void outcome(() => socket.connect({ host: '10.8.0.2', port: 1 }));
    await script.sends('S 0 - 0');
    expect(await outcome(() => socket.connect({ host: '10.8.0.2', port: 1 }))).toBe('EALREADY');
  });

  it('of a bound socket keeps its port, and a four-tuple is taken once', async () => {
    const script = new Script();
    const one = await bound(script, 5000);
    const two = await bound(script, 5000);
    void outcome(() => one.connect({ host: '10.8.0.2', port: 1 }));
    expect(one.getsockname()).toEqual({ host: OWN, port: 5000 });
    expect(await outcome(() => two.connect({ host: '10.8.0.2', port: 1 }))).toBe('EADDRNOTAVAIL');
    void outcome(() => two.connect({ host: '10.8.0.2', port: 2 }));
    expect(script.states).toEqual(['SYN_SENT', 'SYN_SENT']);
  });

  it('that is cancelled is taken back, and the port with it', async () => {
    const script = new Script();
    const socket = script.open();
    const cancellation = { onCancel: undefined as ((reason: unknown) => void) | undefined };
    const connecting = Promise.resolve(socket.connect({ host: '10.8.0.2', port: 1 }, cancellation)).catch(
      String,
    );
    script.ownPort = script.stack.sockets()[0]?.local.port ?? 0;
    await script.sends('S 0 - 0');
    cancellation.onCancel?.('enough');
    expect(await connecting).toBe('enough');
    expect(script.states).toEqual([]);
    await script.arrives('SA 0 1 0');
    await script.sends('R 1 - 0');
    expect(socket.getsockname()).toEqual({ host: '0.0.0.0', port: 0 });
    expect(script.clock.isIdle).toBe(true);
  });

  it('lets calls that are made meanwhile wait for the connection', async () => {
    const world = new World();
    const welcome = await world.welcome();
    const { socket, connected } = world.connect();
    const sent = outcome(() => socket.send(new Uint8Array(5), 0, true));
    const received = outcome(() => socket.recv(9, 0));
    await world.settle(connected);
    const { socket: server } = await world.settle(welcome.accept());
    expect(await world.settle(server.recv(9, 0))).toHaveLength(5);
    send(server, 3);
    expect(await world.settle(received)).toBe(3);
    expect(await sent).toBe(5);
  });

  it('to itself opens from both sides', async () => {
    const world = new World();
    const socket = world.client.open();
    await socket.bind({ host: '10.8.0.1', port: 7000 });
    await world.settle(socket.connect({ host: '10.8.0.1', port: 7000 }));
    expect(world.client.stack.sockets().map(({ state }) => state)).toEqual(['ESTABLISHED']);
    send(socket, 4);
    expect(await world.settle(socket.recv(9, 0))).toHaveLength(4);
  });

  it('to the any-address means this host', async () => {
    const world = new World();
    const welcome = world.client.open();
    await welcome.bind({ host: '', port: 7000 });
    await welcome.listen(1);
    const socket = world.client.open();
    await world.settle(socket.connect({ host: '0.0.0.0', port: 7000 }));
    expect(socket.getpeername()).toEqual({ host: '127.0.0.1', port: 7000 });
  });
});

describe('a welcome socket', () => {
  it('refuses what it can’t do', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    expect(await outcome(() => welcome.recv(1, 0))).toBe('ENOTCONN');
    expect(await outcome(() => welcome.send(new Uint8Array(1), 0, true))).toBe('EPIPE');
    expect(await outcome(() => welcome.connect({ host: '10.8.0.2', port: 1 }))).toBe('EISCONN');
    expect(await outcome(() => welcome.getpeername())).toBe('ENOTCONN');
    expect(welcome.getsockopt(SO_ACCEPTCONN)).toBe(true);
    expect((welcome.getsockopt(TCP_INFO) as TcpInfo).state).toBe(10);
  });

  it('has a backlog of 4,096 at most', async () => {
    const script = new Script();
    await script.welcome(1_000_000);
    expect(script.stack.sockets().map(({ sendQ }) => sendQ)).toEqual([4096]);
  });

  it('is a bound socket again after SHUT_RD, and its waiting accept() fails with EINVAL', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    const accepting = outcome(() => welcome.accept());
    welcome.shutdown(SHUT_WR);
    expect(script.states).toEqual(['LISTEN']);
    welcome.shutdown(SHUT_RD);
    expect(await accepting).toBe('EINVAL');
    expect(script.states).toEqual([]);
    await script.arrives('S 0 - 0');
    await script.sends('RA 0 1 0');
    await welcome.listen(1);
    expect(script.states).toEqual(['LISTEN']);
  });

  it('that is closed resets who was not accepted, and forgets who has not finished', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    await script.arrives('S 0 - 0', { port: 1 });
    await script.arrives('A 1 1 0', { port: 1 });
    await script.arrives('S 0 - 0', { port: 2 });
    await script.sent();
    await welcome.close();
    await script.sends('RA 1 1 0');
    expect(script.states).toEqual([]);
    expect(script.clock.isIdle).toBe(true);
  });

  it('gives a connection that was reset before it was accepted', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    await script.arrives('S 0 - 0');
    await script.arrives('A 1 1 3');
    await script.arrives('R 4 - 0');
    const { socket, address } = await welcome.accept();
    expect(address).toEqual({ host: '10.8.0.2', port: 40_000 });
    expect(await outcome(() => socket.recv(9, 0))).toBe(3);
    expect(await outcome(() => socket.recv(9, 0))).toBe('ECONNRESET');
    expect(await outcome(() => socket.recv(9, 0))).toBe(0);
  });

  it('takes a longer backlog when it listens again', async () => {
    const script = new Script();
    const welcome = await script.welcome(0);
    for (const port of [1, 2]) {
      await script.arrives('S 0 - 0', { port });
      await script.arrives('A 1 1 0', { port });
    }
    expect(script.states).toEqual(['LISTEN', 'ESTABLISHED']);
    expect(script.drops).toEqual(['accept queue full']);
    await welcome.listen(1);
    await script.arrives('S 0 - 0', { port: 2 });
    await script.arrives('A 1 1 0', { port: 2 });
    expect(script.states).toEqual(['LISTEN', 'ESTABLISHED', 'ESTABLISHED']);
  });

  it('whose queue is full resets a finished handshake where abortOnOverflow says so', async () => {
    const script = new Script({ profile: { ...LINUX, abortOnOverflow: true } });
    await script.welcome(0);
    await script.arrives('S 0 - 0', { port: 1 });
    await script.arrives('A 1 1 0', { port: 1 });
    await script.sent();
    const other = new Script({ profile: { ...RFC, abortOnOverflow: true } });
    await other.welcome(1);
    for (const port of [1, 2]) await other.arrives('S 0 - 0', { port });
    await other.arrives('A 1 1 0', { port: 1 });
    await other.arrives('S 0 - 0', { port: 3 });
    for (const port of [2]) await other.arrives('A 1 1 0', { port });
    await other.sent();
    await other.arrives('A 1 1 0', { port: 3 });
    await other.sends('R 1 - 0');
    expect(other.states).toEqual(['LISTEN', 'ESTABLISHED', 'ESTABLISHED']);
  });

  it('gives cookies that come back as connections, with the segment size of the SYN', async () => {
    const script = new Script();
    const welcome = await script.welcome(0);
    await script.arrives('S 0 - 0', { port: 1, mss: 1460 });
    await script.sent();
    await script.arrives('S 0 - 0', { port: 2, mss: 1400 });
    const [cookie] = await script.sentSegments();
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED']);
    const ack = ((cookie?.seq ?? 0) + 1 - 1000) >>> 0;
    await script.arrives(`A 1 ${ack + 1} 0`, { port: 2 });
    expect(await script.sent()).toEqual([`R ${ack + 1} - 0`]);
    await script.arrives(`A 1 ${ack} 5`, { port: 2 });
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED', 'ESTABLISHED']);
    const { socket } = await welcome.accept();
    expect(socket.getsockopt(TCP_MAXSEG)).toBe(1300);
    expect(await outcome(() => socket.recv(9, 0))).toBe(5);
  });

  it('takes no cookie after two minutes, nor one that it never gave', async () => {
    const script = new Script();
    await script.welcome(0);
    await script.arrives('A 1 77 0', { port: 2 });
    await script.sends('R 77 - 0');
    await script.arrives('S 0 - 0', { port: 1 });
    await script.sent();
    await script.arrives('S 0 - 0', { port: 2 });
    const [cookie] = await script.sentSegments();
    const ack = ((cookie?.seq ?? 0) + 1 - 1000) >>> 0;
    await script.wait(121_000);
    await script.sent();
    await script.arrives(`A 1 ${ack} 0`, { port: 2 });
    await script.sends(`R ${ack} - 0`);
  });
});

describe('options', () => {
  it('that are facts', () => {
    const socket = new Script().open();
    const facts = [SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR].map((option) =>
      socket.getsockopt(option),
    );
    expect(facts).toEqual([SOCK_STREAM, AF_INET, 6, false, 0]);
    expect((socket.getsockopt(TCP_INFO) as TcpInfo).state).toBe(7);
  });

  it('that there are not are refused with ENOPROTOOPT, wrong values with EINVAL', async () => {
    const socket = new Script().open();
    for (const option of [IP_TOS, SO_BROADCAST]) {
      expect(await outcome(() => socket.getsockopt(option))).toBe('ENOPROTOOPT');
      expect(await outcome(() => socket.setsockopt(option, 1))).toBe('ENOPROTOOPT');
    }
    for (const [option, value] of [
      [TCP_MAXSEG, 10],
      [TCP_KEEPIDLE, 0],
      [TCP_KEEPCNT, 1000],
      [TCP_SYNCNT, 0],
    ] as const)
      expect(await outcome(() => socket.setsockopt(option, value))).toBe('EINVAL');
  });

  it('of buffers are doubled, and kept within the system’s limits', () => {
    const socket = new Script().open();
    for (const option of [SO_RCVBUF, SO_SNDBUF]) {
      socket.setsockopt(option, 30_000);
      expect(socket.getsockopt(option)).toBe(60_000);
      socket.setsockopt(option, 1 << 30);
      expect(socket.getsockopt(option)).toBe(425_984);
      socket.setsockopt(option, 1);
      expect(socket.getsockopt(option)).toBe(option === SO_RCVBUF ? 2304 : 4608);
    }
  });

  it('of a welcome socket are those of its connections, from then on each its own', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    welcome.setsockopt(TCP_KEEPCNT, 4);
    await script.arrives('S 0 - 0');
    await script.arrives('A 1 1 0');
    const { socket } = await welcome.accept();
    expect(socket.getsockopt(TCP_KEEPCNT)).toBe(4);
    socket.setsockopt(TCP_KEEPCNT, 5);
    expect(welcome.getsockopt(TCP_KEEPCNT)).toBe(4);
  });

  it('SO_ERROR gives the pending error once', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('R 1 - 0');
    expect([socket.getsockopt(SO_ERROR), socket.getsockopt(SO_ERROR)]).toEqual([104, 0]);
    expect(await outcome(() => socket.recv(1, 0))).toBe(0);
  });
});

describe('shutdown()', () => {
  it('of a connection that is over fails with ENOTCONN', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('R 1 - 0');
    expect(await outcome(() => socket.shutdown(SHUT_WR))).toBe('ENOTCONN');
  });

  it('SHUT_RD ends receiving, and what has come can be read', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('A 1 1 5');
    socket.shutdown(SHUT_RD);
    expect(await outcome(() => socket.recv(3, 0))).toBe(3);
    expect(await outcome(() => socket.recv(9, 0))).toBe(2);
    expect(await outcome(() => socket.recv(9, 0))).toBe(0);
    await script.sent();
    send(socket, 4);
    expect((await script.sent()).at(-1)).toBe('A 1 6 4');
  });

  it('while connecting ends the attempt', async () => {
    const script = new Script();
    const socket = script.open();
    const connecting = outcome(() => socket.connect({ host: '10.8.0.2', port: 1 }));
    socket.shutdown(SHUT_RDWR);
    expect(await connecting).toBe('ECONNRESET');
    expect(script.states).toEqual([]);
  });
});

describe('crash()', () => {
  it('sends nothing, runs no timer, and lets whoever waits wait', async () => {
    const world = new World();
    const welcome = await world.welcome();
    const [client, server] = await world.pair(welcome);
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    for (const waiting of [welcome.accept(), server.recv(1, 0)])
      Promise.resolve(waiting).then(settle, settle);
    send(server, 100_000);
    const before = world.wire.length;
    world.server.stack.crash();
    expect(world.server.stack.sockets()).toEqual([]);
    Promise.resolve(server.recv(1, 0)).then(settle, settle);
    await world.run(20);
    expect(world.wire.slice(before).filter(({ direction }) => direction === '<')).toEqual([]);
    // what arrives finds a stack that knows nothing of its connections, and says so
    send(client, 1);
    await world.run(1000);
    expect(isSettled).toBe(false);
    expect(await outcome(() => client.recv(200_000, 0))).not.toBe(0);
    expect(await outcome(() => client.recv(200_000, 0))).toBe('ECONNRESET');
  });

  it('leaves nothing to happen', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_LINGER, { onoff: true, linger: 5 }));
    send(socket, 10);
    await script.arrives('A 1 1 1');
    script.stack.crash();
    expect(script.clock.isIdle).toBe(true);
  });
});

describe('the trace', () => {
  it('tells of states, of the socket that a segment is for, and of timers', async () => {
    const script = new Script();
    const socket = await script.connected();
    await socket.close();
    await script.arrives('FA 1 2 0');
    await script.wait(60_000);
    const states = script.events.flatMap((event) =>
      event.kind === 'state' ? [`${event.from} ${event.to}`] : [],
    );
    expect(states).toEqual([
      'CLOSED SYN_SENT',
      'SYN_SENT ESTABLISHED',
      'ESTABLISHED FIN_WAIT_1',
      'FIN_WAIT_1 FIN_WAIT_2',
      'FIN_WAIT_2 TIME_WAIT',
      'TIME_WAIT CLOSED',
    ]);
    const found = script.events.flatMap((event) => (event.kind === 'demux' ? [event.socket] : []));
    expect(found).toEqual([1, 1]);
    const timers = script.events.flatMap((event) => (event.kind === 'timer' ? [event.timer] : []));
    expect([...new Set(timers)]).toEqual(['retransmission', 'fin-wait-2', 'time-wait']);
    await script.arrives('A 1 1 0');
    expect(script.events.at(-1)).toMatchObject({ kind: 'demux', socket: undefined });
  });

  it('names duplicates, shut windows and updates as Wireshark does', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_RCVBUF, 2048));
    await script.arrives('A 1461 1 10');
    await script.arrives('A 1471 1 10');
    expect(script.labels).toEqual(['duplicate ack', 'duplicate ack']);
    await script.arrives('A 1 1 1460');
    await script.arrives('A 1481 1 600');
    await script.wait(1000);
    expect(script.labels.at(-1)).toBe('zero window');
    await socket.recv(9999, 0);
    expect(script.labels.at(-1)).toBe('window update');
  });
});
