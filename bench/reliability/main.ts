/**
 * `npm run reliability`: each row of the table in docs/reliability.md is measured by a script in rows/. The server is a
 * process of its own, the clients are in another.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describeMachine } from '../harness/machine.ts';
import { ROOT } from '../harness/which.ts';
import { docsOf } from './docs.ts';
import type { Finding, Made, Measure, Results, Skip } from './measure.ts';
import { MEASURES } from './measures.ts';

interface Options {
  readonly list?: boolean;
  readonly json?: string;
  readonly docs?: boolean;
  readonly from?: boolean;
}

await new Command('npm run reliability --')
  .description('Measures what the server survives, and says whether it does what was aimed at.')
  .argument('[name...]', 'which measures, by name or by its beginning; all without')
  .option('--list', 'list the measures')
  .option(
    '--json <file>',
    'write what was found to a file; measures that are there already and not made now stay',
  )
  .option('--docs', 'write docs/reliability.md')
  .option('--from', 'measure nothing: take the file of --json as it is')
  .showHelpAfterError()
  .action(reliability)
  .parseAsync();

async function reliability(names: readonly string[], options: Options, command: Command): Promise<void> {
  const unknown = names.filter((name) => !MEASURES.some((measure) => measure.name.startsWith(name)));
  if (unknown.length > 0) command.error(`error: there is no measure ${unknown.join(', ')}; see --list`);
  if (options.list) {
    for (const { name, title } of MEASURES) console.log(`${name.padEnd(22)}${title}`);
    return;
  }
  const results = startOf(options);
  if (!options.from) await makeAll(names, results, options);
  if (options.docs) {
    const text = readFileSync(`${ROOT}bench/reliability/text.md`, 'utf8');
    writeFileSync(`${ROOT}docs/reliability.md`, docsOf(results, text));
  }
}

function startOf({ json, from }: Options): Results {
  const made =
    json !== undefined && existsSync(json) ? (JSON.parse(readFileSync(json, 'utf8')) as Results) : undefined;
  if (from && made) return made;
  return {
    version: 1,
    machine: describeMachine(),
    command: ['npm run reliability --', ...process.argv.slice(2).map((word) => basename(word))].join(' '),
    made: made?.made ?? [],
  };
}

async function makeAll(names: readonly string[], results: Results, { json }: Options): Promise<void> {
  const chosen = MEASURES.filter(
    ({ name }) => names.length === 0 || names.some((one) => name.startsWith(one)),
  );
  for (const measure of chosen) {
    const made = await make(measure);
    results.made = [...results.made.filter(({ name }) => name !== made.name), made];
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`);
    print(measure, made);
  }
}

async function make({ name }: Measure): Promise<Made> {
  const began = performance.now();
  const { commit, load } = describeMachine();
  const startedAt = new Date().toISOString();
  const found = await inProcess(name);
  return { name, startedAt, seconds: (performance.now() - began) / 1000, commit, load, finding: found };
}

function inProcess(name: string): Promise<Finding | Skip> {
  const run = fileURLToPath(new URL('run.js', import.meta.url));
  const child = spawn(process.execPath, [run, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(text) as Finding | Skip);
      else reject(new Error(`The measure ${name} ended with ${signal ?? code}`));
    });
  });
}

function print({ name, title, aim }: Measure, { finding, seconds }: Made): void {
  console.log(`\n${name}: ${title}\n  aim: ${aim}`);
  if ('skipped' in finding) {
    console.log(`  skipped: ${finding.skipped}`);
    return;
  }
  console.log(`  ${finding.met ? 'met' : 'NOT met'}: ${finding.figure}`);
  for (const detail of finding.details) console.log(`  ${detail}`);
  console.log(`  ${finding.command} (${seconds.toFixed(0)} s)`);
}
