import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { example } from '../cli/program.ts';

/** Starts a server of the notes on a free port. */
async function startServer(name: string): Promise<{ server: ReturnType<typeof example>; port: string }> {
  const server = example(name, ['0']);
  const [, port = ''] = await server.printed(/ready to receive at port (\d+)/);
  return { server, port };
}

describe("the notes' programs", () => {
  test.each(['udp', 'tcp'])(
    'over %s: the client asks, the server answers in upper case, one client after another',
    async (transport) => {
      const { server, port } = await startServer(`${transport}-server`);
      await using _ = server;
      for (const [line, reply] of [
        ['hello sockets', 'HELLO SOCKETS'],
        ['straße 12', 'STRASSE 12'],
      ]) {
        await using client = example(`${transport}-client`, ['127.0.0.1', port]);
        client.write(`${line}\n`).end();
        const { code, stdout, stderr } = await client.ending();
        expect(stdout).toContain('Input lowercase sentence: ');
        expect(stdout).toContain(reply);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      }
    },
  );

  test.each(['udp', 'tcp'])('over %s: the client finds the server by its name', async (transport) => {
    const { server, port } = await startServer(`${transport}-server`);
    await using _ = server;
    await using client = example(`${transport}-client`, ['localhost', port]);
    expect(await client.write('hello\n').end().ending()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('HELLO'),
    });
  });
});

describe('udp-chat', () => {
  test('carries lines both ways, and ends with its input', async () => {
    await using first = example('udp-chat', ['0']);
    const [, port = ''] = await first.printed(/at port (\d+)/);
    await using second = example('udp-chat', ['0', '127.0.0.1', port]);
    await second.printed(/at port/);
    second.write('hello, first\n');
    await first.printed(/^127\.0\.0\.1:\d+: hello, first$/m);
    first.write('grüße zurück\n');
    await second.printed(/^127\.0\.0\.1:\d+: grüße zurück$/m);
    for (const side of [first, second]) {
      expect(await side.end().ending()).toMatchObject({ code: 0, stderr: '' });
    }
  });
});

const EXAMPLES = new URL('../../examples/', import.meta.url);

test.each(readdirSync(EXAMPLES))('%s is a whole program under 40 lines that says how to start it', (file) => {
  const program = readFileSync(new URL(file, EXAMPLES), 'utf8');
  expect(program.trimEnd().split('\n').length).toBeLessThan(40);
  expect(program).toMatch(/^\/\/ .*Usage: node build\/examples\//ms);
});
