import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jsonLines, needsPeer, portico, run, startServe } from './program.ts';

describe('portico serve', () => {
  test('serves both transports on one port when neither is named', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    expect(jsonLines(server.stdout)).toMatchObject([
      { event: 'listening', service: 'upper', udp: { port: Number(port) }, tcp: { port: Number(port) } },
    ]);
    for (const transport of ['--udp', '--tcp']) {
      const { stdout } = await run(['connect', '127.0.0.1', port, transport], 'straße\n');
      expect(stdout).toBe('STRASSE\n');
    }
  });

  test('serves the transport that is named, and says so', async () => {
    await using server = portico(['serve', 'echo', '--udp', '--port', '0']);
    const [line] = await server.printed(/Ctrl-C ends/);
    expect(line).toBeDefined();
    expect(server.stdout).toMatch(/^echo over UDP at 127\.0\.0\.1:\d+/);
    expect(server.stdout).not.toMatch(/TCP/);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('closes everything on %s and exits 0', async (signal) => {
    const { server, port } = await startServe();
    await using _ = server;
    await using client = portico(['connect', '127.0.0.1', port]);
    client.write('hello\n');
    await client.printed(/HELLO/);
    const { code, stdout } = await server.signal(signal).ending();
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'closed', connections: 1, open: 0, failures: 0 });
    // its client sees the end, and ends too though its input is open
    expect(await client.ending()).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/The server closed/),
    });
  });

  test('logs a line that is too long, and goes on', async () => {
    const { server, port } = await startServe(['--line-bytes-max', '10']);
    await using _ = server;
    await run(['connect', '127.0.0.1', port], 'this line is too long\n');
    const { stdout } = await run(['connect', '127.0.0.1', port], 'short\n');
    expect(stdout).toBe('SHORT\n');
    expect(jsonLines(server.stdout)).toContainEqual(
      expect.objectContaining({
        event: 'problem',
        transport: 'tcp',
        message: 'A line is longer than 10 bytes',
      }),
    );
  });

  test('answers over IPv6', async (context) => {
    const { ipv6 } = JSON.parse((await run(['doctor', '--json'])).stdout);
    if (!ipv6) context.skip('this host has no IPv6');
    const { server, port } = await startServe(['--host', '::1']);
    await using _ = server;
    for (const transport of ['--udp', '--tcp']) {
      const { stdout, stderr } = await run(['connect', '::1', port, transport], 'hello\n');
      expect(stdout).toBe('HELLO\n');
      expect(stderr).toMatch(/\[::1\]:\d+ -> \[::1\]:\d+/);
    }
  });
});

describe('portico serve says in one line why it can not start:', () => {
  test('a port in use', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    for (const transport of ['--udp', '--tcp']) {
      const { code, stdout, stderr } = await run(['serve', '--port', port, transport]);
      expect(stderr).toMatch(/^portico: bind .*:\d+: EADDRINUSE .*choose another port\n$/);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    }
  });

  test('a reserved port', async (context) => {
    const start = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    const root = process.getuid?.() === 0;
    if (process.platform !== 'linux' || Number(readFileSync(start, 'utf8')) < 2)
      context.skip('this host has no reserved ports');
    const options = root ? { uid: 65_534 } : {};
    // a user without rights must be able to read the program at all
    if (root && spawnSync(process.execPath, ['dist/cli/main.js', '--version'], { uid: 65_534 }).status !== 0)
      context.skip('the user nobody can not read this directory');
    const { code, stderr } = await run(['serve', '--port', '1'], '', options);
    expect(stderr).toMatch(/^portico: bind .*:1: EACCES .*Ports 1 to 1023 are reserved.*\n$/);
    expect(code).toBe(1);
  });

  test('a host that does not resolve', async () => {
    const { code, stderr } = await run(['serve', '--host', 'no-such-host.invalid', '--port', '0']);
    expect(stderr).toMatch(/^portico: getaddrinfo no-such-host\.invalid: EAI_\w+ .*\n$/);
    expect(code).toBe(1);
  });

  test('an address that is not of this host', async () => {
    const { code, stderr } = await run(['serve', '--host', '192.0.2.1']);
    expect(stderr).toMatch(/^portico: bind .*192\.0\.2\.1:12000: EADDRNOTAVAIL .*\n$/);
    expect(code).toBe(1);
  });
});

describe("the notes' one-shot client", () => {
  test('is answered though it sends no line end', async (context) => {
    needsPeer(context, 'python3');
    const { server, port } = await startServe();
    await using _ = server;
    const program = `
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('localhost', ${port}))
s.send('hello, straße'.encode())
print(s.recv(1024).decode())
s.close()`;
    const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
    const python = spawnSync('python3', ['-c', program], { encoding: 'utf8', env });
    expect(python.stdout).toBe('HELLO, STRASSE\n');
  });
});
