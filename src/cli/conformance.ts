/** `portico conformance`: runs the cases that say what a socket does, on an engine of this host. */
import type { Command } from 'commander';
import type { EngineName } from '../index.ts';
import type { ConformanceCase, ConformanceReport, ConformanceResult } from '../testing/index.ts';
import { EXIT_FAILURE, EXIT_USAGE, Failure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { engineOption, jsonOption, openEngine, seed } from './options.ts';
import { print, printJson, say } from './output.ts';
import { duration } from './text.ts';

interface ConformanceOptions {
  readonly engine?: EngineName;
  readonly filter?: string;
  readonly seed?: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function addConformance(program: Command): void {
  program
    .command('conformance')
    .summary('run the conformance suite on this host')
    .description(
      'Runs the conformance cases, one behaviour each, and says which hold on this host and why others do not run.',
    )
    .option(
      '--filter <text>',
      'only the cases whose name, or row of the checklist (U21, T14), contains this text',
    )
    .option('--seed <number>', 'the seed that a failure printed', seed)
    .addOption(engineOption())
    .addOption(jsonOption('each verdict'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico conformance
  $ portico conformance --engine node --filter recvfrom

Exit codes: 0 when no case failed, 1 when one did, 2 for a mistake in the options (also a
filter that matches no case), 130 after Ctrl-C.`,
    )
    .action(conformance);
}

async function conformance({ engine: name, filter, json, ...options }: ConformanceOptions): Promise<void> {
  const engine = openEngine(name);
  // the suite is larger than all the rest: the other commands start without it
  const { conformanceCases, runConformance } = await import('../testing/index.ts');
  const matches = (one: ConformanceCase) =>
    filter === undefined || [one.name, ...(one.rows ?? [])].some((text) => text.includes(filter));
  const total = conformanceCases.filter(matches).length;
  if (total === 0) throw new Failure(`No case has "${filter}" in its name or rows`, EXIT_USAGE);

  const interrupted = interruptSignal();
  // a case that runs can't be called off: what it holds goes with the process
  interrupted.addEventListener('abort', () => process.exit(interrupted.reason.exitCode));
  if (!json) print(`${total} cases on engine ${engine.name}`);
  const report = await runConformance(engine, {
    ...options,
    filter: matches,
    onResult: json ? printVerdict : sayVerdict,
  });
  if (json) printSummary(report);
  else saySummary(report);
  if (report.failed > 0) process.exitCode = EXIT_FAILURE;
}

function sayVerdict({ name, rows, verdict, reason, durationMs }: ConformanceResult): void {
  const line = `${verdict.padEnd(7)}  ${name}${rows.length > 0 ? `  [${rows.join(' ')}]` : ''}`;
  if (verdict === 'passed') print(`${line}  ${duration(durationMs)}`);
  else print(`${line}\n         ${reason}`);
}

function printVerdict({ name, rows, verdict, reason, durationMs }: ConformanceResult): void {
  printJson({ event: 'case', name, rows, verdict, reason, ms: durationMs });
}

function printSummary({ engine, seed, passed, failed, skipped }: ConformanceReport): void {
  printJson({ event: 'summary', engine, seed, passed, failed, skipped });
}

function saySummary({ engine, seed, passed, failed, skipped, results }: ConformanceReport): void {
  print(`${passed} passed, ${failed} failed, ${skipped} skipped on engine ${engine}`);
  if (failed === 0) return;
  // once more, for the list is long
  for (const { name, verdict, reason } of results)
    if (verdict === 'failed') say(`failed   ${name}: ${reason}`);
  say(`portico: the same run again: portico conformance --engine ${engine} --seed ${seed}`);
}
