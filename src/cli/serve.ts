/** `portico serve`: the server of the notes, for many clients at once, until Ctrl-C. */
import type { Command } from 'commander';
import { Argument } from 'commander';
import type { Engine, EngineName } from '../index.ts';
import type { Counters, Problem, Server, ServiceName } from '../server/index.ts';
import { LINE_BYTES_MAX, SERVICES, startServer } from '../server/index.ts';
import { failureText } from './failure.ts';
import { aborted, interruptSignal } from './interrupt.ts';
import { bindPort, bytes, engineOption, jsonOption, openEngine } from './options.ts';
import { print, printJson, say } from './output.ts';
import { count, endpoint } from './text.ts';

interface ServeOptions {
  readonly udp?: boolean;
  readonly tcp?: boolean;
  readonly host: string;
  readonly port: number;
  readonly lineMax: number;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Adds the command. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .summary('run a server: upper case or echo, over UDP and TCP')
    .description(
      'Answers what it gets, in upper case or unchanged, until Ctrl-C. Over UDP each datagram has its own answer; ' +
        'over TCP each line has, and what a client leaves without a line end when it pauses or ends.',
    )
    .addArgument(new Argument('[service]', 'what to answer').choices(Object.keys(SERVICES)).default('upper'))
    .option('--udp', 'UDP only (without --udp and --tcp: both)')
    .option('--tcp', 'TCP only')
    .option(
      '--host <host>',
      "the address to serve at: 0.0.0.0 is all of this host's over IPv4, :: is all",
      '127.0.0.1',
    )
    .option('--port <number>', 'the port; 0 takes a free one', bindPort, 12_000)
    .option('--line-max <bytes>', 'a longer line over TCP ends its connection', bytes, LINE_BYTES_MAX)
    .addOption(engineOption())
    .addOption(jsonOption('what happens'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico serve                        upper case at 127.0.0.1:12000, UDP and TCP
  $ portico serve echo --udp --port 0    an echo server at a free port
  $ portico serve --host ::              for other hosts too, IPv6 and IPv4

Over UDP no answer goes to its own address, to port 0, or to a port whose service
answers anything (echo, chargen, DNS, ...): two such servers would never stop.

Exit codes: 0 after Ctrl-C or SIGTERM, 1 when it can't start, 2 for a mistake in the options.`,
    )
    .action(serve);
}

async function serve(name: ServiceName, options: ServeOptions): Promise<void> {
  const interrupted = interruptSignal();
  const engine = openEngine(options.engine);
  const both = !options.udp && !options.tcp;
  const server = await startServer({
    service: SERVICES[name],
    udp: both || options.udp === true,
    tcp: both || options.tcp === true,
    host: options.host,
    port: options.port,
    engine,
    lineBytesMax: options.lineMax,
    onProblem: options.json ? printProblem : sayProblem,
  });
  if (options.json) printOpening(name, engine, server);
  else sayOpening(name, engine, server);
  await aborted(interrupted);
  await server.close();
  if (options.json) printJson({ event: 'closed', ...server.counters });
  else print(closing(server.counters));
}

function sayOpening(name: ServiceName, engine: Engine, { udp, tcp }: Server): void {
  if (udp) print(`${name} over UDP at ${endpoint(udp)}: one socket serves all clients`);
  if (tcp)
    print(`${name} over TCP at ${endpoint(tcp)}: a welcome socket, and a connection socket for each client`);
  print(`Engine ${engine.name}; Ctrl-C ends`);
}

function printOpening(service: ServiceName, engine: Engine, { udp, tcp }: Server): void {
  printJson({ event: 'listening', service, engine: engine.name, pid: process.pid, udp, tcp });
}

/** What went wrong, in one line: `tcp 127.0.0.1:40001: A line is longer than 65536 bytes`. */
export function problemText({ transport, client, error, times }: Problem): string {
  const who = client ? ` ${endpoint(client)}` : '';
  const what = failureText(error) ?? (error as Error).message;
  return `${transport}${who}: ${what}${times > 1 ? ` (${times} times by now)` : ''}`;
}

function sayProblem(problem: Problem): void {
  say(problemText(problem));
}

function printProblem({ transport, client, error, times }: Problem): void {
  const { message, code } = error as Error & { code?: string };
  printJson({ event: 'problem', transport, client, code, message, times });
}

function closing({ answers, datagrams, connections, failures }: Readonly<Counters>): string {
  const failed = failures > 0 ? `, ${count(failures, 'failure')}` : '';
  return `Closed after ${count(datagrams, 'datagram')} (${answers} answered), ${count(connections, 'connection')}${failed}`;
}
