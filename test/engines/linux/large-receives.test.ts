/** Large receives go to memory that becomes the caller's: no later receive writes into it, and little of it is wasted. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { StreamSocket } from '../../../src/index.ts';
import { AF_INET, decode, SHUT_WR, SOCK_STREAM, socket } from '../../../src/index.ts';
import { noLinuxEngine } from './requirements.ts';

async function withPair(use: (client: StreamSocket, server: StreamSocket) => Promise<void>): Promise<void> {
  await using welcome = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
  await welcome.bind({ host: '127.0.0.1', port: 0 });
  await welcome.listen();
  await using client = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  await using _ = server;
  await use(client, server);
}

/** What `size` bytes a call give of what was sent. */
async function received(sent: Uint8Array, size: number): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  await withPair(async (client, server) => {
    const sending = client.sendall(sent).then(() => client.shutdown(SHUT_WR));
    for (;;) {
      const chunk = await server.recv(size);
      if (chunk.length === 0) break;
      chunks.push(chunk);
    }
    await sending;
  });
  return chunks;
}

describe.skipIf(noLinuxEngine)('large receives', () => {
  it.each([1000, 16_384, 65_536, 300_000, 1 << 20])('of %i bytes each stay as they came', async (size) => {
    const sent = randomBytes(12 << 20);
    const chunks = await received(sent, size);
    // looked at when all of them are there
    expect(Buffer.compare(Buffer.concat(chunks), sent)).toBe(0);
    for (const chunk of chunks) {
      expect(chunk.constructor).toBe(Uint8Array);
      expect(chunk.length).toBeLessThanOrEqual(size);
      if (chunk.length >= 16_384) expect(chunk.buffer.byteLength).toBeLessThanOrEqual(4 * chunk.length);
    }
  });

  it('and small ones take turns on a connection', async () => {
    const sizes = Array.from({ length: 400 }, (_, index) => (index % 3 === 0 ? 50_000 : (index * 7) % 900));
    const sent = randomBytes(sizes.reduce((sum, size) => sum + size, 0));
    expect(Buffer.compare(Buffer.concat(await received(sent, 65_536)), sent)).toBe(0);
  });

  it.each([1000, 16_384, 300_000])('into an array of %i bytes bring every byte', async (size) => {
    const sent = randomBytes(12 << 20);
    await withPair(async (client, server) => {
      const sending = client.sendall(sent).then(() => client.shutdown(SHUT_WR));
      const into = new Uint8Array(size);
      const all = Buffer.alloc(sent.length);
      let filled = 0;
      for (let count = await server.recvInto(into); count > 0; count = await server.recvInto(into)) {
        all.set(into.subarray(0, count), filled);
        filled += count;
      }
      await sending;
      expect(filled).toBe(sent.length);
      expect(Buffer.compare(all, sent)).toBe(0);
    });
  });

  it('into memory that is transferred while the call waits fail with EFAULT, and the bytes stay', async () => {
    await withPair(async (client, server) => {
      const into = new Uint8Array(20_000);
      const receiving = server.recvInto(into);
      structuredClone(into.buffer, { transfer: [into.buffer] });
      await client.sendall('kept');
      await expect(receiving).rejects.toMatchObject({ code: 'EFAULT', syscall: 'recv' });
      expect(decode(await server.recv())).toBe('kept');
    });
  });

  it('go into memory that threads share', async () => {
    await withPair(async (client, server) => {
      const into = new Uint8Array(new SharedArrayBuffer(20_000));
      const receiving = server.recvInto(into);
      await client.sendall('shared');
      expect(await receiving).toBe(6);
      expect(decode(into.slice(0, 6))).toBe('shared');
    });
  });
});
