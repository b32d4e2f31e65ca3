/**
 * Receives and sends that share a system call (io_uring): the same bytes with a ring, without one, and with one that
 * fails now and then. reliability.md section 2 rows 6, 23 and 25.
 */
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { loadLibc } from '../../../src/engines/linux/ffi.ts';
import type { StreamSocket, WelcomeSocket } from '../../../src/index.ts';
import { AF_INET, SHUT_WR, SO_LINGER, SOCK_STREAM, SOL_SOCKET, socket } from '../../../src/index.ts';
import { engineOn, Faults } from './faulty-engine.ts';
import { noLinuxEngine } from './requirements.ts';

const CLIENTS = 40;
const ROUNDS = 25;
const open: { close(): Promise<void> }[] = [];

async function echoServer(faults: Faults): Promise<{ welcome: WelcomeSocket; errors: string[] }> {
  const welcome = await (async () => {
    const one = socket(AF_INET, SOCK_STREAM, { engine: engineOn(faults.libc) });
    await one.bind({ host: '127.0.0.1', port: 0 });
    return one.listen();
  })();
  open.push(welcome);
  const errors: string[] = [];
  const serve = async (connection: StreamSocket) => {
    await using _ = connection;
    try {
      for await (const chunk of connection) await connection.sendall(chunk);
    } catch (error) {
      errors.push((error as { code: string }).code);
    }
  };
  void (async () => {
    for await (const [connection] of welcome) void serve(connection);
  })();
  return { welcome, errors };
}

/** All clients send at once and wait for all of their bytes, so that many sockets of the server are ready together. */
async function converse(welcome: WelcomeSocket, size: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
      open.push(client);
      await client.connect(welcome.getsockname() as { host: string; port: number });
      return client;
    }),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all(
      clients.map(async (client) => {
        const bytes = randomBytes(1 + Math.floor(Math.random() * size));
        const sending = client.sendall(bytes);
        const parts: Uint8Array[] = [];
        for (let missing = bytes.length; missing > 0; ) {
          const part = await client.recv(missing, { timeoutMs: 10_000 });
          if (part.length === 0) throw new Error('the connection ended');
          parts.push(part);
          missing -= part.length;
        }
        await sending;
        expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
      }),
    );
  }
}

describe.skipIf(noLinuxEngine)('receives and sends of many sockets at once', () => {
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it.for([100, 100_000])('share system calls and lose no byte of up to %i', async (size, context) => {
    const faults = new Faults();
    const { welcome, errors } = await echoServer(faults);
    await converse(welcome, size);
    expect(errors).toEqual([]);
    context.skip(!faults.calls.has('io_uring_enter'), 'this kernel lets us use no io_uring');
    expect(faults.calls.get('io_uring_enter')).toBeGreaterThan(ROUNDS);
    // alone, each message would need a send of its own
    if (size === 100) expect(faults.calls.get('send') ?? 0).toBeLessThan((CLIENTS * ROUNDS) / 2);
  });

  it.for(['EPERM', 'ENOSYS', 'EINVAL', 'ENOMEM'] as const)(
    'are made one by one where io_uring_setup gives %s',
    async (code) => {
      const faults = new Faults();
      faults.fail('io_uring_setup', code);
      const { welcome, errors } = await echoServer(faults);
      await converse(welcome, 1000);
      expect(errors).toEqual([]);
      expect(faults.calls.get('io_uring_setup')).toBe(1);
      expect(faults.calls.get('io_uring_enter') ?? 0).toBe(0);
    },
  );

  it('are made one by one where the ring can’t be mapped', async () => {
    expect(() => loadLibc().map(-1, 4096, 0)).toThrow('mmap failed with errno');
    const faults = new Faults();
    faults.libc.map = (_fd, length, offset) => loadLibc().map(-1, length, offset);
    const { welcome, errors } = await echoServer(faults);
    await converse(welcome, 1000);
    expect(errors).toEqual([]);
    expect(faults.calls.get('io_uring_enter') ?? 0).toBe(0);
  });

  it.for(['EINTR', 'EAGAIN', 'EBUSY', 'ENOMEM'] as const)(
    'lose no byte where io_uring_enter gives %s now and then',
    async (code) => {
      const faults = new Faults();
      faults.fail('io_uring_enter', code, (call) => call % 3 === 0);
      const { welcome, errors } = await echoServer(faults);
      await converse(welcome, 1000);
      expect(errors).toEqual([]);
    },
  );

  it('of which some end, and some are reset, leave the others alone', async () => {
    const { welcome, errors } = await echoServer(new Faults());
    const address = welcome.getsockname() as { host: string; port: number };
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
        open.push(client);
        await client.connect(address);
        return client;
      }),
    );
    const answers = await Promise.all(
      clients.map(async (client, index) => {
        await client.sendall(`message ${index}`);
        if (index % 4 === 0) client.shutdown(SHUT_WR);
        if (index % 4 === 1) {
          client.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
          await client.close();
          return '';
        }
        return Buffer.from(await client.recv(100, { timeoutMs: 10_000 })).toString();
      }),
    );
    expect(answers).toEqual(clients.map((_, index) => (index % 4 === 1 ? '' : `message ${index}`)));
    for (const code of errors) expect(['ECONNRESET', 'EPIPE']).toContain(code);
  });
});
