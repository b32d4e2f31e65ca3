/** `portico serve` and `portico connect` with netcat and socat at the other end: bytes as a shell sends them. */
import { randomBytes } from 'node:crypto';
import { ENGINE_NAMES } from 'portico';
import { describe, expect, test } from 'vitest';
import { freshAddress, nameOf, UDP } from './doors.ts';
import { need, needEngine } from './needs.ts';
import { ours, Program, serve } from './program.ts';

const ECHO_BYTES = 1 << 20;

/** What a client sends in one go before it ends its half, and what `serve upper` answers; bytes as Latin-1. */
const CONVERSATIONS: readonly { what: string; sent: string; answer: string }[] = [
  { what: 'lines', sent: 'one\ntwo\n', answer: 'ONE\nTWO\n' },
  { what: 'lines of Windows', sent: 'one\r\ntwo\r\n', answer: 'ONE\r\nTWO\r\n' },
  { what: 'a line without an end', sent: 'one\ntwo', answer: 'ONE\nTWO' },
  { what: 'empty lines', sent: '\n\n', answer: '\n\n' },
  { what: 'nothing', sent: '', answer: '' },
  { what: 'UTF-8', sent: utf8('straße\n'), answer: utf8('STRASSE\n') },
  {
    what: 'a line of Latin-1 among UTF-8',
    sent: `caf\xe9\n${utf8('é')}\n`,
    answer: `CAF\xe9\n${utf8('É')}\n`,
  },
  { what: 'a character cut by the end', sent: 'a\xe2\x82', answer: 'A\xe2\x82' },
  { what: 'a NUL', sent: 'a\0b\n', answer: 'A\0B\n' },
];

describe.each(ENGINE_NAMES)('the command line on the engine %s', (engine) => {
  test.for(CONVERSATIONS)('nc -N and portico serve upper: $what', async ({ sent, answer }, context) => {
    const [nc] = need(context, 'nc');
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['upper', '--tcp']);
    await using _ = server;
    const input = Buffer.from(sent, 'latin1');
    await using client = await Program.run(nc, ['-n', '-N', '127.0.0.1', port], { input });
    expect(client.bytes.toString('latin1')).toBe(answer);
  });

  test('nc and portico serve upper: a character in two segments, each line answered at once', async (context) => {
    const [nc] = need(context, 'nc');
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['upper', '--tcp']);
    await using _ = server;
    await using client = Program.start(nc, ['-n', '127.0.0.1', port]);
    client.write(Buffer.from('first\nstra\xc3', 'latin1'));
    // the pause answers what is complete; half a character waits for its other half
    await client.said(/^FIRST\nSTRA$/);
    client.write(Buffer.from('\x9fe\n', 'latin1'));
    await client.said(/^FIRST\nSTRASSE\n$/);
  });

  test('nc and portico serve upper: a line too long ends its own connection only', async (context) => {
    const [nc] = need(context, 'nc');
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['upper', '--tcp', '--line-bytes-max', '100']);
    await using _ = server;
    await using good = Program.start(nc, ['-n', '127.0.0.1', port]);
    good.write('before\n');
    await good.said(/BEFORE\n/);
    await using bad = Program.start(nc, ['-n', '127.0.0.1', port]);
    bad.write(`fine\n${'x'.repeat(101)}`);
    await bad.until(() => (bad.stdout === 'FINE\n' ? true : undefined), 'the answer to its first line');
    await server.said(/"event":"problem".*100 bytes/);
    good.write(`${'y'.repeat(100)}\n`);
    await good.said(/^BEFORE\nY{100}\n$/);
  });

  test('socat and portico serve upper: datagrams that are no UTF-8, that grow and shrink', async (context) => {
    const [socat] = need(context, 'socat');
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['upper', '--udp']);
    await using _ = server;
    for (const [sent, answer] of [
      ['caf\xe9', 'CAF\xe9'],
      [utf8('ß'), 'SS'],
      [utf8('\u0390'), utf8('\u0390'.toUpperCase())],
    ] as const) {
      await using client = Program.start(socat, ['-', `UDP4:127.0.0.1:${port}`]);
      client.write(Buffer.from(sent, 'latin1'));
      await client.until(() => (client.bytes.length > 0 ? true : undefined), 'an answer');
      expect(client.bytes.toString('latin1')).toBe(answer);
    }
  });

  test('nc -N and portico serve echo: 1 MiB of any bytes', async (context) => {
    const [nc] = need(context, 'nc');
    needEngine(context, engine);
    const { server, port } = await serve(engine, ['echo', '--tcp']);
    await using _ = server;
    const input = randomBytes(ECHO_BYTES);
    await using client = await Program.run(nc, ['-n', '-N', '127.0.0.1', port], { input });
    expect(client.bytes.equals(input)).toBe(true);
  });

  test('portico connect and nc -l: lines go out, what is typed there is shown', async (context) => {
    const [nc] = need(context, 'nc');
    needEngine(context, engine);
    await using server = Program.start(nc, ['-n', '-N', '-v', '-l', '127.0.0.1', '0']);
    const [, port = ''] = await server.said(/Listening on \S+ (\d+)/);
    await using client = ours(engine, 'dist/cli/main.js', ['connect', '127.0.0.1', port]);
    client.write('hello\nsockets\n');
    await server.said(/^hello\nsockets\n$/);
    server.endInput('typed by hand');
    await client.said(/typed by hand/);
    await client.said(/closed the connection/);
    await client.ended();
    await server.ended();
  });

  test('portico connect --udp and socat: each line is a datagram of its own', async (context) => {
    const [socat] = need(context, 'socat');
    needEngine(context, engine);
    const listen = `UDP4-LISTEN:${nameOf(freshAddress(UDP))},bind=127.0.0.1`;
    await using server = Program.start(socat, ['-d', '-d', listen, 'PIPE']);
    const [, port = ''] = await server.said(/listening on UDP AF=2 127\.0\.0\.1:(\d+)/);
    await using client = ours(engine, 'dist/cli/main.js', ['connect', '127.0.0.1', port, '--udp'], {
      input: 'one\nstraße\n',
    });
    await client.ended();
    expect(client.stdout).toBe('one\nstraße\n');
  });
});

/** The UTF-8 bytes of a text, one character a byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}
