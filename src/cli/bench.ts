/** `portico bench`: a load on a server, and how it answers. The server is on this host, or it is the user's own. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { EngineName, InetAddress } from '../index.ts';
import type { LoadSpec } from '../load/index.ts';
import { startLoad } from '../load/index.ts';
import { sayProgress, sayReport, verdictOf } from './bench-text.ts';
import { EXIT_FAILURE } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { loadTarget } from './load-target.ts';
import { engineOption, jsonOption, limited, openEngine, peerPort } from './options.ts';
import { printJson, say } from './output.ts';

/** Past these the figures of one thread say nothing more, and a mistake in the options would hurt. */
const LIMITS = {
  clients: 10_000,
  window: 1024,
  bytes: 65_000,
  rate: 1_000_000,
  seconds: 3600,
  count: 1e9,
} as const;
/** A datagram carries its number, eight characters, and something to change. */
const UDP_BYTES_MIN = 16;
/** Messages in flight of all clients together. */
const IN_FLIGHT_MAX = 65_536;
const WARM_UP_MS = 500;

interface BenchOptions {
  readonly udp?: boolean;
  readonly tcp?: boolean;
  readonly clients: number;
  readonly window: number;
  readonly size: number;
  readonly rate?: number;
  readonly duration?: number;
  readonly count?: number;
  readonly answer: 'upper' | 'echo';
  readonly yesIOwnIt?: boolean;
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Adds the command. */
export function addBench(program: Command): void {
  program
    .command('bench')
    .summary('put a load on a server and measure its answers')
    .description(
      'Sends messages to a server, checks every answer, and measures rate and latency. Without --rate each client ' +
        'sends its next message when an answer comes; with --rate messages are due at fixed times, and a latency counts ' +
        'from the time when its message was due, so a server that stalls can not hide it.',
    )
    .argument('<host>', 'a name or an address, of this host unless --yes-i-own-it')
    .argument('<port>', 'the port of the server', peerPort)
    .option('--udp', 'over UDP')
    .option('--tcp', 'over TCP (the default); every message is a line')
    .option('--clients <number>', 'sockets', limited(1, LIMITS.clients, 'The number of clients'), 16)
    .option(
      '--window <number>',
      'messages in flight for each client',
      limited(1, LIMITS.window, 'A window'),
      1,
    )
    .option('--size <bytes>', 'the length of a message', limited(1, LIMITS.bytes, 'A length'), 64)
    .option('--rate <number>', 'messages a second, all clients together', limited(1, LIMITS.rate, 'A rate'))
    .option(
      '--duration <seconds>',
      'how long is measured, after half a second of warm-up (default: 5)',
      limited(1, LIMITS.seconds, 'A duration'),
    )
    .option(
      '--count <number>',
      'end after so many answers, without a warm-up',
      limited(1, LIMITS.count, 'A count'),
    )
    .addOption(
      new Option('--answer <kind>', 'what a good answer is').choices(['upper', 'echo']).default('upper'),
    )
    .option('--yes-i-own-it', 'the server may be on another host: it is mine, and so is the network between')
    .addOption(engineOption())
    .addOption(jsonOption('the report'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico bench 127.0.0.1 12000                              16 connections, 5 seconds
  $ portico bench 127.0.0.1 12000 --udp --window 32            512 datagrams in flight
  $ portico bench 127.0.0.1 12000 --rate 10000 --duration 30   an open loop
  $ portico bench localhost 12000 --count 100000 --json

Limits: ${LIMITS.rate} messages a second, ${LIMITS.seconds} seconds, ${LIMITS.count} answers, ${LIMITS.clients} clients.
With the engine linux the generator drives the kernel itself; else it uses
Portico's own sockets, and a fast server waits for it.

Exit codes: 0; 1 when the server can't be reached, answers nothing or something
wrong; 2 for a mistake in the options; 130 after Ctrl-C, with what there was.`,
    )
    .action(bench);
}

async function bench(host: string, port: number, options: BenchOptions, command: Command): Promise<void> {
  if (options.udp && options.tcp) command.error("error: option '--udp' can't be used with '--tcp'");
  if (options.udp && options.size < UDP_BYTES_MIN)
    command.error(`error: over UDP '--size' is at least ${UDP_BYTES_MIN}: a datagram carries its number`);
  if (options.clients * options.window > IN_FLIGHT_MAX)
    command.error(`error: '--clients' times '--window' is at most ${IN_FLIGHT_MAX}`);
  const engine = openEngine(options.engine);
  const signal = interruptSignal();
  const target = await loadTarget(engine, host, port, options.yesIOwnIt === true, signal);
  const spec = specOf(target, options);
  const report = await startLoad(spec, {
    engine: options.engine ?? (engine.name as EngineName),
    signal,
    onProgress: (progress) => sayProgress(progress),
  });
  if (options.json) printJson({ spec, report });
  else sayReport(spec, report);
  signal.throwIfAborted();
  const verdict = verdictOf(spec, report);
  if (verdict === undefined) return;
  say(`portico: ${verdict}`);
  process.exitCode = EXIT_FAILURE;
}

function specOf({ host, port }: InetAddress, options: BenchOptions): LoadSpec {
  const { udp = false, clients, window, size, rate, duration, count, answer } = options;
  return {
    transport: udp ? 'udp' : 'tcp',
    shape: 'echo',
    host,
    port,
    connections: clients,
    window,
    bytes: size,
    lines: !udp,
    answer,
    ...(rate === undefined ? {} : { rate }),
    ...(count === undefined ? {} : { count }),
    warmUpMs: count === undefined ? WARM_UP_MS : 0,
    measureMs: 1000 * (duration ?? (count === undefined ? 5 : LIMITS.seconds)),
  };
}
