/** What a segment does in each of the eleven states. RFC 9293 section 3.10.7, RFC 5961. */
import { describe, expect, it } from 'vitest';
import { RFC } from '../../../../src/engines/sim/tcp/profile.ts';
import { SHUT_RDWR, SHUT_WR } from '../../../../src/posix/constants.ts';
import { TCP_LINGER2 } from '../../../../src/posix/options.ts';
import { outcome, Script, send } from './script.ts';

const MINUTE_MS = 60_000;

describe('CLOSED', () => {
  it('answers a SYN with a reset that acknowledges it, an acknowledgement with one that it asks for', async () => {
    const script = new Script();
    script.ownPort = 9;
    await script.arrives('S 0 - 0');
    await script.sends('RA 0 1 0');
    await script.arrives('A 7 42 10');
    await script.sends('R 42 - 0');
    await script.arrives('F 7 - 10');
    await script.sends('RA 0 18 0');
  });

  it('answers no reset', async () => {
    const script = new Script();
    script.ownPort = 9;
    await script.arrives('R 7 - 0');
    await script.arrives('RA 7 1 0');
    await script.sends();
  });
});

describe('LISTEN', () => {
  it('answers a SYN, refuses an acknowledgement, ignores a reset and a SYN with FIN', async () => {
    const script = new Script();
    await script.welcome();
    await script.arrives('R 0 - 0');
    await script.arrives('SF 0 - 0');
    await script.sends();
    await script.arrives('A 1 1 0');
    await script.sends('R 1 - 0');
    await script.arrives('SA 0 1 0');
    await script.sends('R 1 - 0');
    expect(script.states).toEqual(['LISTEN']);
    await script.arrives('S 0 - 0');
    await script.sends('SA 0 1 0');
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED']);
  });
});

describe('SYN_SENT', () => {
  async function connecting() {
    const script = new Script();
    const socket = script.open();
    const connected = outcome(() => socket.connect({ host: '10.8.0.2', port: 12_000 }));
    script.ownPort = script.stack.sockets()[0]?.local.port ?? 0;
    await script.sends('S 0 - 0');
    return { script, socket, connected };
  }

  it('refuses an acknowledgement of what was not sent, and waits on', async () => {
    const { script } = await connecting();
    await script.arrives('A 0 2 0');
    await script.sends('R 2 - 0');
    await script.arrives('SA 0 0 0');
    await script.sends('R 0 - 0');
    await script.arrives('RA 0 7 0');
    await script.sends();
    expect(script.states).toEqual(['SYN_SENT']);
  });

  it('ends with ECONNREFUSED at a reset that acknowledges the SYN, and ignores one that does not', async () => {
    const { script, socket, connected } = await connecting();
    await script.arrives('R 0 - 0');
    expect(script.states).toEqual(['SYN_SENT']);
    await script.arrives('RA 0 1 0');
    expect(await connected).toBe('ECONNREFUSED');
    expect(script.states).toEqual([]);
    expect(socket.getsockname()).toEqual({ host: '0.0.0.0', port: 0 });
  });

  it('ignores an acknowledgement without a SYN', async () => {
    const { script } = await connecting();
    await script.arrives('A 0 1 0');
    await script.sends();
    expect(script.states).toEqual(['SYN_SENT']);
  });

  it('opens from both sides: SYN, SYN-ACK, SYN-ACK', async () => {
    const { script, connected } = await connecting();
    await script.arrives('S 0 - 0', { mss: 1460 });
    await script.sends('SA 0 1 0');
    expect(script.states).toEqual(['SYN_RECEIVED']);
    await script.arrives('SA 0 1 0');
    expect(await connected).toBe(undefined);
    expect(script.states).toEqual(['ESTABLISHED']);
    await script.sends('A 1 1 0');
  });

  it('opens from both sides: SYN, SYN-ACK, ACK', async () => {
    const { script, connected } = await connecting();
    await script.arrives('S 0 - 0', { mss: 1460 });
    await script.arrives('A 1 1 0');
    expect(await connected).toBe(undefined);
    expect(script.states).toEqual(['ESTABLISHED']);
  });

  it('refuses an acknowledgement of what was not sent when both sides open', async () => {
    const { script } = await connecting();
    await script.arrives('S 0 - 0', { mss: 1460 });
    await script.sends('SA 0 1 0');
    await script.arrives('A 1 9 0');
    await script.sends('R 9 - 0');
    expect(script.states).toEqual(['SYN_RECEIVED']);
  });

  it('repeats its SYN-ACK while the other side is silent', async () => {
    const { script } = await connecting();
    await script.arrives('S 0 - 0', { mss: 1460 });
    await script.sends('SA 0 1 0');
    await script.wait(1000);
    await script.sends('SA 0 1 0');
  });

  it('an ICMP message ends the attempt with its code', async () => {
    for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'ECONNREFUSED'] as const) {
      const script = new Script();
      const connected = outcome(() => script.open().connect({ host: '10.8.0.2', port: 12_000 }));
      const [syn] = await script.sentSegments();
      if (!syn) throw new Error('No SYN was sent');
      script.stack.unreachable({ ...syn, seq: syn.seq + 77 }, code);
      expect(script.states).toEqual(['SYN_SENT']);
      script.stack.unreachable(syn, code);
      expect(await connected).toBe(code);
    }
  });

  it('close() ends it without a word', async () => {
    const { script, socket, connected } = await connecting();
    await socket.close();
    expect(await connected).toBe('ECANCELED');
    await script.sends();
    expect(script.states).toEqual([]);
  });
});

describe('SYN_RECEIVED', () => {
  async function received() {
    const script = new Script();
    const welcome = await script.welcome();
    await script.arrives('S 0 - 0', { mss: 1460 });
    await script.sends('SA 0 1 0');
    return { script, welcome };
  }

  it('goes back to nothing at a reset in the window, and stays at one out of it', async () => {
    const { script } = await received();
    await script.arrives('R 70000 - 0');
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED']);
    await script.arrives('R 1 - 0');
    await script.sends();
    expect(script.states).toEqual(['LISTEN']);
  });

  it('refuses an acknowledgement of what was not sent', async () => {
    const { script } = await received();
    await script.arrives('A 1 2 0');
    await script.sends('R 2 - 0');
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED']);
  });

  it('takes data and FIN with the acknowledgement', async () => {
    const { script, welcome } = await received();
    await script.arrives('FA 1 1 5');
    expect(script.states).toEqual(['LISTEN', 'CLOSE_WAIT']);
    const { socket } = await welcome.accept();
    expect(await outcome(() => socket.recv(99, 0))).toBe(5);
    expect(await outcome(() => socket.recv(99, 0))).toBe(0);
  });

  it('repeats the SYN-ACK after 1, 3, 7, 15 and 31 s, and is gone after 63', async () => {
    const { script } = await received();
    for (const seconds of [1, 2, 4, 8, 16]) {
      await script.wait(seconds * 1000 - 1);
      await script.sends();
      await script.wait(1);
      await script.sends('SA 0 1 0');
    }
    await script.wait(31_999);
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED']);
    await script.wait(1);
    await script.sends();
    expect(script.states).toEqual(['LISTEN']);
    expect(script.labels).toEqual(Array.from({ length: 5 }, () => 'retransmission'));
  });

  it('an ICMP message about the SYN-ACK ends it', async () => {
    const script = new Script();
    await script.welcome();
    await script.arrives('S 0 - 0', { mss: 1460 });
    const [answer] = await script.sentSegments();
    if (!answer) throw new Error('No SYN-ACK was sent');
    script.stack.unreachable(answer, 'EHOSTUNREACH');
    expect(script.states).toEqual(['LISTEN']);
  });
});

describe('ESTABLISHED', () => {
  it('answers a reset in the window with an acknowledgement, and ends at the one that is next', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('R 100 - 0');
    await script.sends('A 1 1 0');
    await script.arrives('R 70000 - 0');
    await script.sends();
    expect(script.states).toEqual(['ESTABLISHED']);
    await script.arrives('R 1 - 0');
    await script.sends();
    expect(script.states).toEqual([]);
    expect(await outcome(() => socket.recv(9, 0))).toBe('ECONNRESET');
    expect(await outcome(() => socket.recv(9, 0))).toBe(0);
    expect(await outcome(() => socket.getpeername())).toBe('ENOTCONN');
  });

  it('answers a SYN with an acknowledgement, but not more often than twice a second', async () => {
    const script = new Script();
    await script.connected();
    await script.arrives('S 7 - 0');
    await script.sends('A 1 1 0');
    await script.arrives('S 7 - 0');
    await script.sends();
    await script.wait(500);
    await script.arrives('S 7 - 0');
    await script.sends('A 1 1 0');
    expect(script.drops).toEqual(['SYN on a connection', 'SYN on a connection', 'SYN on a connection']);
  });

  it('answers an acknowledgement of what was not sent, and drops what came with it', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('A 1 99 5');
    await script.sends('A 1 1 0');
    await script.arrives('A 1 1 3');
    expect(await outcome(() => socket.recv(9, 0))).toBe(3);
  });

  it('drops what lies out of the window, and acknowledges again', async () => {
    const script = new Script();
    await script.connected();
    await script.arrives('A 70000 1 5');
    await script.sends('A 1 1 0');
    expect(script.drops).toEqual(['out of the window']);
  });

  it('drops a segment without an acknowledgement', async () => {
    const script = new Script();
    await script.connected();
    await script.arrives(' 1 - 5');
    await script.sends();
    expect(script.drops).toEqual(['no acknowledgement']);
  });

  it('puts segments into order, whatever overlaps', async () => {
    const script = new Script();
    const socket = await script.connected();
    const letters = (text: string) => new TextEncoder().encode(text);
    await script.arrives('A 7 1 3', { data: letters('ghi') });
    await script.arrives('A 4 1 4', { data: letters('defg') });
    await script.arrives('A 9 1 3', { data: letters('ijk') });
    await script.sends('A 1 1 0', 'A 1 1 0', 'A 1 1 0');
    await script.arrives('A 1 1 5', { data: letters('abcde') });
    await script.sends('A 1 12 0');
    await script.arrives('A 10 1 4', { data: letters('jklm') });
    expect(new TextDecoder().decode(await socket.recv(99, 0))).toBe('abcdefghijklm');
  });

  it('keeps a FIN that comes ahead of a gap', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('FA 6 1 0');
    await script.sends('A 1 1 0');
    expect(script.states).toEqual(['ESTABLISHED']);
    await script.arrives('A 1 1 5');
    expect(script.states).toEqual(['CLOSE_WAIT']);
    expect(await outcome(() => socket.recv(99, 0))).toBe(5);
    expect(await outcome(() => socket.recv(99, 0))).toBe(0);
  });

  it('takes urgent bytes as any others', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('UA 1 1 5');
    expect(await outcome(() => socket.recv(99, 0))).toBe(5);
    expect(await outcome(() => socket.send(new Uint8Array(1), 1, true))).toBe('EOPNOTSUPP');
    expect(await outcome(() => socket.recv(1, 1))).toBe('EOPNOTSUPP');
  });

  it('takes nothing beyond its window', async () => {
    const script = new Script();
    const socket = await script.connected();
    const window = script.stack.sockets()[0]?.connection?.receiveWindow ?? 0;
    await script.arrives(`A ${window - 1} 1 10`);
    await script.arrives(`A 1 1 ${window - 2}`);
    expect(await outcome(() => socket.recv(100_000, 0))).toBe(window);
  });
});

describe('FIN_WAIT_1 and CLOSING', () => {
  it('an acknowledgement of the FIN leads to FIN_WAIT_2', async () => {
    const script = new Script();
    const socket = await script.connected();
    socket.shutdown(SHUT_WR);
    await script.sends('FA 1 1 0');
    expect(script.states).toEqual(['FIN_WAIT_1']);
    await script.arrives('A 1 2 0');
    expect(script.states).toEqual(['FIN_WAIT_2']);
    await script.arrives('A 1 2 5');
    expect(await outcome(() => socket.recv(99, 0))).toBe(5);
    await script.arrives('FA 6 2 0');
    expect(script.states).toEqual(['TIME_WAIT']);
    expect(await outcome(() => socket.recv(99, 0))).toBe(0);
    expect(await outcome(() => socket.shutdown(SHUT_WR))).toBe('ENOTCONN');
  });

  it('a FIN with the acknowledgement leads to TIME_WAIT at once', async () => {
    const script = new Script();
    const socket = await script.connected();
    socket.shutdown(SHUT_WR);
    await script.sends('FA 1 1 0');
    await script.arrives('FA 1 2 0');
    await script.sends('A 2 2 0');
    expect(script.states).toEqual(['TIME_WAIT']);
  });

  it('a FIN without it leads to CLOSING, and its acknowledgement to TIME_WAIT', async () => {
    const script = new Script();
    const socket = await script.connected();
    socket.shutdown(SHUT_WR);
    await script.sends('FA 1 1 0');
    await script.arrives('FA 1 1 0');
    await script.sends('A 2 2 0');
    expect(script.states).toEqual(['CLOSING']);
    await script.arrives('A 2 2 0');
    expect(script.states).toEqual(['TIME_WAIT']);
  });

  it('what was queued goes out before the FIN', async () => {
    const script = new Script();
    const socket = await script.connected();
    send(socket, 3000);
    socket.shutdown(SHUT_WR);
    await script.sends('A 1 1 1460', 'A 1461 1 1460', 'A 2921 1 80', 'FA 3001 1 0');
    expect(await outcome(() => socket.send(new Uint8Array(1), 0, true))).toBe('EPIPE');
  });
});

describe('FIN_WAIT_2', () => {
  async function orphan(prepare?: (script: Script) => void) {
    const script = new Script();
    const socket = await script.connected();
    prepare?.(script);
    await socket.close();
    await script.sends('FA 1 1 0');
    await script.arrives('A 1 2 0');
    expect(script.states).toEqual(['FIN_WAIT_2']);
    return script;
  }

  it('of a closed socket lasts a minute', async () => {
    const script = await orphan();
    await script.wait(MINUTE_MS - 1);
    expect(script.states).toEqual(['FIN_WAIT_2']);
    await script.wait(1);
    expect(script.states).toEqual([]);
    await script.sends();
  });

  it('of a closed socket lasts as long as TCP_LINGER2 says', async () => {
    const script = new Script();
    const socket = await script.connected((one) => one.setsockopt(TCP_LINGER2, 5));
    await socket.close();
    await script.arrives('A 1 2 0');
    await script.wait(5000);
    expect(script.states).toEqual([]);
  });

  it('of a socket that is open lasts for ever', async () => {
    const script = new Script();
    const socket = await script.connected();
    socket.shutdown(SHUT_WR);
    await script.arrives('A 1 2 0');
    await script.wait(100 * MINUTE_MS);
    expect(script.states).toEqual(['FIN_WAIT_2']);
  });

  it('refuses data when nobody will read it', async () => {
    const script = await orphan();
    await script.arrives('A 1 2 5');
    await script.sends('R 2 - 0');
    expect(script.states).toEqual([]);
    const other = new Script();
    const socket = await other.connected();
    socket.shutdown(SHUT_RDWR);
    await other.sends('FA 1 1 0');
    await other.arrives('A 1 2 5');
    await other.sends('R 2 - 0');
  });
});

describe('CLOSE_WAIT and LAST_ACK', () => {
  it('still sends, and goes when its FIN is acknowledged', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('FA 1 1 0');
    await script.wait(40);
    await script.sends('A 1 2 0');
    expect(script.states).toEqual(['CLOSE_WAIT']);
    send(socket, 10);
    await script.sends('A 1 2 10');
    await socket.close();
    await script.sends('FA 11 2 0');
    expect(script.states).toEqual(['LAST_ACK']);
    await script.arrives('A 2 11 0');
    expect(script.states).toEqual(['LAST_ACK']);
    await script.arrives('A 2 12 0');
    expect(script.states).toEqual([]);
  });

  it('a reset gives EPIPE, as Linux has it', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('FA 1 1 0');
    await script.arrives('R 2 - 0');
    expect(await outcome(() => socket.send(new Uint8Array(1), 0, true))).toBe('EPIPE');
    expect(await outcome(() => socket.recv(9, 0))).toBe(0);
  });

  it('acknowledges a FIN that comes again', async () => {
    const script = new Script();
    await script.connected();
    await script.arrives('FA 1 1 0');
    await script.wait(40);
    await script.sends('A 1 2 0');
    await script.arrives('FA 1 1 0');
    await script.sends('A 1 2 0');
  });

  it('gives up on a FIN that is never acknowledged', async () => {
    const script = new Script();
    const socket = await script.connected();
    await script.arrives('FA 1 1 0');
    await socket.close();
    await script.wait(3 * MINUTE_MS);
    expect(script.states).toEqual([]);
  });
});

describe('TIME_WAIT', () => {
  async function resting() {
    const script = new Script();
    const socket = await script.connected();
    await socket.close();
    await script.arrives('FA 1 2 0');
    await script.sends('FA 1 1 0', 'A 2 2 0');
    expect(script.states).toEqual(['TIME_WAIT']);
    return script;
  }

  it('lasts 60 s', async () => {
    const script = await resting();
    await script.wait(MINUTE_MS - 1);
    expect(script.states).toEqual(['TIME_WAIT']);
    await script.wait(1);
    expect(script.states).toEqual([]);
    expect(script.clock.isIdle).toBe(true);
  });

  it('lasts four minutes in the profile rfc', async () => {
    const script = new Script({ profile: RFC });
    const socket = await script.connected();
    await socket.close();
    await script.arrives('FA 1 2 0');
    await script.wait(4 * MINUTE_MS - 1);
    expect(script.states).toEqual(['TIME_WAIT']);
    await script.wait(1);
    expect(script.states).toEqual([]);
  });

  it('acknowledges a FIN that comes again, and begins anew', async () => {
    const script = await resting();
    await script.wait(MINUTE_MS - 1);
    await script.arrives('FA 1 2 0');
    await script.sends('A 2 2 0');
    await script.wait(MINUTE_MS - 1);
    expect(script.states).toEqual(['TIME_WAIT']);
    await script.wait(1);
    expect(script.states).toEqual([]);
  });

  it('ends at a reset that is next, and at no other', async () => {
    const script = await resting();
    await script.arrives('R 9 - 0');
    expect(script.states).toEqual(['TIME_WAIT']);
    await script.arrives('R 2 - 0');
    expect(script.states).toEqual([]);
  });

  it('gives way to a SYN with a new number, and answers an old one', async () => {
    const script = new Script();
    const welcome = await script.welcome();
    await script.arrives('S 0 - 0', { mss: 1460 });
    await script.arrives('A 1 1 0');
    const { socket } = await welcome.accept();
    await socket.close();
    await script.arrives('FA 1 2 0');
    await script.sends('SA 0 1 0', 'FA 1 1 0', 'A 2 2 0');
    await script.arrives('S 1 - 0');
    await script.sends('A 2 2 0');
    await script.arrives('S 100 - 0', { mss: 1460 });
    await script.sends('SA 65539 101 0');
    expect(script.states).toEqual(['LISTEN', 'SYN_RECEIVED']);
  });
});
