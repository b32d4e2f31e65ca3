/** Clients that mean harm, or do it: reliability.md section 2 rows 7, 14 and 20. */
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InetAddress, StreamSocket } from '../../src/index.ts';
import { AF_INET, decode, encode, SO_LINGER, SOCK_STREAM, SOL_SOCKET, socket } from '../../src/index.ts';
import type { ServeOptions, Server } from '../../src/server/index.ts';
import { LIMITS, SERVICES, serve } from '../../src/server/index.ts';
import { upper } from '../../src/server/upper.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

async function start(options: ServeOptions = {}): Promise<[Server, InetAddress]> {
  const server = await serve(SERVICES.upper, { host: '127.0.0.1', ...options });
  onTestFinished(() => server.close());
  return [server, server.addresses.tcp as InetAddress];
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

test('1,000 clients that reset their connection at once leave nothing behind', async () => {
  const [server, tcp] = await start();
  const rude = async () => {
    const client = await dial(tcp);
    client.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
    await client.close();
  };
  const descriptors = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);
  const storm = () => Promise.all(Array.from({ length: 100 }, rude));
  await storm(); // what the engine opens once is open now
  await until(() => server.stats().open === 0);
  const before = descriptors();
  for (let batch = 0; batch < 10; batch++) await storm();
  const client = await dial(tcp);
  await client.sendall('hello\n');
  expect(decode(await client.recv())).toBe('HELLO\n');
  await client.close();
  await until(() => server.stats().open === 0);
  expect(server.stats().closed).toBe(server.stats().connections);
  expect(descriptors()).toBeLessThanOrEqual(before);
});

describe.skipIf(noLinuxEngine)('the queue of the system', () => {
  test('is 4,096 long, and the statistics show who waits in it', async () => {
    expect(LIMITS.backlog.default).toBeGreaterThanOrEqual(4096);
    const [server, tcp] = await start({ connectionsMax: 1 });
    const first = await dial(tcp);
    await until(() => server.stats().full);
    const waiting = await Promise.all(Array.from({ length: 5 }, () => dial(tcp)));
    await until(() => server.stats().tcpWaiting === 5);
    await first.close();
    for (const client of waiting) {
      await client.sendall('hello\n');
      expect(decode(await client.recv())).toBe('HELLO\n');
      await client.close();
    }
    expect(server.stats()).toMatchObject({ connections: 6, tcpDropped: 0 });
  });
});

test('upper sends at most three times what it got', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (character.toUpperCase() === character) continue;
    const bytes = encode(character);
    const length = upper(bytes).length;
    if (length > 3 * bytes.length)
      expect.fail(`U+${code.toString(16)}: ${bytes.length} bytes give ${length}`);
  }
});
