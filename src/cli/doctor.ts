/** `portico doctor`: what this host offers, which engine it gets and why, and whether a message comes back. */
import type { Command } from 'commander';
import type { Engine, EngineName, InetAddress } from '../index.ts';
import { decode, encode } from '../index.ts';
import { SERVICES, serve } from '../server/index.ts';
import type { DemoClient } from './demo-clients.ts';
import { TcpDemoClient, UdpDemoClient } from './demo-clients.ts';
import { EXIT_FAILURE, failureText } from './failure.ts';
import type { EngineFact, LimitFact } from './host-facts.ts';
import { choice, engines, hasIpv6, limits, versions } from './host-facts.ts';
import { engineOption, jsonOption, openEngine } from './options.ts';
import { print, printJson } from './output.ts';

interface DoctorOptions {
  readonly engine?: EngineName;
  readonly json?: boolean;
}

/** Adds the command. */
export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .summary('what this host offers to sockets')
    .description(
      'Says which engine this host gets and why, its versions and limits, and sends a message over UDP and TCP.',
    )
    .addOption(engineOption())
    .addOption(jsonOption('everything'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico doctor
  $ portico doctor --json | jq .limits

Exit codes: 0 when UDP and TCP work here, 1 when not, 2 for a mistake in the options.`,
    )
    .action(doctor);
}

interface Finding {
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly engines: readonly EngineFact[];
  readonly chosen: { readonly engine: string; readonly why: string };
  readonly ipv6: boolean;
  readonly limits: readonly LimitFact[];
  /** `undefined` when the message came back, else why it did not. */
  readonly failures: Readonly<Record<'udp' | 'tcp', string | undefined>>;
}

async function doctor(options: DoctorOptions): Promise<void> {
  const engine = openEngine(options.engine);
  const facts = engines();
  const finding: Finding = {
    versions: versions(),
    engines: facts,
    chosen: options.engine
      ? { engine: engine.name, why: '--engine asks for it' }
      : { engine: engine.name, why: choice(facts).why },
    ipv6: await hasIpv6(engine),
    limits: limits(),
    failures: { udp: await tryTransport(engine, 'udp'), tcp: await tryTransport(engine, 'tcp') },
  };
  const { udp, tcp } = finding.failures;
  const works = udp === undefined && tcp === undefined;
  if (options.json) printJson({ works, ...finding });
  else sayFinding(finding);
  if (!works) process.exitCode = EXIT_FAILURE;
}

/** Sends a message to a server of our own; why it did not come back, `undefined` when it did. */
async function tryTransport(engine: Engine, transport: 'udp' | 'tcp'): Promise<string | undefined> {
  try {
    await using server = await serve(SERVICES.upper, {
      udp: transport === 'udp',
      tcp: transport === 'tcp',
      host: '127.0.0.1',
      engine,
    });
    await using client = await openClient(engine, server.addresses);
    const reply = decode(await client.exchange(encode('straße'), new AbortController().signal));
    return reply === 'STRASSE' ? undefined : `the reply was ${JSON.stringify(reply)}`;
  } catch (error) {
    const text = failureText(error);
    if (text === undefined) throw error;
    return text;
  }
}

function openClient(
  engine: Engine,
  { udp, tcp }: { udp: InetAddress | undefined; tcp: InetAddress | undefined },
): Promise<DemoClient> {
  if (udp) return UdpDemoClient.open(engine, udp);
  if (tcp) return TcpDemoClient.open(engine, tcp);
  throw new TypeError('The server has one transport');
}

function sayFinding({ versions, engines, chosen, ipv6, limits, failures }: Finding): void {
  const row = (name: string, text: string) => print(`  ${name.padEnd(36)}${text}`);
  print('Versions');
  for (const [name, version] of Object.entries(versions)) row(name, version ?? 'not installed');
  print('Engines');
  for (const { name, runs, reason } of engines) row(name, runs ? 'runs' : `does not run: ${reason}`);
  row('chosen', `${chosen.engine}: ${chosen.why}`);
  print('Limits');
  for (const { name, meaning, value = 'not known', advice } of limits) {
    row(name, `${value}  (${meaning})`);
    if (advice) row('', `low; ${advice}`);
  }
  print(`Does it work? A message to a server in this process, and back, on engine ${chosen.engine}`);
  row('UDP', failures.udp ?? 'yes');
  row('TCP', failures.tcp ?? 'yes');
  row('IPv6', ipv6 ? 'yes' : 'no: this host has no address ::1');
}
