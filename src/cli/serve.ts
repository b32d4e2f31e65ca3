/** `portico serve`: the server of the notes or a module of the user's, for many clients at once, until Ctrl-C. */
import { existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { Argument, InvalidArgumentError, Option } from 'commander';
import type { EngineName } from '../index.ts';
import { SocketError } from '../index.ts';
import type {
  LabServer,
  Limits,
  MetricsServer,
  Problem,
  ServeOptions,
  Server,
  ServerStats,
  ServiceName,
} from '../server/index.ts';
import { LIMIT_NAMES, LIMITS, SERVICES, serve, serveLab, serveMetrics } from '../server/index.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import { aborted, interruptSignal, onSecondInterruption } from './interrupt.ts';
import { bindPort, engineOption, jsonOption, limited, openEngine } from './options.ts';
import { inOneLine, print, printJson, say } from './output.ts';
import type { LogLevel } from './serve-log.ts';
import { LOG_LEVELS, openLog } from './serve-log.ts';
import { count, endpoint } from './text.ts';

/** Beside 9464, the port of metrics in the examples. */
const LAB_PORT = 9465;
/** After so long the terminal says what the start waits for, in milliseconds. A guess. */
const SLOW_MS = 3000;
/** How long a start may go on after Ctrl-C, in milliseconds. A guess. */
const GIVE_UP_MS = 2000;

interface CliOptions extends Partial<Limits> {
  readonly udp?: boolean;
  readonly tcp?: boolean;
  readonly host: string;
  readonly port: number;
  readonly threads?: number | 'all';
  readonly allow?: string[];
  readonly deny?: string[];
  readonly refusedPorts?: number[];
  readonly metricsPort?: number;
  readonly lab?: number;
  readonly logLevel?: LogLevel;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Adds the command. */
export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('run a server: upper case, echo, or a module of yours, over UDP and TCP')
    .description(
      'Serves a module on every processor until Ctrl-C: a file of JavaScript or TypeScript that exports udp(message, ' +
        'client), tcp(connection, client), or both. `upper` and `echo` come with Portico: over UDP each datagram has its ' +
        'own answer; over TCP each line has, and what a client leaves without a line end when it pauses or ends.',
    )
    .addArgument(
      new Argument('[service]', 'upper, echo, or the path of a module').default('upper').argParser(known),
    )
    .option('--udp', 'UDP only (without --udp and --tcp: those for which there is a handler)')
    .option('--tcp', 'TCP only')
    .option(
      '--host <host>',
      "the address to serve at: 0.0.0.0 is all of this host's over IPv4, :: is all",
      '127.0.0.1',
    )
    .option('--port <number>', 'the port; 0 takes a free one', bindPort, 12_000)
    .option(
      '--threads <number>',
      'threads that serve, or `all`: one for each processor (default: all)',
      threadNumber,
    )
    .option('--allow <networks...>', 'only these may use it: 192.0.2.0/24, 2001:db8::/32, one address')
    .option('--deny <networks...>', 'these may not, whatever --allow says')
    .option(
      '--refused-ports <numbers...>',
      'source ports that get no answer over UDP; 0: none (default: those of echo, chargen, DNS, ...)',
      (text: string, before: readonly number[] = []) => [...before, bindPort(text)],
    )
    .option('--metrics-port <number>', 'answer /metrics, /healthz, /readyz and /stats at 127.0.0.1', bindPort)
    .addOption(
      new Option('--lab [port]', "show this server live on the lab's page, at 127.0.0.1")
        .preset(String(LAB_PORT))
        .argParser(labPort),
    )
    .addOption(
      new Option(
        '--log-level <level>',
        'write a log to standard error, a line of JSON for each event',
      ).choices(LOG_LEVELS),
    )
    .addOption(engineOption())
    .addOption(jsonOption('what happens'));
  for (const name of LIMIT_NAMES) {
    const { min, max, help, default: initial } = LIMITS[name];
    command.option(
      `--${kebab(name)} <number>`,
      `${help} (default: ${initial})`,
      limited(min, max, `${name}`),
    );
  }
  command
    .addHelpText(
      'after',
      `
Examples:
  $ portico serve                        upper case at 127.0.0.1:12000, UDP and TCP
  $ portico serve echo --udp --port 0    an echo server at a free port
  $ portico serve ./chat.ts --host ::    a module, for other hosts too, IPv6 and IPv4
  $ portico serve --metrics-port 9464    and in a second terminal: portico top 9464
  $ portico serve ./chat.ts --lab        and in a browser: http://127.0.0.1:9465

At a loopback address, as 127.0.0.1 is, only programs of this host can come: there
--first-byte-ms is 0 unless it is given.

Ctrl-C or SIGTERM: accepts nothing more, lets connections finish for --drain-ms, ends with 0.
A second one resets them at once.

Over UDP no answer goes to its own address, to port 0, to a port whose service answers
anything (echo, chargen, DNS, ...), or to a source that sends the same without end:
two such servers would never stop.

Exit codes: 0 after Ctrl-C or SIGTERM, 1 when it can't start, 2 for a mistake in the options.`,
    )
    .action(run);
}

async function run(name: string, options: CliOptions): Promise<void> {
  const interrupted = interruptSignal();
  const log = options.logLevel === undefined ? undefined : await openLog(options.logLevel);
  const opening = open(name, {
    ...serveOptions(options),
    onProblem: (problem) => {
      log?.problem(problem);
      if (options.json) printJson({ event: 'problem', ...problem });
      else if (!log) say(problemText(problem));
    },
    ...(log?.wantsConnections ? { onConnection: (event) => log.connection(event) } : {}),
  });
  const server = await started(name, opening, interrupted);
  if (!server) process.exit(); // what a module has begun while it loads would go on
  const metrics = await openFor(server, options.metricsPort, 'The metrics have no port', serveMetrics);
  const lab = await openFor(server, options.lab, 'The lab has no port', serveLab, metrics);
  const { addresses } = server;
  const threads = server.stats().threads.length;
  log?.listening(name, addresses);
  if (options.json)
    printJson({
      event: 'listening',
      service: name,
      engine: server.engine,
      pid: process.pid,
      threads,
      metrics: metrics?.address,
      lab: lab?.url,
      ...addresses,
    });
  else sayOpening(name, server, metrics, lab);
  await aborted(interrupted);
  onSecondInterruption(() => void server.close());
  const { open: left } = server.stats();
  if (!options.json && left > 0)
    say(`Waiting for ${count(left, 'connection')} to finish; Ctrl-C resets them`);
  await server.drain();
  await Promise.all([metrics?.close(), lab?.close()]);
  const { threads: _, state: __, ...stats } = server.stats();
  log?.closed(server.stats());
  if (options.json) printJson({ event: 'closed', ...stats });
  else print(closing(server.stats()));
}

/**
 * Waits for the start, and says so when it takes long: a program that serves by itself, as those of the notes, has a loop
 * at its top level and never comes to its exports. Gives up a while after an interruption, not at once: a thread that
 * ends while it loads native code ends the process with it.
 */
async function started(
  name: string,
  opening: Promise<Server>,
  interrupted: AbortSignal,
): Promise<Server | undefined> {
  const over = new AbortController();
  const after = (ms: number) => pause(ms, undefined, { signal: over.signal });
  const ignore = () => undefined;
  after(SLOW_MS).then(
    () => say(`${name} is still loading: it serves when its top level and its start() have come to an end`),
    ignore,
  );
  const givenUp = aborted(interrupted).then(() => after(GIVE_UP_MS).catch(ignore));
  try {
    return await Promise.race([opening, givenUp]);
  } finally {
    over.abort();
  }
}

/** A module that can't be loaded is the user's: its message is enough, with the place where it stands. */
async function open(name: string, options: ServeOptions): Promise<Server> {
  const service = serviceOf(name);
  try {
    return await serve(service, options);
  } catch (error) {
    if (error instanceof SocketError) throw error;
    if (error instanceof RangeError) throw new Failure(error.message, EXIT_USAGE);
    throw new Failure(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function known(name: string): string {
  if (Object.hasOwn(SERVICES, name) || existsSync(resolve(name))) return name;
  throw new InvalidArgumentError(
    `There is no file '${name}', and no service of that name: ${Object.keys(SERVICES).join(', ')}`,
  );
}

function serviceOf(name: string): ServiceName | URL {
  return Object.hasOwn(SERVICES, name) ? (name as ServiceName) : pathToFileURL(resolve(name));
}

function serveOptions(options: CliOptions): ServeOptions {
  const { udp, tcp, host, port, threads, allow, deny, refusedPorts } = options;
  const limits = LIMIT_NAMES.flatMap((name) =>
    options[name] === undefined ? [] : [[name, options[name]] as const],
  );
  return {
    host,
    port,
    engine: openEngine(options.engine),
    ...(udp || tcp ? { udp: udp === true, tcp: tcp === true } : {}),
    ...(threads === undefined ? {} : { threads }),
    ...(allow ? { allow } : {}),
    ...(deny ? { deny } : {}),
    ...(refusedPorts ? { refusedPorts } : {}),
    // a person of this host may take their time to type
    ...(isLoopback(host) ? { firstByteMs: 0 } : {}),
    ...Object.fromEntries(limits),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** Opens what an operator has asked for beside the server; without it there is no server either. */
async function openFor<T>(
  server: Server,
  port: number | undefined,
  failure: string,
  open: (server: Server, options: { readonly port: number }) => Promise<T>,
  beside?: MetricsServer,
): Promise<T | undefined> {
  if (port === undefined) return undefined;
  try {
    return await open(server, { port });
  } catch (error) {
    await Promise.all([server.close(), beside?.close()]);
    throw new Failure(`${failure}: ${(error as Error).message}`);
  }
}

function sayOpening(
  name: string,
  server: Server,
  metrics: MetricsServer | undefined,
  lab: LabServer | undefined,
): void {
  const { udp, tcp } = server.addresses;
  if (udp) print(`${name} over UDP at ${endpoint(udp)}: one socket serves all clients`);
  if (tcp)
    print(`${name} over TCP at ${endpoint(tcp)}: a welcome socket, and a connection socket for each client`);
  if (metrics) print(`Metrics at http://${endpoint(metrics.address)}/metrics`);
  if (lab) print(`Live at ${lab.url}`);
  print(`Engine ${server.engine}, ${count(server.stats().threads.length, 'thread')}; Ctrl-C ends`);
}

/** What went wrong, in one line: `tcp 127.0.0.1:40001: A line is longer than 65536 bytes`. */
export function problemText({ transport, client, message, place, times }: Problem): string {
  const who = client ? ` ${endpoint(client)}` : '';
  const where = place ? ` at ${place}` : '';
  return inOneLine(`${transport}${who}: ${message}${where}${times > 1 ? ` (${times} times by now)` : ''}`);
}

function closing({ answers, datagrams, connections, failures }: ServerStats): string {
  const failed = failures > 0 ? `, ${count(failures, 'failure')}` : '';
  return `Closed after ${count(datagrams, 'datagram')} (${answers} answered), ${count(connections, 'connection')}${failed}`;
}

function threadNumber(text: string): number | 'all' {
  if (text === 'all') return text;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > 1024)
    throw new InvalidArgumentError("Threads are 'all' or a whole number from 1 to 1024.");
  return number;
}

function labPort(text: string): number {
  try {
    return bindPort(text);
  } catch {
    throw new InvalidArgumentError(
      'A port is a whole number from 0 to 65535; the module stands before the option.',
    );
  }
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
