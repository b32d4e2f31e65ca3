/**
 * `npm run bench`: Portico beside its peers, one file a question in questions/. Every round runs each contestant once, a
 * fresh server on one core and a fresh load on the other, and measures processor time of the server per message.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { askQuestion } from './harness/ask.ts';
import { killAll } from './harness/child.ts';
import { docsOf } from './harness/docs.ts';
import { describeMachine } from './harness/machine.ts';
import { pageOf } from './harness/page.ts';
import { hush } from './harness/progress.ts';
import type { Question } from './harness/question.ts';
import type { Answer, Results } from './harness/results.ts';
import type { Settings } from './harness/settings.ts';
import { FULL, QUICK } from './harness/settings.ts';
import { aligned, remarksOf, rowsOf } from './harness/table.ts';
import { ROOT } from './harness/which.ts';
import { QUESTIONS } from './questions/index.ts';

interface Options {
  readonly list?: boolean;
  readonly quick?: boolean;
  readonly pairs?: number;
  readonly peers?: readonly string[];
  readonly targets?: boolean;
  readonly json?: string;
  readonly html?: string;
  readonly docs?: boolean;
  readonly from?: readonly string[];
}

const PAIRS_MAX = 1000;

function pairsOption(text: string): number {
  const pairs = Number(text);
  if (!Number.isInteger(pairs) || pairs < 1 || pairs > PAIRS_MAX)
    throw new InvalidArgumentError(`Rounds are a whole number from 1 to ${PAIRS_MAX}.`);
  return pairs;
}

const program = new Command('npm run bench --')
  .description(
    'Measures Portico beside its peers: processor time of the server per message, rate, latency, memory.',
  )
  .argument('[question...]', 'which questions; all without')
  .option('--list', 'list the questions')
  .option('--quick', 'under two minutes: fewer questions, peers and rounds, shorter measures')
  .option('--pairs <number>', `rounds (default: ${FULL.pairs}, quick ${QUICK.pairs})`, pairsOption)
  .option('--peers <names>', 'only these contestants, separated by commas', (text: string) => text.split(','))
  .option('--targets', 'only the contestants that a target names')
  .option('--json <file>', 'write every run to a file, question by question')
  .option('--html <file>', 'write a page with plots')
  .option('--docs', 'write docs/benchmarks.md')
  .addOption(
    new Option('--from <file...>', 'take the results of earlier runs with --json instead of measuring'),
  )
  .showHelpAfterError()
  .action(bench);

await program.parseAsync();

async function bench(names: readonly string[], options: Options, command: Command): Promise<void> {
  const unknown = names.filter((name) => !QUESTIONS.some((question) => question.name === name));
  if (unknown.length > 0) command.error(`error: there is no question ${unknown.join(', ')}; see --list`);
  const known = new Set(QUESTIONS.flatMap(({ contestants }) => contestants.map(({ name }) => name)));
  const strangers = options.peers?.filter((name) => !known.has(name)) ?? [];
  if (strangers.length > 0)
    command.error(`error: nobody is called ${strangers.join(', ')}; there are ${[...known].join(', ')}`);
  if (options.list) {
    for (const { name, title } of QUESTIONS) console.log(`${name.padEnd(18)}${title}`);
    return;
  }
  write(options.from === undefined ? [await measure(names, options)] : options.from.map(read), options);
}

function read(file: string): Results {
  const results = JSON.parse(readFileSync(file, 'utf8')) as Results;
  for (const answer of results.answers) print(answer);
  return results;
}

async function measure(names: readonly string[], options: Options): Promise<Results> {
  const basis = options.quick ? QUICK : FULL;
  const settings: Settings = {
    ...basis,
    pairs: options.pairs ?? basis.pairs,
    peers: options.peers ?? basis.peers,
    targetsOnly: options.targets ?? basis.targetsOnly,
  };
  const results: Results = {
    version: 1,
    machine: describeMachine(),
    settings,
    // a file's folder says something of the machine, and nothing of the run
    command: ['npm run bench --', ...process.argv.slice(2).map((word) => basename(word))].join(' '),
    startedAt: new Date().toISOString(),
    endedAt: '',
    interrupted: false,
    answers: [],
  };
  const interruption = onInterrupt(results);
  const questions = chosenQuestions(names, options);
  const share = (settings.budgetMs ?? Number.POSITIVE_INFINITY) / questions.length;
  const began = performance.now();
  for (const [index, question] of questions.entries()) {
    if (interruption.aborted) break;
    const answer = await askQuestion(question, settings, interruption, began + share * (index + 1));
    results.answers.push(answer);
    results.endedAt = new Date().toISOString();
    save(results, options);
    hush();
    print(answer);
  }
  save(results, options);
  return results;
}

/** The first Ctrl-C ends the programs; what was measured is shown. The second ends this one. */
function onInterrupt(results: Results): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      results.interrupted = true;
      process.exitCode = name === 'SIGINT' ? 130 : 143;
      controller.abort();
      killAll();
    });
  }
  return controller.signal;
}

function chosenQuestions(names: readonly string[], { quick }: Options): readonly Question[] {
  if (names.length > 0) return QUESTIONS.filter(({ name }) => names.includes(name));
  return quick ? QUESTIONS.filter((question) => question.quick) : QUESTIONS;
}

function print(answer: Answer): void {
  console.log(`\n${answer.name}: ${answer.title}`);
  console.log(aligned(rowsOf(answer)));
  for (const remark of remarksOf(answer)) console.log(`  ${remark}`);
}

/** After each question, for a run takes hours. */
function save(results: Results, { json }: Options): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`);
}

function write(results: readonly Results[], { html, docs }: Options): void {
  if (html !== undefined) writeFileSync(html, pageOf(results));
  if (docs) {
    const written = readFileSync(`${ROOT}bench/benchmarks-text.md`, 'utf8');
    writeFileSync(`${ROOT}docs/benchmarks.md`, docsOf(results, written));
  }
}
