/** `portico connect`: the client of the notes: a line from the keyboard goes out, the reply is shown. */
import type { Command } from 'commander';
import type { EngineName } from '../index.ts';
import { talkTcp } from './connect-tcp.ts';
import { talkUdp } from './connect-udp.ts';
import { interruptSignal } from './interrupt.ts';
import { openInput } from './line-input.ts';
import { engineOption, jsonOption, milliseconds, openEngine, peerPort } from './options.ts';

/** How long a reply over UDP is waited for when nobody says, in milliseconds: ping waits as long for its next packet. */
const REPLY_TIMEOUT_MS = 1000;

interface ConnectOptions {
  readonly udp?: boolean;
  readonly tcp?: boolean;
  readonly timeout?: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Adds the command. */
export function addConnect(program: Command): void {
  program
    .command('connect')
    .summary('run a client: send lines, show replies')
    .description(
      'Sends each line of the keyboard or of a pipe to a server and shows what comes back. Over TCP a line goes out ' +
        'with its line end, and after the last one the client ends its side and shows the rest; over UDP a line is a ' +
        'datagram, without it.',
    )
    .argument('<host>', 'a name or an address')
    .argument('<port>', 'the port of the server', peerPort)
    .option('--udp', 'over UDP')
    .option('--tcp', 'over TCP (the default)')
    .option(
      '--timeout <ms>',
      `UDP: how long to wait for each reply (default: ${REPLY_TIMEOUT_MS}); TCP: how long connecting may take, ` +
        'and the silence after the last line (default: no limit)',
      milliseconds,
    )
    .addOption(engineOption())
    .addOption(jsonOption('replies'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico connect 127.0.0.1 12000 --udp
  $ printf 'hello\\n' | portico connect localhost 12000
  $ printf 'GET / HTTP/1.0\\r\\n\\r\\n' | portico connect localhost 80

Replies go to standard output, everything else to standard error.

Exit codes: 0; 1 when the server can't be reached, breaks the connection, or leaves a
datagram without a reply; 2 for a mistake in the options; 130 after Ctrl-C.`,
    )
    .action(connect);
}

async function connect(host: string, port: number, options: ConnectOptions, command: Command): Promise<void> {
  if (options.udp && options.tcp) command.error("error: option '--udp' can't be used with '--tcp'");
  const talk = options.udp ? talkUdp(options.timeout ?? REPLY_TIMEOUT_MS) : talkTcp(options.timeout);
  const engine = openEngine(options.engine);
  const signal = interruptSignal();
  const input = openInput();
  signal.addEventListener('abort', () => input.close());
  try {
    process.exitCode = await talk({ engine, host, port, input, signal, json: options.json === true });
    signal.throwIfAborted();
  } finally {
    input.close();
  }
}
