/** A service that was written for `portico/server`, unchanged on a simulated host. */
import { describe, expect, test } from 'vitest';
import { lines, sendLine } from '../../src/framing/index.ts';
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM } from '../../src/index.ts';
import type { Handlers } from '../../src/server/index.ts';
import { simnet } from '../../src/sim/index.ts';

const service: Handlers = {
  udp: (message) => decode(message).toUpperCase(),
  async tcp(connection, _client, { limits }) {
    for await (const line of lines(connection, { completeMs: limits.lineMs }))
      await sendLine(connection, line.toUpperCase());
  },
};

function network(seed = 1) {
  const sim = simnet({ seed });
  const server = sim.host('server', { ip: '10.0.0.2' });
  const client = sim.host('client', { ip: '10.0.0.1' });
  const wire = sim.link(client, server, { delayMs: 25 });
  return { sim, server, client, wire };
}

describe('serve() on a simulated host', () => {
  test('answers over both transports, and over loss', async () => {
    const { sim, server, client, wire } = network();
    const ended = server.run('service', async ({ serve, signal }) => {
      const running = await serve(service, { port: 12_000 });
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await running.drain();
      return running.stats();
    });
    wire.toward(server).drop({ tcp: { hasData: true }, nth: 1 });
    const asked = client.run('client', async ({ socket }) => {
      const udp = socket(AF_INET, SOCK_DGRAM);
      await udp.sendto('hello', { host: 'server', port: 12_000 });
      const [message] = await udp.recvfrom();
      const tcp = socket(AF_INET, SOCK_STREAM);
      await tcp.connect({ host: 'server', port: 12_000 });
      await tcp.sendall('one\ntwo\n');
      const answers: string[] = [];
      for await (const line of lines(tcp)) {
        answers.push(line);
        if (answers.length === 2) break;
      }
      await Promise.all([udp.close(), tcp.close()]);
      return [decode(message), ...answers];
    });
    await sim.run({ until: asked });
    server.stop();
    await sim.run({ until: ended });
    expect(await asked).toEqual(['HELLO', 'ONE', 'TWO']);
    expect(await ended).toMatchObject({ datagrams: 1, answers: 1, connections: 1, closed: 1, failures: 0 });
  });

  test('meets its deadlines in virtual time', async () => {
    const { sim, server, client } = network();
    void server.run(
      'service',
      async ({ serve }) => void (await serve(service, { port: 12_000, firstByteMs: 5000 })),
    );
    const ended = client.run('client', async ({ socket, now }) => {
      const silent = socket(AF_INET, SOCK_STREAM);
      await silent.connect({ host: 'server', port: 12_000 });
      const began = now();
      const code = await silent.recv().catch((error: { code: string }) => error.code);
      return [code, now() - began] as const;
    });
    await sim.run({ until: ended });
    const [code, tookMs] = await ended;
    expect(code).toBe('ECONNRESET');
    expect(tookMs).toBeGreaterThan(5000);
    expect(tookMs).toBeLessThan(6000);
  });

  test('has limits for one client', async () => {
    const { sim, server, client } = network();
    const options = { port: 12_000, connectionsPerClientMax: 2, repliesPerSourcePerSecond: 3 };
    const ended = server.run('service', async ({ serve, signal }) => {
      const running = await serve(service, options);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await running.close();
      return running.stats();
    });
    const asked = client.run('client', async ({ socket, sleep }) => {
      const address = { host: 'server', port: 12_000 };
      const udp = socket(AF_INET, SOCK_DGRAM);
      for (let i = 0; i < 5; i++) await udp.sendto(`message ${i}`, address);
      const ends: string[] = [];
      for (let i = 0; i < 3; i++) {
        const tcp = socket(AF_INET, SOCK_STREAM);
        await tcp.connect(address);
        tcp.recv().catch(({ code }: { code: string }) => ends.push(`${i} ${code}`));
      }
      await sleep(500);
      return ends;
    });
    await sim.run({ until: asked });
    expect(await asked).toEqual(['2 ECONNRESET']);
    server.stop();
    await sim.run({ until: ended });
    expect(await ended).toMatchObject({ answers: 3, limited: 2, connections: 3, crowdedConnections: 1 });
  });

  test('cuts a line that drips', async () => {
    const { sim, server, client } = network();
    void server.run('service', async ({ serve }) => void (await serve(service, { port: 12_000 })));
    const ended = client.run('client', async ({ socket, sleep, now }) => {
      const slow = socket(AF_INET, SOCK_STREAM);
      await slow.connect({ host: 'server', port: 12_000 });
      const began = now();
      try {
        for (;;) {
          await slow.sendall('x');
          await sleep(1000);
        }
      } catch {
        return now() - began;
      }
    });
    await sim.run({ until: ended });
    expect(await ended).toBeGreaterThan(10_000);
    expect(await ended).toBeLessThan(13_000);
  });
});
