/** What a connection of the engine node reads while no call waits: little, in order, and never past an error. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Cancellation } from '../../../src/engines/engine.ts';
import type { Connection } from '../../../src/engines/node/connection.ts';
import { Loop, TurnBudget } from '../../../src/engines/node/loop.ts';
import { Welcome } from '../../../src/engines/node/welcome.ts';
import type { Address } from '../../../src/posix/address.ts';
import { isUnixAddress } from '../../../src/posix/address.ts';
import { SHUT_WR } from '../../../src/posix/constants.ts';
import { bytes, codeOf, LOOPBACK, settle, text } from './harness.ts';

/** As much as libuv reads at a time. */
const CHUNK_BYTES = 65_536;

/** A connection whose insides can be seen, and its peer, which is Node's own. */
async function pair(address: Address = LOOPBACK): Promise<[Connection, Socket]> {
  const welcome = new Welcome(new Loop(), isUnixAddress(address) ? 'unix' : 'tcp', address);
  onTestFinished(() => welcome.close());
  const local = await welcome.open({ ipv6Only: false, reusePort: false });
  welcome.welcome();
  const peer = connect({ ...local, allowHalfOpen: true });
  peer.on('error', () => {});
  onTestFinished(() => void peer.destroy());
  const [connection] = await Promise.all([welcome.accept(), once(peer, 'connect')]);
  onTestFinished(() => connection.close(true));
  return [connection, peer];
}

/** Makes `connection` read: a call asked, and was called off before anything came. */
async function begin(connection: Connection): Promise<void> {
  const cancellation: Cancellation = { onCancel: undefined };
  const waiting = connection.recv(1, 0, cancellation);
  await settle();
  cancellation.onCancel?.(new Error('cancelled'));
  await expect(waiting).rejects.toThrow('cancelled');
}

/** Bytes that tell their place. */
function pattern(length: number): Uint8Array {
  const block = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) block[at] = at * 31 + (at >> 8);
  return block;
}

test('a flood that nobody asks for clogs the sender after two chunks, and arrives whole once somebody asks', async () => {
  const [connection, peer] = await pair();
  const block = pattern(16 << 20);
  const asked = connection.recv(1, 0);
  peer.write(block);
  const received = [await asked];
  await settle(100);
  expect(connection.socket.bytesRead).toBeLessThanOrEqual(2 * CHUNK_BYTES);
  expect(peer.writableLength).toBeGreaterThan(0);
  peer.end();
  for (let chunk = await connection.recv(1 << 20, 0); chunk.length > 0; ) {
    expect(chunk.length).toBeLessThanOrEqual(CHUNK_BYTES);
    received.push(chunk);
    chunk = await connection.recv(1 << 20, 0);
  }
  expect(Buffer.concat(received).equals(block)).toBe(true);
});

test('a slow reader holds two chunks at most at any time', async () => {
  const [connection, peer] = await pair();
  peer.write(pattern(4 << 20));
  let received = 0;
  for (let i = 0; i < 100; i += 1) {
    received += (await connection.recv(5000, 0)).length;
    await settle(1);
    expect(connection.socket.bytesRead - received).toBeLessThanOrEqual(2 * CHUNK_BYTES);
  }
});

test('small pieces that nobody asks for wait in order, up to a bound', async () => {
  const [connection, peer] = await pair();
  await begin(connection);
  for (let i = 0; i < 100; i += 1) {
    peer.write(new Uint8Array(1000).fill(i));
    await settle(1);
  }
  expect(connection.socket.bytesRead).toBeLessThan(20_000);
  for (let i = 0; i < 100; i += 1) {
    for (let left = 1000; left > 0; ) {
      const piece = await connection.recv(left, 0);
      expect(piece.every((byte) => byte === i)).toBe(true);
      left -= piece.length;
    }
  }
});

test('a conversation never stops reading', async () => {
  const [connection, peer] = await pair();
  await begin(connection);
  // Not public, and the only place where it shows.
  const readStop = vi.spyOn(Reflect.get(connection.socket, '_handle'), 'readStop');
  peer.on('data', () => {});
  for (let i = 0; i < 20; i += 1) {
    const request = connection.recv(100, 0);
    peer.write(String(i));
    expect(text(await request)).toBe(String(i));
    await connection.send(bytes('answer'), 0, true);
  }
  expect(readStop).not.toHaveBeenCalled();
});

test('bytes and a reset at once are the bytes and then the reset, for one that waits and one that does not', async () => {
  for (const waits of [true, false]) {
    const [connection, peer] = await pair();
    await begin(connection);
    const waiting = waits ? connection.recv(100, 0) : undefined;
    peer.write('last words');
    peer.resetAndDestroy();
    if (!waits) await settle();
    expect(text(await (waiting ?? connection.recv(100, 0)))).toBe('last words');
    expect(await codeOf(() => connection.recv(100, 0))).toBe('ECONNRESET');
    expect(await connection.recv(100, 0)).toHaveLength(0);
  }
});

test('bytes and a reset at once are no end after SHUT_WR either', async () => {
  const [connection, peer] = await pair();
  await begin(connection);
  connection.shutdown(SHUT_WR);
  const waiting = [connection.recv(100, 0), codeOf(() => connection.recv(100, 0))];
  await settle();
  peer.write('last words');
  peer.resetAndDestroy();
  expect(text((await waiting[0]) as Uint8Array)).toBe('last words');
  expect(await waiting[1]).toBe('ECONNRESET');
});

test('bytes and a reset at once are no end on a Unix socket', async () => {
  const [connection, peer] = await pair({ path: join(tmpdir(), `portico-ahead-${process.pid}.sock`) });
  peer.pause();
  const waiting = connection.recv(100, 0);
  await settle();
  await connection.send(bytes('nobody reads this'), 0, true);
  peer.write('last words');
  peer.destroy();
  expect(text(await waiting)).toBe('last words');
  expect(await codeOf(() => connection.recv(100, 0))).toBe('ECONNRESET');
});

test('an end that is read ahead waits behind its bytes, and the connection can still send', async () => {
  const [connection, peer] = await pair();
  await begin(connection);
  peer.end('last words');
  await settle();
  expect(text(await connection.recv(4, 0))).toBe('last');
  expect(text(await connection.recv(100, 0))).toBe(' words');
  for (let i = 0; i < 2; i += 1) expect(await connection.recv(100, 0)).toHaveLength(0);
  const answer = new Promise((resolve) => peer.once('data', resolve));
  await connection.send(bytes('answer'), 0, true);
  expect(String(await answer)).toBe('answer');
});

test('an end with a reset behind it stays an end; only a send fails', async () => {
  const [connection, peer] = await pair();
  peer.write('last words');
  peer.destroy();
  await settle();
  await connection.send(bytes('too late'), 0, true);
  await settle();
  expect(text(await connection.recv(100, 0))).toBe('last words');
  for (let i = 0; i < 2; i += 1) expect(await connection.recv(100, 0)).toHaveLength(0);
  expect(await codeOf(() => connection.send(bytes('still too late'), 0, true))).toBe('EPIPE');
  expect(await connection.recv(100, 0)).toHaveLength(0);
});

test('an end is told to a call that waits while the peer reads nothing of what is sent', async () => {
  const [connection, peer] = await pair();
  peer.pause();
  const sending = codeOf(() => connection.send(new Uint8Array(64 << 20), 0, true));
  const waiting = connection.recv(100, 0);
  await settle();
  peer.end();
  expect(await waiting).toHaveLength(0);
  await connection.close(true);
  expect(await sending).toBe('ECANCELED');
});

test('a reset that comes while nobody asks is the error of the next call', async () => {
  const [connection, peer] = await pair();
  await begin(connection);
  peer.resetAndDestroy();
  await settle();
  expect(connection.isOver).toBe(true);
  expect(await codeOf(() => connection.recv(100, 0))).toBe('ECONNRESET');
  expect(await connection.recv(100, 0)).toHaveLength(0);
});

test('what was read before a send failed can still be received', async () => {
  const [connection, peer] = await pair();
  await begin(connection);
  const block = pattern(50_000);
  peer.write(block);
  await settle();
  expect(connection.socket.bytesRead).toBe(block.length);
  peer.resetAndDestroy();
  await settle();
  const failed = await codeOf(async () => {
    for (;;) {
      await connection.send(bytes('x'), 0, true);
      await settle(1);
    }
  });
  expect(failed).toBe('ECONNRESET');
  expect(Buffer.from(await connection.recv(100_000, 0)).equals(block)).toBe(true);
  expect(await connection.recv(100, 0)).toHaveLength(0);
});

test('close() with bytes that were read for nobody resets', async () => {
  for (const length of [1, 1 << 20]) {
    const [connection, peer] = await pair();
    await begin(connection);
    const failed = new Promise<{ code?: string }>((resolve) => peer.once('error', resolve));
    peer.write(new Uint8Array(length));
    await settle();
    await connection.close(false);
    expect(await failed).toMatchObject({ code: 'ECONNRESET' });
  }
});

test('a TurnBudget is full again in the next turn, and not before', async () => {
  const budget = new TurnBudget(new Loop(), 4);
  for (let turn = 0; turn < 3; turn += 1) {
    for (let i = 0; i < 4; i += 1) expect(budget.take()).toBe(true);
    await Promise.resolve();
    expect(budget.take()).toBe(false);
    await new Promise((resolve) => setImmediate(resolve));
  }
});
