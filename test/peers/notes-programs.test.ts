/**
 * The notes' four Python programs against ours, both transports, both directions, both engines; and Python against
 * itself first, so that a pairing that fails is not the table's fault.
 */
import type { EngineName } from 'portico';
import { ENGINE_NAMES } from 'portico';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import { need, needEngine } from './needs.ts';
import { fileOf, ours, Program } from './program.ts';

const TRANSPORTS = ['udp', 'tcp'] as const;
type Transport = (typeof TRANSPORTS)[number];

interface Case {
  readonly engine: EngineName;
  readonly transport: Transport;
  readonly python: string;
}

interface Server {
  readonly name: string;
  start(given: Case): Program;
  /** Finds the port in what the server says first. */
  readonly port: RegExp;
}

interface Client {
  readonly name: string;
  start(given: Case, port: string, line: string): Program;
  /** Finds the reply in what the client shows, over each transport. */
  readonly reply: Readonly<Record<Transport, RegExp>>;
}

const PYTHON_SERVER: Server = {
  name: 'their Server.py',
  start: ({ python, transport }) => Program.start(python, [pythonFile(transport, 'Server'), '0']),
  port: /port (\d+)/,
};

const OUR_SERVERS: readonly Server[] = [
  {
    name: 'our example server',
    start: ({ engine, transport }) => ours(engine, `build/examples/${transport}-server.js`, ['0']),
    port: /port (\d+)/,
  },
  {
    name: 'portico serve upper',
    start: ({ engine, transport }) =>
      ours(engine, 'dist/cli/main.js', ['serve', 'upper', `--${transport}`, '--port', '0', '--json']),
    port: /"port":(\d+)/,
  },
];

const PYTHON_CLIENT: Client = {
  name: 'their Client.py',
  start: ({ python, transport }, port, line) =>
    Program.start(python, [pythonFile(transport, 'Client'), '127.0.0.1', port], { input: `${line}\n` }),
  reply: {
    udp: /^Input lowercase sentence: (.*)\n$/,
    tcp: /^Input lowercase sentence: From server: (.*)\n$/,
  },
};

const OUR_CLIENTS: readonly Client[] = [
  {
    name: 'our example client',
    start: ({ engine, transport }, port, line) =>
      ours(engine, `build/examples/${transport}-client.js`, ['127.0.0.1', port], { input: `${line}\n` }),
    reply: {
      udp: /^Input lowercase sentence: (.*) from \{ host: '127\.0\.0\.1', port: \d+ \}\n$/,
      tcp: /^Input lowercase sentence: From server: (.*)\n$/,
    },
  },
  {
    name: 'portico connect',
    start: ({ engine, transport }, port, line) =>
      ours(engine, 'dist/cli/main.js', ['connect', '127.0.0.1', port, `--${transport}`], {
        input: `${line}\n`,
      }),
    reply: { udp: /^(.*)\n$/, tcp: /^(.*)\n$/ },
  },
];

/** A line and its answer. An empty line is a datagram like any other; over TCP it is no byte at all. */
const LINES: readonly { line: string; answer: string; transports: readonly Transport[]; what: string }[] = [
  { what: 'hello sockets', line: 'hello sockets', answer: 'HELLO SOCKETS', transports: TRANSPORTS },
  { what: 'straße 12', line: 'straße 12', answer: 'STRASSE 12', transports: TRANSPORTS },
  { what: 'an empty line', line: '', answer: '', transports: ['udp'] },
  {
    what: 'a line of 1,000 bytes',
    line: 'abcdefghi '.repeat(100),
    answer: 'ABCDEFGHI '.repeat(100),
    transports: TRANSPORTS,
  },
];

/** Who talks to whom. */
const PAIRINGS: readonly { client: Client; server: Server }[] = [
  ...OUR_SERVERS.map((server) => ({ client: PYTHON_CLIENT, server })),
  ...OUR_CLIENTS.map((client) => ({ client, server: PYTHON_SERVER })),
];

const CLIENTS_AT_ONCE = 8;

describe.each(TRANSPORTS)('the notes over %s', (transport) => {
  test('their client and their server: what the pairings are held against', async (context) => {
    const [python] = need(context, 'python3');
    await converse(PYTHON_CLIENT, PYTHON_SERVER, { engine: 'node', transport, python });
  });

  describe.each(ENGINE_NAMES)('engine %s', (engine) => {
    for (const { client, server } of PAIRINGS) {
      test(`${client.name} and ${server.name}`, async (context) => {
        await converse(client, server, prepare(context, engine, transport));
      });
    }

    test(`${CLIENTS_AT_ONCE} of their clients at once and portico serve upper`, async (context) => {
      const given = prepare(context, engine, transport);
      const server = OUR_SERVERS[1] as Server;
      await using running = server.start(given);
      const [, port = ''] = await running.said(server.port);
      const names = Array.from({ length: CLIENTS_AT_ONCE }, (_, index) => `client ${index}`);
      const replies = await Promise.all(names.map((name) => ask(PYTHON_CLIENT, given, port, name)));
      expect(replies).toEqual(names.map((name) => name.toUpperCase()));
    });
  });
});

function prepare(context: TestContext, engine: EngineName, transport: Transport): Case {
  const [python] = need(context, 'python3');
  needEngine(context, engine);
  return { engine, transport, python };
}

async function converse(client: Client, server: Server, given: Case): Promise<void> {
  await using running = server.start(given);
  const [, port = ''] = await running.said(server.port);
  for (const { what, line, answer, transports } of LINES) {
    if (!transports.includes(given.transport)) continue;
    expect(await ask(client, given, port, line), what).toBe(answer);
  }
}

async function ask(client: Client, given: Case, port: string, line: string): Promise<string | undefined> {
  await using running = client.start(given, port, line);
  await running.ended();
  const reply = client.reply[given.transport].exec(running.stdout);
  return reply?.[1] ?? `unexpected output: ${running.stdout}`;
}

function pythonFile(transport: Transport, role: 'Client' | 'Server'): string {
  return fileOf(`test/peers/python/${transport.toUpperCase()}${role}.py`);
}
