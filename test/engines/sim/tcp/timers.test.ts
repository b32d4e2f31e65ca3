/** Timers and the congestion window. RFC 6298, 5681, 6582, 3042; RFC 9293 section 3.8. */
import { describe, expect, it } from 'vitest';
import { RFC } from '../../../../src/engines/sim/tcp/profile.ts';
import type { TcpInfo } from '../../../../src/posix/options.ts';
import {
  SO_KEEPALIVE,
  SO_LINGER,
  TCP_INFO,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_SYNCNT,
  TCP_USER_TIMEOUT,
} from '../../../../src/posix/options.ts';
import { outcome, Script, send } from './script.ts';

const MSS = 1460;

/** The times in milliseconds at which something is sent, until nothing is any more. */
async function timesOfSending(script: Script): Promise<number[]> {
  const times: number[] = [];
  const begin = script.clock.now;
  while (!script.clock.isIdle) {
    await script.clock.step();
    for (const _ of await script.sent()) times.push(Math.round((script.clock.now - begin) / 1000));
  }
  return times;
}

function connectionOf(script: Script) {
  const connection = script.stack.sockets().find(({ connection: one }) => one)?.connection;
  if (!connection) throw new Error('There is no connection');
  return connection;
}

describe('a SYN that nobody answers', () => {
  it('of the profile linux is given up after 131 s', async () => {
    const script = new Script();
    const connecting = outcome(() => script.open().connect({ host: '10.8.0.2', port: 12_000 }));
    await script.sends('S 0 - 0');
    expect(await timesOfSending(script)).toEqual([1, 2, 3, 4, 5, 7, 11, 19, 35, 67].map((s) => s * 1000));
    expect(await connecting).toBe('ETIMEDOUT');
    expect(script.clock.now / 1_000_000).toBe(131);
  });

  it('of the profile rfc is sent after 1, 3, 7, … s and given up after three minutes', async () => {
    const script = new Script({ profile: RFC });
    const connecting = outcome(() => script.open().connect({ host: '10.8.0.2', port: 12_000 }));
    await script.sends('S 0 - 0');
    expect(await timesOfSending(script)).toEqual([1, 3, 7, 15, 31, 63, 123].map((s) => s * 1000));
    expect(await connecting).toBe('ETIMEDOUT');
    expect(script.clock.now / 1_000_000).toBe(183);
  });

  it('is repeated as often as TCP_SYNCNT says, and no longer than TCP_USER_TIMEOUT', async () => {
    const script = new Script({ profile: RFC });
    const one = script.open();
    one.setsockopt(TCP_SYNCNT, 2);
    const first = outcome(() => one.connect({ host: '10.8.0.2', port: 12_000 }));
    await script.sent();
    expect(await timesOfSending(script)).toEqual([1000, 3000]);
    expect(await first).toBe('ETIMEDOUT');
    const two = script.open();
    two.setsockopt(TCP_USER_TIMEOUT, 4000);
    const second = outcome(() => two.connect({ host: '10.8.0.2', port: 12_000 }));
    await script.sent();
    expect(await timesOfSending(script)).toEqual([1000, 3000]);
    expect(await second).toBe('ETIMEDOUT');
  });
});

describe('the retransmission timer', () => {
  it('of the profile rfc is a second at least, and doubles up to a minute', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    send(socket, 10);
    await script.sends('A 1 1 10');
    const times = await timesOfSending(script);
    expect(times.slice(0, 8)).toEqual([1, 3, 7, 15, 31, 63, 123, 183].map((s) => s * 1000));
    expect(await outcome(() => socket.recv(1, 0))).toBe('ETIMEDOUT');
    expect(script.clock.now / 60_000_000).toBeGreaterThan(9);
  });

  it('of the profile linux begins at 200 ms and the round trip, and gives up after a quarter of an hour', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 10);
    await script.sends('A 1 1 10');
    const times = await timesOfSending(script);
    expect(times.slice(0, 5)).toEqual([200, 600, 1400, 3000, 6200]);
    expect(await outcome(() => socket.recv(1, 0))).toBe('ETIMEDOUT');
    expect(script.clock.now / 1_000_000).toBeGreaterThan(924);
    expect(script.clock.now / 1_000_000).toBeLessThan(1050);
  });

  it('is not learnt from a segment that was sent twice: Karn', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    const before = connectionOf(script).smoothedRoundTripUs;
    send(socket, 10);
    await script.wait(1100);
    await script.arrives('A 1 11 0');
    expect(connectionOf(script).smoothedRoundTripUs).toBe(before);
    expect(connectionOf(script).timeoutUs).toBe(2_000_000);
    send(socket, 10);
    await script.wait(300);
    await script.arrives('A 1 21 0');
    expect(connectionOf(script).smoothedRoundTripUs).toBeGreaterThan(before);
    expect(connectionOf(script).timeoutUs).toBe(1_000_000);
  });

  it('is three seconds after a handshake whose SYN was sent twice', async () => {
    const script = new Script();
    const socket = script.open();
    const connecting = socket.connect({ host: '10.8.0.2', port: 12_000 });
    script.ownPort = script.stack.sockets()[0]?.local.port ?? 0;
    await script.wait(1000);
    await script.arrives('SA 0 1 0', { mss: MSS });
    await connecting;
    expect(connectionOf(script).timeoutUs).toBe(3_000_000);
  });

  it('ends a connection after TCP_USER_TIMEOUT', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(TCP_USER_TIMEOUT, 2500));
    send(socket, 10);
    await script.wait(2900);
    expect(script.states).toEqual(['ESTABLISHED']);
    await script.wait(300);
    expect(await outcome(() => socket.recv(1, 0))).toBe('ETIMEDOUT');
  });

  it('gives the reason of an ICMP message instead of ETIMEDOUT', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(TCP_USER_TIMEOUT, 2500));
    send(socket, 10);
    const [segment] = await script.sentSegments();
    if (!segment) throw new Error('Nothing was sent');
    script.stack.unreachable(segment, 'EHOSTUNREACH');
    expect(script.states).toEqual(['ESTABLISHED']);
    await script.wait(3500);
    expect(await outcome(() => socket.recv(1, 0))).toBe('EHOSTUNREACH');
  });
});

describe('keep-alive', () => {
  it('asks after two hours, and gives up after nine more questions', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_KEEPALIVE, true));
    const times = await timesOfSending(script);
    expect(times).toEqual([...Array.from({ length: 9 }, (_, n) => 7_200_000 + n * 75_000), 7_875_000]);
    expect(await outcome(() => socket.recv(1, 0))).toBe('ETIMEDOUT');
  });

  it('is content with an answer, and stops when it is turned off', async () => {
    const script = new Script();
    const socket = await script.connected();
    for (const [option, value] of [
      [TCP_KEEPIDLE, 10],
      [TCP_KEEPINTVL, 1],
      [TCP_KEEPCNT, 2],
    ] as const)
      socket.setsockopt(option, value);
    socket.setsockopt(SO_KEEPALIVE, true);
    for (let round = 0; round < 5; round++) {
      await script.wait(10_000);
      await script.sends('A 0 1 0');
      await script.arrives('A 1 1 0');
    }
    expect(script.labels).toEqual(Array.from({ length: 5 }, () => 'keep-alive'));
    socket.setsockopt(SO_KEEPALIVE, false);
    await script.wait(100_000);
    await script.sends();
    expect(script.states).toEqual(['ESTABLISHED']);
  });
});

describe('close() with SO_LINGER', () => {
  it('waits until everything is acknowledged', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_LINGER, { onoff: true, linger: 10 }));
    send(socket, 10);
    let isClosed = false;
    const closing = Promise.resolve(socket.close()).then(() => {
      isClosed = true;
    });
    await script.sends('A 1 1 10', 'FA 11 1 0');
    await script.arrives('A 1 11 0');
    expect(isClosed).toBe(false);
    await script.arrives('A 1 12 0');
    await closing;
    expect(script.states).toEqual(['FIN_WAIT_2']);
  });

  it('waits no longer than it says, and the rest goes on behind it', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_LINGER, { onoff: true, linger: 3 }));
    send(socket, 10);
    const closing = Promise.resolve(socket.close()).then(() => script.clock.now);
    await script.wait(5000);
    expect((await closing) / 1000).toBe(3000);
    expect(script.states).toEqual(['FIN_WAIT_1']);
  });

  it('of 0 seconds resets, in every state that has a peer', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_LINGER, { onoff: true, linger: 0 }));
    await script.arrives('FA 1 1 0');
    await script.wait(100);
    await script.sent();
    send(socket, 10);
    await socket.close();
    await script.sends('A 1 2 10', 'RA 11 2 0');
    expect(script.states).toEqual([]);
  });
});

describe('the congestion window', () => {
  it('begins with ten segments and doubles each round trip', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 40 * MSS);
    expect(await script.sent()).toHaveLength(10);
    for (let segment = 1; segment <= 10; segment++) await script.arrives(`A 1 ${1 + segment * MSS} 0`);
    expect(await script.sent()).toHaveLength(20);
    expect(connectionOf(script).congestionWindow).toBe(20 * MSS);
  });

  it('does not grow for a sender that does not use it', async () => {
    const script = new Script();
    const socket = await script.connected();
    for (let at = 1; at < 200; at += 10) {
      send(socket, 10);
      await script.arrives(`A 1 ${at + 10} 0`);
    }
    expect(connectionOf(script).congestionWindow).toBe(10 * MSS);
  });

  it('is one segment after a timeout, and then grows by one a round trip from half of what it was', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    send(socket, 10 * MSS);
    expect(await script.sent()).toHaveLength(10);
    await script.wait(1000);
    await script.sends(`A 1 1 ${MSS}`);
    expect(connectionOf(script).congestionWindow).toBe(MSS);
    expect(connectionOf(script).slowStartThreshold).toBe(5 * MSS);
    expect(connectionOf(script).phase).toBe('loss');
    await script.arrives(`A 1 ${1 + 10 * MSS} 0`);
    expect(connectionOf(script).phase).toBe('open');
  });

  it('halves once for several segments lost of one flight: NewReno', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    send(socket, 10 * MSS);
    await script.sent();
    for (let duplicate = 0; duplicate < 3; duplicate++) await script.arrives('A 1 1 0');
    await script.sends(`A 1 1 ${MSS}`);
    expect(connectionOf(script).phase).toBe('recovery');
    expect(connectionOf(script).slowStartThreshold).toBe(5 * MSS);
    expect(connectionOf(script).congestionWindow).toBe(8 * MSS);
    await script.arrives('A 1 1 0');
    expect(connectionOf(script).congestionWindow).toBe(9 * MSS);
    // a partial acknowledgement: the fourth is lost as well
    await script.arrives(`A 1 ${1 + 3 * MSS} 0`);
    await script.sends(`A ${1 + 3 * MSS} 1 ${MSS}`);
    expect(connectionOf(script).phase).toBe('recovery');
    await script.arrives(`A 1 ${1 + 10 * MSS} 0`);
    expect(connectionOf(script).phase).toBe('open');
    expect(connectionOf(script).congestionWindow).toBe(5 * MSS);
    expect(script.labels).toEqual(['fast retransmission', 'retransmission']);
  });

  it('lets one new segment go for each of the first two duplicates: limited transmit', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 14 * MSS);
    expect(await script.sent()).toHaveLength(10);
    await script.arrives('A 1 1 0');
    await script.sends(`A ${1 + 10 * MSS} 1 ${MSS}`);
    await script.arrives('A 1 1 0');
    await script.sends(`A ${1 + 11 * MSS} 1 ${MSS}`);
    await script.arrives('A 1 1 0');
    await script.sends(`A 1 1 ${MSS}`);
  });

  it('is not halved by acknowledgements that tell another window', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 10 * MSS);
    await script.sent();
    for (const window of [60_000, 59_000, 58_000, 57_000]) await script.arrives('A 1 1 0', { window });
    await script.sends();
    expect(connectionOf(script).phase).toBe('open');
  });

  it('counts segments in the profile linux and bytes in the profile rfc', async () => {
    for (const [profile, count] of [
      ['linux', 10],
      ['rfc', 30],
    ] as const) {
      const script = new Script(profile === 'rfc' ? { profile: RFC } : {});
      const socket = await script.connected();
      socket.setsockopt(TCP_NODELAY, true);
      for (let index = 0; index < 30; index++) send(socket, 1);
      expect(await script.sent()).toHaveLength(count);
    }
  });

  it('goes back to ten segments after a rest', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 10 * MSS);
    for (let segment = 1; segment <= 10; segment++) await script.arrives(`A 1 ${1 + segment * MSS} 0`);
    expect(connectionOf(script).congestionWindow).toBe(20 * MSS);
    await script.wait(5000);
    await script.sent();
    send(socket, 15 * MSS);
    expect(await script.sent()).toHaveLength(10);
  });

  it('is in TCP_INFO and in the trace', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 10 * MSS);
    const info = socket.getsockopt(TCP_INFO) as TcpInfo;
    expect([info.state, info.unacked, info.sndCwnd, info.sndMss]).toEqual([1, 10, 10, MSS]);
    await script.wait(250);
    const samples = script.events.filter((event) => event.kind === 'window');
    expect(samples).toEqual([
      { kind: 'window', socket: 1, congestion: 10 * MSS, threshold: 0x7fff_ffff, peer: 65_535 },
      { kind: 'window', socket: 1, congestion: MSS, threshold: 5 * MSS, peer: 65_535 },
    ]);
  });
});
