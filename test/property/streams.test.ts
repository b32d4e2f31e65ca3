/**
 * Every byte of a connection arrives, in order and once, however it is cut by those who send and those who receive.
 * reliability.md rows T14 to T17.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StreamSocket, WelcomeSocket } from '../../src/index.ts';
import { AF_INET, SHUT_WR, SO_LINGER, SOCK_STREAM, SOL_SOCKET, socket } from '../../src/index.ts';
import type { Candidate } from './replay.ts';
import { candidates, parameters, pattern } from './replay.ts';

type Tcp = StreamSocket<typeof AF_INET>;

/** One message, and how it is sent. */
const message = fc.record({
  length: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 200 }) },
    fc.integer({ min: 0, max: 40_000 }),
  ),
  how: fc.constantFrom('send', 'sendall', 'sendmsg', 'together'),
});
type Message = typeof message extends fc.Arbitrary<infer T> ? T : never;

/** What one connection carries, and in which pieces it is read. */
const connection = fc.record({
  messages: fc.array(message, { minLength: 100, maxLength: 100, size: 'max' }),
  sizes: fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 }),
});
type Connection = typeof connection extends fc.Arbitrary<infer T> ? T : never;

const WAYS: Readonly<Record<Message['how'], (client: Tcp, bytes: Uint8Array) => Promise<unknown>>> = {
  send: async (client, bytes) => {
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(await client.send(rest));
  },
  sendall: (client, bytes) => client.sendall(bytes),
  sendmsg: (client, bytes) => client.sendmsg({ data: cut(bytes) }),
  together: (client, bytes) => Promise.all(cut(bytes).map((part) => client.sendall(part))),
};

/** Three parts, the middle one possibly empty. */
function cut(bytes: Uint8Array): Uint8Array[] {
  const [a, b] = [bytes.length >> 2, bytes.length >> 1];
  return [bytes.subarray(0, a), bytes.subarray(a, b), bytes.subarray(b)];
}

/** Sends back what comes, to the end of the stream. */
async function echo(server: Tcp): Promise<void> {
  for await (const chunk of server) await server.sendall(chunk);
  server.shutdown(SHUT_WR);
  await server.close();
}

async function serveEchoes(welcome: WelcomeSocket<typeof AF_INET>): Promise<void> {
  const serving: Promise<void>[] = [];
  for await (const [server] of welcome) serving.push(echo(server));
  await Promise.all(serving);
}

async function readAll(client: Tcp, sizes: readonly number[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let index = 0; ; index += 1) {
    const chunk = await client.recv(sizes[index % sizes.length] ?? 1, { timeoutMs: 20_000 });
    if (chunk.length === 0) return Buffer.concat(chunks);
    chunks.push(chunk);
  }
}

/** One connection through its whole life: its messages out, the same bytes back. */
async function converse(candidate: Candidate, port: number, { messages, sizes }: Connection): Promise<void> {
  const client = socket(AF_INET, SOCK_STREAM, { engine: candidate.engine });
  await client.connect({ host: '127.0.0.1', port });
  const sent = messages.map(({ length }, index) => pattern(port + index, length));
  const reading = readAll(client, sizes);
  for (const [index, { how }] of messages.entries()) await WAYS[how](client, sent[index] as Uint8Array);
  client.shutdown(SHUT_WR);
  const received = await reading;
  // all is read: a reset leaves no port in TIME_WAIT
  client.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
  await client.close();
  const expected = Buffer.concat(sent);
  if (!received.equals(expected))
    throw new Error(`${expected.length} bytes were sent, ${received.length} others came`);
}

describe.each(candidates)('streams on the engine $engine$missing', (candidate) => {
  const { engine, missing } = candidate;

  it.skipIf(missing)('1,000 connections of 100 random messages bring every byte back in order', async () => {
    const welcome = socket(AF_INET, SOCK_STREAM, { engine });
    await welcome.bind({ host: '127.0.0.1', port: 0 });
    const serving = serveEchoes(await welcome.listen());
    const { port } = welcome.getsockname();
    const runs = engine === 'linux' ? 50 : 5;
    let connections = 0;
    await fc.assert(
      // 20 at once
      fc.asyncProperty(fc.array(connection, { minLength: 20, maxLength: 20, size: 'max' }), async (all) => {
        await Promise.all(all.map((one) => converse(candidate, port, one)));
        connections += all.length;
      }),
      parameters(runs),
    );
    expect(connections).toBeGreaterThanOrEqual(runs * 20);
    await welcome.close();
    await serving;
  });
});
