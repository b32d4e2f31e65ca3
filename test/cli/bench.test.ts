import { describe, expect, test } from 'vitest';
import { jsonLines, portico, run, startServe } from './program.ts';

describe('portico bench', () => {
  test.each([
    { transport: 'tcp', engine: [] },
    { transport: 'udp', engine: [] },
    { transport: 'tcp', engine: ['--engine', 'node'] },
    { transport: 'udp', engine: ['--engine', 'node'] },
  ])('measures a server over $transport $engine', async ({ transport, engine }) => {
    const { server, port } = await startServe();
    await using _ = server;
    const words = ['bench', 'localhost', port, `--${transport}`, '--count', '500', ...engine];
    const { code, stdout } = await run([...words, '--json']);
    const [{ spec, report } = {}] = jsonLines(stdout) as { spec?: object; report?: { messages: number } }[];
    expect(spec).toMatchObject({ transport, connections: 16, window: 1, bytes: 64, warmUpMs: 0 });
    expect(report).toMatchObject({ wrong: 0, errors: 0, latencyUs: expect.objectContaining({}) });
    expect(report?.messages).toBeGreaterThanOrEqual(500);
    expect(code).toBe(0);
  });

  test('says what it found, and how it goes each second', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    const { code, stdout, stderr } = await run([
      'bench',
      '127.0.0.1',
      port,
      '--rate',
      '300',
      '--duration',
      '1',
    ]);
    expect(stdout).toMatch(/^TCP 127\.0\.0\.1:\d+: 16 clients, 300 messages a second planned, 64 bytes\n/);
    expect(stdout).toMatch(/^ {2}answers +\d+ answers in 1\.\d\d s, \d+ a second$/m);
    expect(stdout).toMatch(/^ {2}trouble +none$/m);
    expect(stdout).toMatch(/^ {2}latency +p50 .* p99\.9 .* longest /m);
    expect(stderr).toMatch(/^\d+ answers$/m);
    expect(code).toBe(0);
  });

  test('wrong answers exit 1', async () => {
    const { server, port } = await startServe(['echo']);
    await using _ = server;
    const wrong = await run(['bench', '127.0.0.1', port, '--duration', '1']);
    expect(wrong.stdout).toMatch(/^ {2}trouble +[\d,]+ wrong$/m);
    expect(wrong.stderr).toMatch(/^portico: Not every answer is .* upper case; is --answer echo meant\?$/m);
    expect(wrong.code).toBe(1);
    const right = await run(['bench', '127.0.0.1', port, '--count', '100', '--answer', 'echo']);
    expect(right.code).toBe(0);
  });

  test('nobody listens exits 1', async () => {
    const { server, port } = await startServe();
    await server[Symbol.asyncDispose]();
    const { code, stdout, stderr } = await run(['bench', '127.0.0.1', port]);
    expect(stderr).toMatch(/^portico: connect tcp -> 127\.0\.0\.1:\d+: ECONNREFUSED .*\n$/);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const udp = await run(['bench', '127.0.0.1', port, '--udp', '--duration', '1']);
    expect(udp.stdout).toMatch(/0 answers/);
    expect(udp.stderr).toMatch(/^portico: Nobody listens at UDP 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/m);
    expect(udp.code).toBe(1);
  });

  test('Ctrl-C ends it with what there was', async () => {
    const { server, port } = await startServe();
    await using _ = server;
    await using bench = portico(['bench', '127.0.0.1', port, '--duration', '60']);
    await bench.printed(/answers/, 'stderr');
    const { code, stdout } = await bench.signal('SIGINT').ending();
    expect(stdout).toMatch(/answers in \d+\.\d\d s/);
    expect(code).toBe(130);
  });

  test.each(['192.0.2.1', '2001:db8::1', '0.0.0.0'])('%s is not loaded without its owner', async (host) => {
    const { code, stdout, stderr } = await run(['bench', host, '12000', '--count', '1']);
    expect(stderr).toMatch(/^portico: .*:12000 is not on this host: .* Add --yes-i-own-it if it is yours\n$/);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test.each([
    [['--rate', '1000001'], /A rate is a whole number from 1 to 1000000\./],
    [['--duration', '3601'], /A duration is a whole number from 1 to 3600\./],
    [['--count', '1000000001'], /A count is a whole number from 1 to 1000000000\./],
    [['--clients', '0'], /The number of clients is a whole number from 1 to 10000\./],
    [['--clients', '1000', '--window', '1000'], /'--clients' times '--window' is at most 65536/],
    [['--udp', '--size', '8'], /'--size' is at least 16/],
    [['--udp', '--tcp'], /'--udp' can't be used with '--tcp'/],
  ])('%j is refused', async (options, message) => {
    const { code, stdout, stderr } = await run(['bench', '127.0.0.1', '12000', ...options]);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
