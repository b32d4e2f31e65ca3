/** `portico sim`: plays a scenario on the simulated network and prints what crossed it. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Look, Performance, Scenario } from '../scenarios/index.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import { jsonOption, seed } from './options.ts';
import { print, printJson, say } from './output.ts';

/** More rows than this tell a person nothing; the JSON has them all. */
const ROWS_MAX = 200;

interface SimOptions {
  readonly seed: number;
  readonly variant?: string;
  readonly profile: 'linux' | 'rfc';
  readonly loss: number;
  readonly pcap?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function addSim(program: Command): void {
  program
    .command('sim')
    .summary('play a scenario on a simulated network')
    .description(
      'Plays a scenario: programs on simulated hosts, real UDP and TCP segments, virtual time. The same seed gives the same run.',
    )
    .argument('[scenario]', 'its name; --list has them all', 'tcp-handshake')
    .option('--seed <number>', 'decides every chance of the run', seed, 1)
    .option('--variant <name>', 'which way to play it; the first when left out')
    .addOption(
      new Option('--profile <name>', 'whose choices TCP makes').choices(['linux', 'rfc']).default('linux'),
    )
    .option(
      '--loss <p>',
      'lose packets with this probability, 0 to 1, beside what the scenario loses',
      probability,
      0,
    )
    .option('--pcap <file>', 'write what the first host of the first link saw, for Wireshark')
    .option('--list', 'name the scenarios')
    .addOption(jsonOption('the run'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico sim udp-loss --seed 7
  $ portico sim tcp-loss --variant fast-retransmit --pcap run.pcapng
  $ portico sim backlog --variant cookies --json

Exit codes: 0; 1 when the run could not go on; 2 for a mistake in the options.`,
    )
    .action(sim);
}

async function sim(name: string, options: SimOptions): Promise<void> {
  // most commands need no simulator
  const { play, scenarios } = await import('../scenarios/index.ts');
  if (options.list) {
    list(scenarios, options.json === true);
    return;
  }
  const scenario = scenarios.find((one) => one.name === name);
  if (!scenario) throw new Failure(`There is no scenario "${name}"; see: portico sim --list`, EXIT_USAGE);
  const { variant } = options;
  if (variant !== undefined && !scenario.variants.some((one) => one.name === variant)) {
    const names = scenario.variants.map((one) => one.name).join(', ');
    throw new Failure(`The scenario ${name} has the variants ${names}, got "${variant}"`, EXIT_USAGE);
  }
  const { seed, profile, loss } = options;
  const performance = await played(() =>
    play(scenario, { seed, profile, loss, ...(variant === undefined ? {} : { variant }) }),
  );
  if (options.pcap !== undefined) await capture(performance, options.pcap);
  if (options.json) await printRun(performance);
  else await showRun(performance);
}

/** A run that could not go on is a result of the options, not a defect. */
async function played(run: () => Promise<Performance>): Promise<Performance> {
  const { SimulationError } = await import('../sim/index.ts');
  try {
    return await run();
  } catch (error) {
    if (error instanceof SimulationError) throw new Failure(error.message);
    throw error;
  }
}

function list(scenarios: readonly Scenario[], asJson: boolean): void {
  for (const { name, title, variants } of scenarios) {
    const names = variants.map((variant) => variant.name);
    if (asJson) printJson({ name, title, variants: names });
    else print(`${name.padEnd(18)}${title}${names.length > 1 ? `  (${names.join(', ')})` : ''}`);
  }
}

async function capture({ sim, wires }: Performance, path: string): Promise<void> {
  const [wire] = wires;
  if (!wire) return;
  try {
    await writeFile(path, sim.pcap(wire));
  } catch (error) {
    throw new Failure(`Can't write ${path}: ${(error as Error).message}`);
  }
  say(`portico: ${path} holds what ${wire.ends[0].name} saw`);
}

async function showRun(performance: Performance): Promise<void> {
  const { ladder, trace } = await import('../sim/index.ts');
  const { scenario, variant, sim, looks } = performance;
  print(
    `${scenario.title}: ${variant.title} (${scenario.name} --variant ${variant.name}, seed ${sim.seed}, profile ${sim.profile})`,
  );
  print('');
  for (const caption of variant.captions) print(`  ${caption}`);
  print('');
  print(ladder(sim, { rowsMax: ROWS_MAX }));
  for (const look of looks) await showLook(look);
  print('');
  print('what the programs printed:');
  for (const { host, program, timeMs, text } of trace(sim).printed())
    print(`  ${timeMs.toFixed(3).padStart(10)} ms  ${program} on ${host}: ${text}`);
  print('');
  print(`hash ${trace(sim).hash}, ${sim.now.toFixed(3)} ms of network time`);
}

async function showLook({ timeMs, hosts }: Look): Promise<void> {
  const { SocketTable } = await import('../sim/index.ts');
  for (const { host, sockets } of hosts) {
    if (sockets.length === 0) continue;
    print('');
    print(`sockets of ${host} at ${timeMs.toFixed(3)} ms:`);
    for (const line of new SocketTable(sockets).toString().split('\n')) print(`  ${line}`);
  }
}

async function printRun({ scenario, variant, sim, looks }: Performance): Promise<void> {
  const { trace } = await import('../sim/index.ts');
  const view = trace(sim);
  printJson({
    scenario: scenario.name,
    variant: variant.name,
    seed: sim.seed,
    profile: sim.profile,
    hash: view.hash,
    nowMs: sim.now,
    printed: view.printed(),
    looks,
    trace: view.toJSON(),
  });
}

function probability(text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('A probability is a number from 0 to 1.');
  return number;
}
