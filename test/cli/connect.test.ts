import { once } from 'node:events';
import { createServer as createWebServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AF_INET, decode, defaultEngine, SOCK_DGRAM, SOCK_STREAM, socket } from '../../src/index.ts';
import { jsonLines, portico, run, startServe } from './program.ts';

/** A port of the loopback that nobody has now. */
async function freePort(): Promise<string> {
  await using door = socket(AF_INET, SOCK_STREAM);
  await door.bind({ host: '127.0.0.1', port: 0 });
  return String(door.getsockname().port);
}

/** A TCP server made by Node, that does to its first client what the test says. */
async function peer(serve: (client: import('node:net').Socket) => void): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

describe('portico connect --tcp', () => {
  test('sends lines, shows replies on standard output, says who closed', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    const { code, stdout, stderr } = await run(['connect', 'localhost', port], 'hello\nstraße\r\nlast');
    expect(stdout).toBe('HELLO\nSTRASSE\r\nLAST\n');
    expect(stderr).toMatch(
      /^TCP 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+: connected\n.*the server closed the connection\n$/,
    );
    expect(code).toBe(0);
  });

  test('prints JSON lines', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    const { stdout } = await run(['connect', '127.0.0.1', port, '--json'], 'a\nb\n');
    expect(jsonLines(stdout)).toMatchObject([
      { event: 'open', transport: 'tcp', remote: { host: '127.0.0.1', port: Number(port) } },
      { event: 'reply', data: 'A' },
      { event: 'reply', data: 'B' },
      { event: 'closed', by: 'server' },
    ]);
  });

  test('asks a web server, whose lines end with a return and a newline', async () => {
    const server = createWebServer((_request, response) => response.end('a page\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const request = 'GET / HTTP/1.0\r\n\r\n';
    const { code, stdout } = await run(['connect', '127.0.0.1', String(port)], request);
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\na page\n$/);
    expect(code).toBe(0);
  });

  test('passes bytes through that are no text, and much of them', async () => {
    const { server, port } = await startServe(['echo']);
    await using _ = server;
    const text = `\xff\x00\x1b[2J ${'x'.repeat(5000)}\n`.repeat(400);
    const { code, stdout } = await run(['connect', '127.0.0.1', port], Buffer.from(text, 'latin1'));
    expect(stdout).toBe(Buffer.from(text, 'latin1').toString('utf8'));
    expect(code).toBe(0);
  });

  test('shows what a server says first, and ends when it closes', async () => {
    const port = await peer((client) => client.end('220 welcome\r\n'));
    await using client = portico(['connect', '127.0.0.1', port]);
    const { code, stdout, stderr } = await client.ending();
    expect(stdout).toBe('220 welcome\r\n');
    expect(stderr).toMatch(/^The server closed the connection$/m);
    expect(code).toBe(0);
  });

  test('shows what comes after its end, and waits no longer than --timeout', async () => {
    const port = await peer((client) => client.resume().on('end', () => client.write('still here\n')));
    const { code, stdout, stderr } = await run(['connect', '127.0.0.1', port, '--timeout', '1000'], 'bye\n');
    expect(stdout).toBe('still here\n');
    expect(stderr).toMatch(/sent nothing for 1000 ms .* this side closed/);
    expect(code).toBe(0);
  });

  test('says that the server left before it had all, whoever hears of it first', async () => {
    const port = await peer((client) =>
      client.once('data', () => client.end('bye\n', () => client.destroy())),
    );
    const { code, stdout, stderr } = await run(['connect', '127.0.0.1', port], 'a line\n'.repeat(200_000));
    // Node may give up what has arrived when a write fails
    expect(stdout).toMatch(defaultEngine().name === 'linux' ? /^bye\n$/ : /^(bye\n)?$/);
    expect(stderr).toMatch(/^portico: The server closed the connection before it had taken every line$/m);
    expect(code).toBe(1);
  });

  test('says that the connection was reset, and exits 1', async () => {
    const port = await peer((client) => client.once('data', () => client.resetAndDestroy()));
    await using client = portico(['connect', '127.0.0.1', port]);
    const { code, stderr } = await client.write('hello\n').ending();
    expect(stderr).toMatch(/^portico: .*ECONNRESET .*\n$/m);
    expect(code).toBe(1);
  });

  test('says that nobody listens, and exits 1', async () => {
    const { code, stdout, stderr } = await run(['connect', '127.0.0.1', await freePort()], 'hello\n');
    expect(stderr).toMatch(/^portico: connect tcp .*ECONNREFUSED .*start the server first.*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  test('says that a name does not resolve, and exits 1', async () => {
    const { code, stderr } = await run(['connect', 'no-such-host.invalid', '80'], 'hello\n');
    expect(stderr).toMatch(/^portico: getaddrinfo no-such-host\.invalid: EAI_\w+ .*\n$/);
    expect(code).toBe(1);
  });

  test('closes on Ctrl-C and exits 130', async () => {
    const port = await peer((client) => client.resume());
    await using client = portico(['connect', '127.0.0.1', port]);
    await client.printed(/connected/, 'stderr');
    expect(await client.signal('SIGINT').ending()).toMatchObject({ code: 130, stdout: '' });
  });
});

describe('portico connect --udp', () => {
  test('sends a datagram for each line, empty ones too, without line ends', async () => {
    await using server = socket(AF_INET, SOCK_DGRAM);
    await server.bind({ host: '127.0.0.1', port: 0 });
    await using client = portico(['connect', '127.0.0.1', String(server.getsockname().port), '--udp']);
    client.write('one\r\n\nlast').end();
    const got: string[] = [];
    for (let i = 0; i < 3; i++) {
      const [message, address] = await server.recvfrom();
      got.push(decode(message));
      await server.sendto(`reply ${i}`, address);
    }
    expect(got).toEqual(['one', '', 'last']);
    expect(await client.ending()).toMatchObject({ code: 0, stdout: 'reply 0\nreply 1\nreply 2\n' });
  });

  test('says that a datagram or its reply was lost, goes on, and exits 1 at the end', async () => {
    await using server = socket(AF_INET, SOCK_DGRAM);
    await server.bind({ host: '127.0.0.1', port: 0 });
    const port = String(server.getsockname().port);
    await using client = portico(['connect', '127.0.0.1', port, '--udp', '--timeout', '1000']);
    client.write('first\nsecond\n').end();
    await server.recvfrom();
    await client.printed(/No reply within 1000 ms: the datagram or its reply was lost/, 'stderr');
    const [, address] = await server.recvfrom();
    await server.sendto('SECOND', address);
    expect(await client.ending()).toMatchObject({ code: 1, stdout: 'SECOND\n' });
  });

  test('shows a reply that comes too late, and does not take it for the next', async () => {
    await using server = socket(AF_INET, SOCK_DGRAM);
    await server.bind({ host: '127.0.0.1', port: 0 });
    const port = String(server.getsockname().port);
    await using client = portico(['connect', '127.0.0.1', port, '--udp', '--timeout', '1000', '--json']);
    client.write('first\n');
    const [, address] = await server.recvfrom();
    await client.printed(/"lost"/);
    await server.sendto('LATE', address);
    // it leaves at the end of this turn at the latest: design.md, the queue of `sendto`
    await setImmediate();
    client.write('second\n').end();
    await server.recvfrom();
    await server.sendto('SECOND', address);
    const { code, stdout } = await client.ending();
    expect(jsonLines(stdout)).toMatchObject([
      { event: 'open', transport: 'udp' },
      { event: 'lost' },
      { event: 'late', data: 'LATE' },
      { event: 'reply', data: 'SECOND' },
    ]);
    expect(code).toBe(1);
  });

  test('says that nobody has the port, and exits 1', async () => {
    const { code, stderr } = await run(['connect', '127.0.0.1', await freePort(), '--udp'], 'hello\n');
    expect(stderr).toMatch(/^portico: .*ECONNREFUSED .*start the server first.*\n$/m);
    expect(code).toBe(1);
  });

  test('says that a line does not fit into a datagram, and exits 1', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    const { code, stderr } = await run(['connect', '127.0.0.1', port, '--udp'], 'x'.repeat(65_508));
    expect(stderr).toMatch(/^portico: .*EMSGSIZE .*65,507 bytes.*\n$/m);
    expect(code).toBe(1);
  });
});
