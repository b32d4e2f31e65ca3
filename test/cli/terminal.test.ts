/** The command line at a terminal: script(1) gives it one. */
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import { AF_INET, SOCK_DGRAM, socket } from '../../src/index.ts';
import { needsPeer, Program, startServe } from './program.ts';

const CTRL_C = '\x03';
const CTRL_D = '\x04';

/** Starts `portico` on a terminal of its own; what is written to it is typed. */
function atTerminal(context: TestContext, args: string): Program {
  needsPeer(context, 'script');
  // a shell that stayed would be ended by a Ctrl-C of its own
  const command = `exec ${process.execPath} dist/cli/main.js ${args}`;
  return new Program('script', ['-qec', command, '/dev/null'], { env: { TERM: 'xterm' } });
}

describe('at a terminal', () => {
  test('demo prompts, answers each line, and ends on Ctrl-D', async (context) => {
    await using demo = atTerminal(context, 'demo');
    await demo.printed(/Ctrl-D ends.*> /s);
    demo.write('straße\r');
    await demo.printed(/UDP .* STRASSE\s+TCP .* STRASSE.*> /s);
    demo.write(CTRL_D);
    expect(await demo.ending()).toMatchObject({ code: 0 });
  });

  test('demo ends on Ctrl-C with 0', async (context) => {
    await using demo = atTerminal(context, 'demo');
    await demo.printed(/Ctrl-D ends.*> /s);
    demo.write(`not sent${CTRL_C}`);
    const { code, stdout } = await demo.ending();
    expect(stdout).not.toMatch(/NOT SENT/);
    expect(code).toBe(0);
  });

  test('connect shows replies above the prompt, and ends on Ctrl-C with 130', async (context) => {
    const { server, port } = await startServe();
    await using _ = server;
    await using client = atTerminal(context, `connect 127.0.0.1 ${port}`);
    await client.printed(/connected.*> /s);
    client.write('grüße\r');
    await client.printed(/GRÜSSE.*> /s);
    client.write(CTRL_C);
    expect(await client.ending()).toMatchObject({ code: 130 });
  });

  test('connect ends when the server closes, though nobody types', async (context) => {
    const { server, port } = await startServe();
    await using _ = server;
    await using client = atTerminal(context, `connect 127.0.0.1 ${port}`);
    await client.printed(/connected.*> /s);
    server.signal('SIGTERM');
    const { code, stdout } = await client.ending();
    expect(stdout).toMatch(/The server closed the connection/);
    expect(code).toBe(0);
  });

  test('connect makes control characters of a reply visible', async (context) => {
    await using server = socket(AF_INET, SOCK_DGRAM);
    await server.bind({ host: '127.0.0.1', port: 0 });
    await using client = atTerminal(context, `connect 127.0.0.1 ${server.getsockname().port} --udp`);
    await client.printed(/> /);
    client.write('x\r');
    const [, address] = await server.recvfrom();
    await server.sendto('\x1b]0;title\x07 \u202e\x9b', address);
    await client.printed(/\\x1b\]0;title\\x07 \\u202e\\x9b/);
    expect(client.stdout).not.toContain('\x1b]0;');
  });
});
