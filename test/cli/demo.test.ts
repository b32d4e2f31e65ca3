import { describe, expect, test } from 'vitest';
import { jsonLines, portico, run } from './program.ts';

describe('portico demo', () => {
  test('answers a pipe over both transports and exits 0', async () => {
    const { code, stdout, stderr } = await run(['demo'], 'hello sockets\nstraße 12\n');
    expect(stdout).toMatch(/^UDP .* HELLO SOCKETS\nTCP .* HELLO SOCKETS\n/m);
    expect(stdout).toMatch(/^UDP .* STRASSE 12\nTCP .* STRASSE 12\n/m);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('prints what it opened: sockets, four-tuples, times', async () => {
    const { stdout } = await run(['demo'], 'x\n');
    expect(stdout).toMatch(/one socket for all clients/);
    expect(stdout).toMatch(/the welcome socket/);
    const [, server, client] =
      /(127\.0\.0\.1:\d+) -> (127\.0\.0\.1:\d+) +the connection socket/.exec(stdout) ?? [];
    expect(stdout).toMatch(new RegExp(`^TCP  ${client} -> ${server} +[\\d.]+ ms  X$`, 'm'));
  });

  test('reads the last line without a newline, empty lines, and \\r\\n', async () => {
    const { code, stdout } = await run(['demo', '--json'], 'one\r\n\ntwo');
    const replies = jsonLines(stdout).filter(({ event }) => event === 'reply');
    expect(replies.map(({ transport, data }) => [transport, data])).toEqual([
      ['udp', 'ONE'],
      ['tcp', 'ONE'],
      ['udp', ''],
      ['tcp', ''],
      ['udp', 'TWO'],
      ['tcp', 'TWO'],
    ]);
    expect(code).toBe(0);
  });

  test('has nothing to say about no input, and exits 0', async () => {
    const { code, stdout, stderr } = await run(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/^>/m);
  });

  test('goes on after a line that is too long for a datagram and for the server, and exits 1', async () => {
    const { code, stdout, stderr } = await run(['demo'], `${'x'.repeat(70_000)}\nnext\n`);
    expect(stderr).toMatch(/^UDP {2}.*EMSGSIZE.*65,507 bytes/m);
    expect(stderr).toMatch(/^tcp 127\.0\.0\.1:\d+: A line is longer than 65536 bytes$/m);
    expect(stderr).toMatch(/^TCP {2}The server closed the connection/m);
    expect(stdout).toMatch(/^UDP .* NEXT\nTCP .* NEXT\n/m);
    expect(code).toBe(1);
  });

  test('shows control characters of a reply instead of obeying them', async () => {
    const { stdout } = await run(['demo'], '\x1b[2J\n');
    expect(stdout).toMatch(/^UDP .* \\x1b\[2J$/m);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s with 0, its input still open', async (signal) => {
    await using demo = portico(['demo']);
    demo.write('hello\n');
    await demo.printed(/^TCP .* HELLO$/m);
    const { code, stderr } = await demo.signal(signal).ending();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('ends quietly when the reader of its output goes', async () => {
    await using demo = portico(['demo']);
    await demo.printed(/UDP/);
    demo.closeOutput();
    demo.write('hello\n'.repeat(100));
    expect(await demo.ending()).toMatchObject({ code: 0, stderr: '' });
  });
});
