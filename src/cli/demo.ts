/** `portico demo`: the example of the notes in one program: a server on both transports, and a client on each. */
import type { Command } from 'commander';
import type { Engine, EngineName } from '../index.ts';
import { decode } from '../index.ts';
import type { Server } from '../server/index.ts';
import { SERVICES, serve } from '../server/index.ts';
import type { DemoClient } from './demo-clients.ts';
import { TcpDemoClient, UdpDemoClient } from './demo-clients.ts';
import { EXIT_FAILURE, failureText } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import type { LineInput } from './line-input.ts';
import { openInput, withoutReturn } from './line-input.ts';
import { engineOption, jsonOption, openEngine } from './options.ts';
import { harmless, oneLine, print, printJson, say } from './output.ts';
import { problemText } from './serve.ts';
import { duration, endpoint, route } from './text.ts';

const HOST = '127.0.0.1';

interface DemoOptions {
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Adds the command. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .summary('a UDP and a TCP server answer your keyboard in upper case')
    .description(
      'Serves upper case over UDP and TCP on a free port of this host and sends each line of the keyboard, or of a ' +
        'pipe, over both. Shows which sockets there are, and for each reply both ends and the time it took. UDP goes ' +
        'first, so what has to wake up counts in its time; `portico compare` compares the two.',
    )
    .addOption(engineOption())
    .addOption(jsonOption('sockets and replies'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico demo
  $ printf 'hello sockets\\nstraße 12\\n' | portico demo

Exit codes: 0 at the end of the input or after Ctrl-C, 1 when a line got no reply.`,
    )
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  const engine = openEngine(options.engine);
  const signal = interruptSignal();
  await using server = await serve(SERVICES.upper, {
    host: HOST,
    engine,
    onProblem: (problem) => say(problemText(problem)),
  });
  const { udp, tcp } = server.addresses;
  if (!udp || !tcp) throw new TypeError('The demo serves both transports');
  await using udpClient = await UdpDemoClient.open(engine, udp);
  await using tcpClient = await TcpDemoClient.open(engine, tcp);
  const clients = [udpClient, tcpClient];
  if (options.json) printJson({ event: 'open', engine: engine.name, udp, tcp });
  else sayOpening(engine, server, clients);

  const input = openInput();
  signal.addEventListener('abort', () => input.close());
  if (input.terminal && !options.json) {
    print('Type a line; Enter sends it over both. Ctrl-D ends.');
    print('UDP goes first: what has to wake up counts in its time.\n');
  }
  const unanswered = await converse(input, clients, signal, options.json === true);
  input.close();
  if (unanswered > 0) process.exitCode = EXIT_FAILURE;
}

function sayOpening(
  engine: Engine,
  { addresses: { udp, tcp } }: Server,
  [udpClient, tcpClient]: DemoClient[],
): void {
  const row = (address: string, what: string) => `  ${address.padEnd(35)}  ${what}`;
  if (!udp || !tcp || !udpClient || !tcpClient) return;
  print(`Portico on engine ${engine.name}: a server and its clients, in one process`);
  print('UDP');
  print(row(endpoint(udp), 'the server: one socket for all clients'));
  print(row(endpoint(udpClient.local), 'the client: puts the destination on every datagram'));
  print('TCP');
  print(row(endpoint(tcp), 'the welcome socket: accepts connections, and nothing else'));
  print(row(route(tcp, tcpClient.local), 'the connection socket, for this client alone'));
  print(row(route(tcpClient.local, tcp), 'the client: connected, no more addresses'));
  print('');
}

/** Sends each line over both transports, one after the other; gives the number of replies that did not come. */
async function converse(
  input: LineInput,
  clients: readonly DemoClient[],
  signal: AbortSignal,
  json: boolean,
): Promise<number> {
  let unanswered = 0;
  for await (const typed of input) {
    const line = withoutReturn(typed);
    if (!input.terminal && !json) print(`> ${harmless(decode(line))}`);
    for (const client of clients) {
      if (!(await exchange(client, line, signal, json))) unanswered++;
      if (signal.aborted) return 0;
    }
  }
  return unanswered;
}

async function exchange(
  client: DemoClient,
  line: Uint8Array,
  signal: AbortSignal,
  json: boolean,
): Promise<boolean> {
  const began = performance.now();
  try {
    const reply = await client.exchange(line, signal);
    const ms = performance.now() - began;
    const { transport, local, remote } = client;
    if (json) printJson({ event: 'reply', transport, local, remote, ms, data: decode(reply) });
    else
      print(
        `${transport.toUpperCase()}  ${route(local, remote)}  ${duration(ms).padStart(8)}  ${oneLine(reply)}`,
      );
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    const text = failureText(error);
    if (text === undefined) throw error;
    if (json) printJson({ event: 'failure', transport: client.transport, message: text });
    else say(`${client.transport.toUpperCase()}  ${text}`);
    return false;
  }
}
