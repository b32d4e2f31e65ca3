/** Large receives go to memory that becomes the caller's: no later receive writes into it, and little of it is wasted. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AF_INET, SHUT_WR, SOCK_STREAM, socket } from '../../../src/index.ts';
import { noLinuxEngine } from './requirements.ts';

/** What `size` bytes a call give of what was sent. */
async function received(sent: Uint8Array, size: number): Promise<Uint8Array[]> {
  await using welcome = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
  await welcome.bind({ host: '127.0.0.1', port: 0 });
  await welcome.listen();
  await using client = socket(AF_INET, SOCK_STREAM, { engine: 'linux' });
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  await using _ = server;
  const sending = client.sendall(sent).then(() => client.shutdown(SHUT_WR));
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await server.recv(size);
    if (chunk.length === 0) break;
    chunks.push(chunk);
  }
  await sending;
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
});
