/** Framing over connections of every engine: round trips, back-pressure to the sender, early ends, the end. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LengthPrefix } from '../../src/framing/index.ts';
import { ByteReader, frames, lines, records, sendFrame, sendLine } from '../../src/framing/index.ts';
import type { Engine, StreamSocket } from '../../src/index.ts';
import {
  AF_INET,
  decode,
  encode,
  loadEngine,
  SHUT_WR,
  SOCK_STREAM,
  SocketError,
  socket,
} from '../../src/index.ts';
import { candidates, parameters } from '../property/replay.ts';
import { all, pieces } from './fake-connection.ts';

type Tcp = StreamSocket<typeof AF_INET>;

async function pair(engine: Engine): Promise<[client: Tcp, server: Tcp]> {
  const welcome = socket(AF_INET, SOCK_STREAM, { engine });
  await welcome.bind({ host: '127.0.0.1', port: 0 });
  await welcome.listen();
  const client = socket(AF_INET, SOCK_STREAM, { engine });
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  await welcome.close();
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  return [client, server];
}

/** The messages of one stream, and how it is cut by who sends and who reads. */
const stream = fc.record({
  prefix: fc.constantFrom<LengthPrefix>('u16be', 'u16le', 'u32be', 'u32le', 'varint'),
  lengthIncludesPrefix: fc.boolean(),
  frames: fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 }),
  lines: fc.array(
    fc.string({ unit: 'grapheme', maxLength: 100 }).filter((line) => !/[\n\r]/.test(line)),
    { maxLength: 20 },
  ),
  sizes: fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 5 }),
  chunkBytes: fc.integer({ min: 1, max: 5_000 }),
});

const hosts = candidates.map(({ engine, missing }) => [`${engine}${missing}`, engine, missing] as const);

describe.each(hosts)('framing on the engine %s', (_title, name, missing) => {
  const engine = () => loadEngine(name);

  it.skipIf(missing)('a service of lines answers line by line', async () => {
    const [client, server] = await pair(engine());
    const serving = (async () => {
      for await (const line of lines(server)) await sendLine(server, line.toUpperCase());
      server.shutdown(SHUT_WR);
    })();
    await client.sendall('hello\nstraße\r\nno line end');
    client.shutdown(SHUT_WR);
    expect(await all(lines(client))).toEqual(['HELLO', 'STRASSE', 'NO LINE END']);
    await serving;
  });

  it.skipIf(missing)('lines, frames and records arrive as they were sent, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (sent) => {
        const [client, server] = await pair(engine());
        const sending = (async () => {
          for (const line of sent.lines) await sendLine(client, line, { ending: '\r\n' });
          await sendLine(client, '');
          for (const message of sent.frames) await sendFrame(client, message, sent);
          for (const piece of pieces(encode('the rest'), sent.sizes)) await client.sendall(piece);
          client.shutdown(SHUT_WR);
        })();
        const reader = new ByteReader(server, { chunkBytes: sent.chunkBytes });
        for (const line of sent.lines) expect(await reader.readLine({ ending: '\r\n' })).toBe(line);
        expect(await reader.readLine()).toBe('');
        for (const message of sent.frames)
          expect(Buffer.compare((await reader.readFrame(sent)) ?? encode('none'), message)).toBe(0);
        expect((await all(records(reader, 4))).map(decode)).toEqual(['the ', 'rest']);
        await sending;
        await client.close();
        await server.close();
      }),
      parameters(50),
    );
  });

  it.skipIf(missing)('a consumer that is slow stops the sender', async () => {
    const [client, server] = await pair(engine());
    const format = { prefix: 'u32be', messageBytesMax: 2 ** 20 } as const;
    const message = new Uint8Array(100_000).fill(7);
    const count = 400;
    let sent = 0;
    const sending = (async () => {
      for (; sent < count; sent += 1) await sendFrame(client, message, format);
      client.shutdown(SHUT_WR);
    })();
    let received = 0;
    const counted = {
      recv: async (...call: Parameters<Tcp['recv']>) => {
        const chunk = await server.recv(...call);
        received += chunk.length;
        return chunk;
      },
    };
    const messages = frames(counted, format);
    await messages.next();
    // until nothing more goes: the buffers of two sockets are full, and nobody reads
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(sent).toBeLessThan(count);
    expect(received).toBeLessThanOrEqual(4 + message.length + 65_536);
    expect(await all(messages)).toHaveLength(count - 1);
    await sending;
  });

  it.skipIf(missing)('a read that ends early loses nothing', async () => {
    const [client, server] = await pair(engine());
    const reader = new ByteReader(server);
    await client.sendall('hel');
    await expect(reader.readLine({ timeoutMs: 20 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      received: 3,
    });
    const controller = new AbortController();
    const reading = reader.readLine({ signal: controller.signal });
    controller.abort(new Error('not now'));
    await expect(reading).rejects.toThrow('not now');
    await client.sendall('lo\n');
    expect(await reader.readLine()).toBe('hello');
  });

  it.skipIf(missing)(
    'after a line that is too long the connection can still answer and be closed',
    async () => {
      const [client, server] = await pair(engine());
      const serving = (async () => {
        try {
          await all(lines(server, { lineBytesMax: 10 }));
        } catch (error) {
          await sendLine(server, (error as Error).message);
          server.shutdown(SHUT_WR);
        }
      })();
      await client.sendall('12345678901');
      await client.sendall('\n');
      expect(await all(lines(client))).toEqual(['A line is longer than 10 bytes']);
      await serving;
    },
  );

  it.skipIf(missing)('a timeout of the socket itself ends a read as it ends recv()', async () => {
    const [, server] = await pair(engine());
    server.settimeout(10);
    await expect(new ByteReader(server).readLine()).rejects.toBeInstanceOf(SocketError);
  });

  it.skipIf(missing)('closing the socket ends a loop quietly, and a read with ECANCELED', async () => {
    const [client, server] = await pair(engine());
    const loop = all(lines(server));
    const read = new ByteReader(client).readLine();
    const failed = expect(read).rejects.toMatchObject({ code: 'ECANCELED' });
    await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    await client.close();
    expect(await loop).toEqual([]);
    await failed;
  });

  it.skipIf(missing)('the streams of a connection carry the same messages', async () => {
    const [client, server] = await pair(engine());
    const sending = (async () => {
      for (const text of ['one', '', 'three']) await sendFrame(client.writable, text, { prefix: 'u8' });
      await client.writable.close();
    })();
    expect((await all(frames(server.readable, { prefix: 'u8' }))).map(decode)).toEqual(['one', '', 'three']);
    await sending;
  });
});
