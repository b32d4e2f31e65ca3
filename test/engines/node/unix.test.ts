/** Unix streams of the engine node. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AF_UNIX, SHUT_WR, SOCK_SEQPACKET } from '../../../src/posix/constants.ts';
import { bytes, closing, codeOf, engine, errorOf, tcp, text, welcome } from './harness.ts';

function freePath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, 'socket');
}

describe.skipIf(process.platform === 'win32')('Unix streams', () => {
  test('carry bytes; the welcome socket has the name, the client has none', async () => {
    const path = freePath();
    const server = await welcome({ path }, AF_UNIX);
    const client = tcp(AF_UNIX);
    await client.connect({ path });
    const { socket, address } = await server.accept();
    closing(socket);
    expect([address, client.getsockname(), client.getpeername(), socket.getsockname()]).toEqual([
      { path: '' },
      { path: '' },
      { path },
      { path },
    ]);
    await client.send(bytes('hello'), 0, true);
    client.shutdown(SHUT_WR);
    expect(text(await socket.recv(10, 0))).toBe('hello');
    expect(await socket.recv(10, 0)).toHaveLength(0);
  });

  test('take the path away when the welcome socket is closed, other than Linux', async () => {
    const path = freePath();
    const server = await welcome({ path }, AF_UNIX);
    expect(existsSync(path)).toBe(true);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('close() with unread bytes, or of a welcome socket with a queue, does not fail', async () => {
    const path = freePath();
    const server = await welcome({ path }, AF_UNIX);
    const [first, second] = [tcp(AF_UNIX), tcp(AF_UNIX)];
    await first.connect({ path });
    const { socket } = await server.accept();
    await first.send(bytes('unread'), 0, true);
    await socket.recv(1, 0);
    await socket.close();
    await second.connect({ path });
    await server.close();
  });

  test.runIf(process.platform === 'linux' && Number.parseInt(process.versions.node, 10) >= 22)(
    'have abstract names',
    async () => {
      const path = `\0portico-${process.pid}`;
      const server = await welcome({ path }, AF_UNIX);
      const client = tcp(AF_UNIX);
      await client.connect({ path });
      expect(client.getpeername()).toEqual({ path });
      closing((await server.accept()).socket);
    },
  );

  test('fail with the codes of unix(7)', async () => {
    const path = freePath();
    await welcome({ path }, AF_UNIX);
    const bound = tcp(AF_UNIX);
    await bound.bind({ path: `${path}-bound` });
    const codes: [string, () => unknown][] = [
      ['ENOENT', () => tcp(AF_UNIX).connect({ path: `${path}-none` })],
      ['ENOENT', () => tcp(AF_UNIX).bind({ path: '/nowhere/at/all' })],
      ['EADDRINUSE', () => tcp(AF_UNIX).bind({ path })],
      ['EINVAL', () => tcp(AF_UNIX).listen(1)],
      ['EINVAL', () => tcp(AF_UNIX).recv(1, 0)],
      ['ENOTCONN', () => tcp(AF_UNIX).send(bytes('x'), 0, false)],
      ['ENOTCONN', () => tcp(AF_UNIX).getpeername()],
      ['EOPNOTSUPP', () => tcp(AF_UNIX).bind({ path: '' })],
      ['EOPNOTSUPP', () => bound.connect({ path })],
    ];
    for (const [code, call] of codes) expect(await codeOf(call)).toBe(code);
    expect(await errorOf(() => engine.openStream(AF_UNIX, SOCK_SEQPACKET))).toMatchObject({
      code: 'EPROTONOSUPPORT',
      syscall: 'socket',
    });
  });
});
