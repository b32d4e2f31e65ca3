import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AF_INET, SOCK_DGRAM, socket } from '../../src/index.ts';
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

describe('portico serve MODULE', () => {
  const MODULE = 'test/fixtures/server/handlers.mjs';

  test('serves a module, on as many threads as it is told, and TypeScript too', async () => {
    await using server = portico(['serve', MODULE, '--port', '0', '--threads', '2', '--json']);
    const [, port = ''] = await server.printed(/"listening".*?"port":(\d+)/);
    // where threads can't share a port a problem comes first, and one thread serves
    expect(jsonLines(server.stdout).at(-1)).toMatchObject({ event: 'listening', service: MODULE });
    const { stdout } = await run(['connect', '127.0.0.1', port], 'hello\n');
    expect(stdout).toMatch(/^[01] 1 hello\n$/);
    await using typed = portico(['serve', 'test/fixtures/server/typed.ts', '--port', '0', '--json']);
    const [, udp = ''] = await typed.printed(/"listening".*?"port":(\d+)/);
    expect((await run(['connect', '127.0.0.1', udp, '--udp'], 'hello\n')).stdout).toMatch(/^HELLO/);
  });

  test.each([
    [['no-such-file.mjs'], 2, /There is no file 'no-such-file\.mjs'/],
    [['test/fixtures/server/typed-part.ts'], 1, /exports neither udp nor tcp/],
    [['upper', '--threads', '0'], 2, /Threads are 'all' or a whole number/],
    [['upper', '--refused-ports', '7', '70000'], 2, /A port is a whole number/],
    [['upper', '--deny', 'example.org'], 2, /'example\.org' is no network/],
    [['test/fixtures/server/typed.ts', '--tcp'], 1, /There is no handler for tcp/],
  ] as const)('refuses %j', async (args, code, message) => {
    const ended = await run(['serve', '--port', '0', ...args]);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/^ +at /m);
  });

  test('says where a module is no TypeScript', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-module-'));
    try {
      const path = join(directory, 'wrong.ts');
      writeFileSync(path, 'export const udp = (\n');
      const { code, stdout, stderr } = await run(['serve', '--port', '0', path]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^portico: .*wrong\.ts.*[Ee]xpect|^portico: .*wrong\.ts.*[Uu]nexpected/);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  test('drains on SIGTERM: what is under way is finished, and it exits 0', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    await using client = portico(['connect', '127.0.0.1', port]);
    client.write('one\ntwo\n');
    await client.printed(/TWO/);
    server.signal('SIGTERM');
    expect(await server.ending()).toMatchObject({ code: 0 });
    expect(jsonLines(server.stdout).at(-1)).toMatchObject({ event: 'closed', cutDrain: 0, failures: 0 });
  });

  test.each([{ options: [] }, { options: ['--engine', 'node', '--threads', '1'] }])(
    'says what it waits for when a module does not come to its end, and ends when it is told: $options',
    async ({ options }) => {
      await using server = portico([
        'serve',
        'test/fixtures/server/never-loads.mjs',
        '--port',
        '0',
        ...options,
      ]);
      await server.printed(/never-loads\.mjs is still loading/, 'stderr');
      expect(await server.signal('SIGTERM').ending()).toMatchObject({ code: 0, stdout: '' });
    },
  );

  test('lets those of this host take their time until they are told otherwise', async () => {
    for (const [options, firstByteMs] of [
      [[], 0],
      [['--host', 'localhost'], 0],
      [['--first-byte-ms', '5000'], 5000],
      [['--host', '0.0.0.0'], 10_000],
    ] as const) {
      const module = 'test/fixtures/server/tells-limits.mjs';
      await using server = portico(['serve', module, '--port', '0', '--json', ...options]);
      const [, port = ''] = await server.printed(/"udp":.*?"port":(\d+)/);
      const { stdout } = await run(['connect', '127.0.0.1', port, '--udp'], 'firstByteMs\n');
      expect(stdout).toBe(`${firstByteMs}\n`);
    }
  });

  test('a second signal resets at once', async () => {
    const hanging = 'test/fixtures/server/hanging.mjs';
    await using server = portico(['serve', hanging, '--port', '0', '--json', '--drain-ms', '600000']);
    const [, port = ''] = await server.printed(/"listening".*?"port":(\d+)/);
    await using client = portico(['connect', '127.0.0.1', port]);
    client.write('hello\n');
    await client.printed(/never/);
    server.signal('SIGINT');
    await client.printed(/draining/);
    server.signal('SIGINT');
    expect(await server.ending()).toMatchObject({ code: 130 });
    expect(jsonLines(server.stdout).at(-1)).toMatchObject({ event: 'closed', cutDrain: 1 });
  });
});

describe('an operator', () => {
  test('has metrics, probes and portico top', async () => {
    await using server = portico(['serve', '--port', '0', '--metrics-port', '0', '--json']);
    const [, metrics = '', port = ''] = await server.printed(/"metrics":.*?"port":(\d+).*?"port":(\d+)/);
    expect((await run(['connect', '127.0.0.1', port, '--udp'], 'hello\n')).stdout).toBe('HELLO\n');
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${metrics}${path}`);
      return { status: response.status, text: await response.text() };
    };
    expect((await get('/metrics')).text).toMatch(/^portico_datagrams_answered_total 1$/m);
    expect((await get('/metrics')).text, "the process's own").toMatch(/^process_cpu_seconds_total /m);
    expect(await get('/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await get('/readyz')).toEqual({ status: 200, text: 'ok\n' });
    expect((await get('/')).status).toBe(404);
    const { stdout } = await run(['top', metrics, '--once']);
    expect(stdout).toMatch(/^portico: serving, up 00:00:\d\d/);
    expect(stdout).toMatch(/^Thread +state +open/m);
    const json = await run(['top', metrics, '--once', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ state: 'serving', datagrams: 1, answers: 1 });
  });

  test('has the page of the lab when asked for, and not without', async () => {
    await using plain = portico(['serve', '--port', '0', '--json']);
    expect(JSON.parse((await plain.printed(/^.*"listening".*$/m))[0])).not.toHaveProperty('lab');
    await using server = portico(['serve', '--port', '0', '--lab', '0']);
    const [, url = ''] = await server.printed(/^Live at (http:\/\/127\.0\.0\.1:\d+\/lab\/\?view=live)$/m);
    const response = await fetch(new URL('events', url));
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^data: {"engine":/);
    server.signal('SIGTERM');
    let text = '';
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read())
      text += new TextDecoder().decode(part.value);
    expect(text).toMatch(/event: end\n/);
    expect(await server.ending()).toMatchObject({ code: 0 });
  });

  test('is told of a second port that is taken, and the program ends', async () => {
    await using server = portico(['serve', '--port', '0', '--metrics-port', '0', '--json']);
    const [, taken = ''] = await server.printed(/"metrics":.*?"port":(\d+)/);
    const args = ['serve', '--port', '0', '--metrics-port', '0', '--lab', taken];
    expect(await run(args)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^portico: The lab has no port: .*EADDRINUSE.*\n$/),
    });
  });

  test.each([[[]], [['--json']], [['--log-level', 'warn']]])(
    'has one harmless line for each problem, whatever a client sends: %j',
    async (options) => {
      const talkative = 'test/fixtures/server/talkative.mjs';
      await using server = portico(['serve', talkative, '--port', '0', ...options]);
      const [, port = ''] = await server
        .printed(/UDP at [\d.]+:(\d+)|"udp":.*?"port":(\d+)/)
        .then(([text]) => /:(\d+)$/.exec(text) ?? ['', '']);
      await using client = socket(AF_INET, SOCK_DGRAM);
      const evil =
        'x\n    at evil (file:///evil:1:1)\nportico: a line of mine \x1b[2J\x7f\x9b2J\u2028\u202e\r';
      await client.sendto(evil, { host: '127.0.0.1', port: Number(port) });
      const stream = options[0] === '--json' ? 'stdout' : 'stderr';
      await server.printed(/a line of mine .*\n/, stream);
      const lines = server[stream].split('\n').filter((line) => line.includes('a line of mine'));
      expect(lines).toEqual([expect.stringMatching(/told: x\\n/)]);
      expect(lines[0], 'where it was told').toMatch(/talkative\.mjs:3:9\b/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them is there
      expect(lines[0]).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u202e]/);
    },
  );

  test('chooses the source ports that get no answer', async () => {
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.bind({ host: '127.0.0.1', port: 0 });
    const refused = String(client.getsockname().port);
    await using server = portico(['serve', 'echo', '--port', '0', '--refused-ports', '7', refused, '--json']);
    const [, port = ''] = await server.printed(/"udp":.*?"port":(\d+)/);
    await client.sendto('hello', { host: '127.0.0.1', port: Number(port) });
    // what is answered after it says that it was there
    expect((await run(['connect', '127.0.0.1', port, '--udp'], 'hello\n')).stdout).toBe('hello\n');
    const { stdout } = await server.signal('SIGTERM').ending();
    expect(jsonLines(stdout).at(-1)).toMatchObject({ event: 'closed', loops: 1, answers: 1 });
  });

  test('is told where the module belongs', async () => {
    const { code, stderr } = await run(['serve', '--lab', 'upper']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('before the option') });
  });

  test('is told by portico top that there is no server', async () => {
    const { code, stderr } = await run(['top', '2', '--once']); // a port that nobody has
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^portico: No server answers at .*ECONNREFUSED.*--metrics-port\n$/),
    });
    expect(await run(['top', 'nowhere'])).toMatchObject({ code: 2 });
  });

  test('has a log of a line for each event, whatever a client sends', async () => {
    await using server = portico([
      'serve',
      '--port',
      '0',
      '--line-bytes-max',
      '3',
      '--json',
      '--log-level',
      'debug',
    ]);
    const [, port = ''] = await server.printed(/"listening".*?"port":(\d+)/);
    await run(['connect', '127.0.0.1', port], 'a\x1b[2J\n"\r\n');
    await server.printed(/connection close/, 'stderr');
    await server.printed(/longer than 3 bytes/, 'stderr');
    const events = jsonLines(server.stderr) as { level: number; msg: string; client?: object }[];
    expect(events.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['listening', 'connection open', 'A line is longer than 3 bytes']),
    );
    expect(server.stderr).not.toContain('\x1b');
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
