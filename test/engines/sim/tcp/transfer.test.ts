/** Segments of a transfer: sizes, Nagle, delayed acknowledgements, windows, wrap-around. RFC 9293 section 3.8. */
import { describe, expect, it } from 'vitest';
import { RFC } from '../../../../src/engines/sim/tcp/profile.ts';
import { MSG_PEEK, MSG_WAITALL, SHUT_WR } from '../../../../src/posix/constants.ts';
import { SO_RCVBUF, SO_SNDBUF, TCP_MAXSEG, TCP_NODELAY } from '../../../../src/posix/options.ts';
import { outcome, Script, send } from './script.ts';

/** Where the numbers wrap inside the first segments. */
const NEAR_END = 0xffff_fff0;

describe('segments', () => {
  it('are as large as the peer and the way allow', async () => {
    for (const [mss, mtu, size] of [
      [1460, 1500, 1460],
      [1000, 1500, 1000],
      [1460, 576, 536],
    ] as const) {
      const script = new Script({ mtu });
      const socket = await script.connected(undefined, { mss });
      send(socket, 2000);
      expect((await script.sent())[0]).toBe(`A 1 1 ${size}`);
    }
  });

  it('are of 536 bytes for a peer that names no size', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    await script.arrives('S 0 - 0');
    await script.arrives('A 1 1 0');
    const { socket } = await welcome.accept();
    await script.sent();
    send(socket, 1000);
    expect((await script.sent())[0]).toBe('A 1 1 536');
  });

  it('are as large as TCP_MAXSEG, which the SYN names as well', async () => {
    const script = new Script();
    const socket = script.open();
    socket.setsockopt(TCP_MAXSEG, 700);
    void Promise.resolve(socket.connect({ host: '10.8.0.2', port: 12_000 })).catch(() => undefined);
    const [syn] = await script.sentSegments();
    expect(syn?.mss).toBe(700);
    const other = new Script();
    const connected = await other.connected((one) => one.setsockopt(TCP_MAXSEG, 700));
    expect(connected.getsockopt(TCP_MAXSEG)).toBe(700);
    send(connected, 1400);
    await other.sends('A 1 1 700', 'A 701 1 700');
  });

  it.each(['linux', 'rfc'])('carry numbers that wrap, profile %s', async (name) => {
    const script = new Script({ iss: NEAR_END, irs: NEAR_END, ...(name === 'rfc' ? { profile: RFC } : {}) });
    const socket = await script.connected();
    for (let at = 1; at < 5000; at += 1460) {
      send(socket, 1460);
      await script.sends(`A ${at} 1 1460`);
      await script.arrives(`A 1 ${at + 1460} 0`);
      await script.sends();
    }
    await script.arrives('A 1 5841 1000');
    await script.arrives('A 2001 5841 1000');
    await script.arrives('A 1001 5841 1000');
    expect((await script.sent()).at(-1)).toBe('A 5841 3001 0');
    expect(await outcome(() => socket.recv(9999, 0))).toBe(3000);
    await script.sent();
    socket.shutdown(SHUT_WR);
    await script.sends('FA 5841 3001 0');
    await script.arrives('FA 3001 5842 0');
    await script.sends('A 5842 3002 0');
    expect(script.states).toEqual(['TIME_WAIT']);
  });
});

describe('Nagle', () => {
  it('of RFC 896 holds a small segment while anything is in flight', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    send(socket, 2000);
    await script.sends('A 1 1 1460');
    await script.arrives('A 1 1461 0');
    await script.sends('A 1461 1 540');
  });

  it('of Linux holds a small segment while a small one is in flight', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 2000);
    await script.sends('A 1 1 1460', 'A 1461 1 540');
    send(socket, 10);
    await script.sends();
    await script.arrives('A 1 1461 0');
    await script.sends();
    await script.arrives('A 1 2001 0');
    await script.sends('A 2001 1 10');
  });

  it('is off with TCP_NODELAY, which lets go what is held', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 10);
    send(socket, 20);
    await script.sends('A 1 1 10');
    socket.setsockopt(TCP_NODELAY, true);
    await script.sends('A 11 1 20');
    send(socket, 30);
    await script.sends('A 31 1 30');
  });

  it('does not hold the last bytes before a FIN', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 10);
    send(socket, 20);
    await script.sends('A 1 1 10');
    socket.shutdown(SHUT_WR);
    await script.sends('FA 11 1 20');
  });
});

describe('acknowledgements of the profile rfc', () => {
  it('go out for every second full segment, or after 200 ms', async () => {
    const script = new Script({ profile: RFC });
    await script.connected();
    await script.arrives('A 1 1 1460');
    await script.sends();
    await script.arrives('A 1461 1 1460');
    await script.sends('A 1 2921 0');
    await script.arrives('A 2921 1 1460');
    await script.wait(199);
    await script.sends();
    await script.wait(1);
    await script.sends('A 1 4381 0');
  });

  it('go out at once for what comes ahead of a gap, and for what fills it', async () => {
    const script = new Script({ profile: RFC });
    await script.connected();
    await script.arrives('A 1461 1 1460');
    await script.sends('A 1 1 0');
    await script.arrives('A 1 1 1460');
    await script.sends('A 1 2921 0');
  });

  it('go with data', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    await script.arrives('A 1 1 5');
    send(socket, 7);
    await script.sends('A 1 6 7');
    await script.wait(1000);
    expect((await script.sent()).filter((line) => line === 'A 8 6 0')).toEqual([]);
  });
});

describe('the receive window', () => {
  it('shrinks as bytes wait to be read, and an update follows a read that makes it much larger', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected((one) => one.setsockopt(SO_RCVBUF, 4000));
    await script.arrives('A 1 1 1460');
    await script.arrives('A 1461 1 1460');
    const [acknowledgement] = await script.sentSegments();
    expect(acknowledgement?.window).toBe(1080);
    expect(await outcome(() => socket.recv(500, 0))).toBe(500);
    await script.sends();
    expect(await outcome(() => socket.recv(9999, 0))).toBe(2420);
    const [update] = await script.sentSegments();
    expect([update?.window, script.labels.at(-1)]).toEqual([4000, 'window update']);
  });

  it('is told as SO_RCVBUF says, doubled by Linux', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_RCVBUF, 10_000));
    expect(socket.getsockopt(SO_RCVBUF)).toBe(20_000);
    expect(script.stack.sockets()[0]?.connection?.receiveWindow).toBe(8760);
    const other = new Script({ profile: RFC });
    const plain = await other.connected((one) => one.setsockopt(SO_RCVBUF, 10_000));
    expect(plain.getsockopt(SO_RCVBUF)).toBe(10_000);
    expect(other.stack.sockets()[0]?.connection?.receiveWindow).toBe(10_000);
  });

  it('never shrinks below what was offered, when SO_RCVBUF is made smaller', async () => {
    const script = new Script();
    const socket = await script.connected();
    socket.setsockopt(SO_RCVBUF, 2000);
    await script.arrives('A 1 1 1460');
    const [acknowledgement] = await script.sentSegments();
    expect(acknowledgement?.window).toBe(64_240 - 1460);
  });
});

describe('a peer that shuts its window', () => {
  it('is asked with an old number by Linux, ever less often, and sent to when it opens', async () => {
    const script = new Script();
    const socket = await script.connected(undefined, { window: 1460 });
    send(socket, 1500);
    await script.sends('A 1 1 730', 'A 731 1 730');
    await script.arrives('A 1 1461 0', { window: 0 });
    await script.wait(210);
    await script.sends('A 1460 1 0');
    await script.arrives('A 1 1461 0', { window: 0 });
    await script.wait(400);
    await script.sends();
    await script.wait(1);
    await script.sends('A 1460 1 0');
    expect(script.labels).toEqual(['keep-alive', 'keep-alive']);
    await script.arrives('A 1 1461 0', { window: 1460 });
    await script.sends('A 1461 1 40');
  });

  it('is asked with the next byte by RFC 9293, which may be taken', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected(undefined, { window: 1460 });
    send(socket, 1500);
    await script.sends('A 1 1 730', 'A 731 1 730');
    await script.arrives('A 1 1461 0', { window: 0 });
    await script.wait(1000);
    await script.sends('A 1461 1 1');
    await script.arrives('A 1 1461 0', { window: 0 });
    await script.wait(2000);
    await script.sends('A 1461 1 1');
    expect(script.labels).toEqual(['zero window probe', 'zero window probe']);
    await script.arrives('A 1 1462 0', { window: 1460 });
    await script.sends('A 1462 1 39');
  });

  it('gets the byte again when the window opens without having taken it', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected(undefined, { window: 1460 });
    send(socket, 1460);
    send(socket, 40);
    await script.arrives('A 1 1461 0', { window: 0 });
    await script.wait(1000);
    expect((await script.sent()).at(-1)).toBe('A 1461 1 1');
    await script.arrives('A 1 1461 0', { window: 1460 });
    await script.sends('A 1461 1 1');
    await script.arrives('A 1 1462 0', { window: 1460 });
    await script.sends('A 1462 1 39');
    await script.arrives('A 1 1501 0', { window: 1460 });
    await script.wait(60_000);
    await script.sends();
  });

  it('may stay shut for ever as long as it answers, and is given up when it does not', async () => {
    const script = new Script();
    const socket = await script.connected(undefined, { window: 0 });
    send(socket, 10);
    for (let minute = 0; minute < 60; minute++) {
      await script.wait(60_000);
      await script.arrives('A 1 1 0', { window: 0 });
    }
    expect(script.states).toEqual(['ESTABLISHED']);
    await script.wait(40 * 60_000);
    expect(script.states).toEqual([]);
    expect(await outcome(() => socket.send(new Uint8Array(1), 0, true))).toBe('ETIMEDOUT');
  });
});

describe('a window smaller than the next segment', () => {
  it('is filled by Linux only when the timer runs out', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 1460);
    await script.sends('A 1 1 1460');
    await script.arrives('A 1 1461 0', { window: 100 });
    send(socket, 1000);
    await script.sends();
    await script.wait(210);
    await script.sends('A 1461 1 100');
    await script.arrives('A 1 1561 0', { window: 2000 });
    await script.sends('A 1561 1 900');
  });

  it('is filled by RFC 9293 at once when it is half of the largest', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected(undefined, { window: 1500 });
    send(socket, 750);
    await script.sends('A 1 1 750');
    await script.arrives('A 1 751 0', { window: 749 });
    send(socket, 1000);
    await script.sends();
    await script.arrives('A 1 751 0', { window: 750 });
    await script.sends('A 751 1 750');
  });
});

describe('a peer that keeps its window shut', () => {
  it.each(['linux', 'rfc'])('to a socket that was closed is given up, profile %s', async (name) => {
    const script = new Script(name === 'rfc' ? { profile: RFC } : {});
    const socket = await script.connected(undefined, { window: 0 });
    send(socket, 10);
    await socket.close();
    expect(script.states).toEqual(['FIN_WAIT_1']);
    let seconds = 0;
    for (; script.states.length > 0 && seconds < 3600; seconds++) {
      await script.wait(1000);
      if ((await script.sent()).length > 0) await script.arrives('A 1 1 0', { window: 0 });
    }
    expect(seconds).toBeGreaterThan(60);
    expect(seconds).toBeLessThan(900);
    expect(script.clock.isIdle).toBe(true);
  });
});

describe('a send that has no room', () => {
  it('waits until the peer acknowledges, in order', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_SNDBUF, 4608));
    const order: string[] = [];
    const first = Promise.resolve(socket.send(new Uint8Array(20_000), 0, true)).then(() =>
      order.push('first'),
    );
    const second = Promise.resolve(socket.send(new Uint8Array(10), 0, false)).then(() =>
      order.push('second'),
    );
    for (let at = 1; order.length < 2; at += 1460) await script.arrives(`A 1 ${Math.min(at, 20_011)} 0`);
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  it('that is cancelled has sent what it has sent, and the next goes on behind it', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(SO_SNDBUF, 4608));
    const cancellation = { onCancel: undefined as ((reason: unknown) => void) | undefined };
    const waiting = outcome(() =>
      Promise.resolve(socket.send(new Uint8Array(20_000), 0, true, cancellation)).catch(String),
    );
    cancellation.onCancel?.('enough');
    expect(await waiting).toBe('enough');
    const queued = script.stack.sockets()[0]?.sendQ ?? 0;
    const next = outcome(() => socket.send(new Uint8Array(7), 0, true));
    for (let at = 1461; at < queued + 1; at += 1460) await script.arrives(`A 1 ${at} 0`);
    await script.arrives(`A 1 ${queued + 1} 0`);
    expect(await next).toBe(7);
    expect((await script.sent()).at(-1)).toBe(`A ${queued + 1} 1 7`);
  });
});

describe('recv', () => {
  it('with MSG_WAITALL gathers, and gives back what it has when it is cancelled', async () => {
    const script = new Script();
    const socket = await script.connected();
    const cancellation = { onCancel: undefined as ((reason: unknown) => void) | undefined };
    const all = outcome(() => Promise.resolve(socket.recv(10, MSG_WAITALL, cancellation)).catch(String));
    const behind = Promise.resolve(socket.recv(2, 0));
    await script.arrives('A 1 1 4');
    cancellation.onCancel?.('enough');
    expect(await all).toBe('enough');
    expect([...(await behind)]).toEqual([0, 1]);
    expect([...(await socket.recv(9, MSG_PEEK))]).toEqual([2, 3]);
    const whole = Promise.resolve(socket.recv(4, MSG_WAITALL));
    await script.arrives('A 5 1 2');
    expect([...(await whole)]).toEqual([2, 3, 0, 1]);
  });

  it('gives bytes that are the caller’s alone', async () => {
    const script = new Script();
    const socket = await script.connected();
    const data = Uint8Array.of(1, 2, 3);
    await script.arrives('A 1 1 3', { data });
    const got = await socket.recv(9, 0);
    got.fill(9);
    expect([...data]).toEqual([1, 2, 3]);
  });
});
