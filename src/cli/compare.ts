/** `portico compare`: UDP against TCP, side by side, for the same work. */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { EngineName } from '../index.ts';
import { comparePage, rowName } from './compare-page.ts';
import type { Compared } from './compare-runs.ts';
import type { Transport, Work } from './compare-work.ts';
import { Failure } from './failure.ts';
import { engineOption, jsonOption, limited, openEngine, seed } from './options.ts';
import { print, printJson, say } from './output.ts';

/** The probabilities of loss of the simulated links. */
const LOSSES: readonly number[] = [0, 0.01, 0.05, 0.2];
const TRANSPORTS: readonly Transport[] = ['udp', 'tcp'];
/** More take long on a link that loses a fifth. */
const MESSAGES_MAX = 10_000;
/** A message that fits one segment. */
const BYTES = 1000;
const GAP_MS = 1;

interface CompareOptions {
  readonly messages: number;
  readonly seed: number;
  readonly engine?: EngineName;
  readonly html?: string;
  readonly json?: boolean;
}

/** Adds the command. */
export function addCompare(program: Command): void {
  program
    .command('compare')
    .summary('UDP against TCP for the same work')
    .description(
      `Sends numbered messages one way, over UDP and over TCP: on the real loopback, and on simulated links that lose ${LOSSES.map((loss) => `${loss * 100}`).join(', ')} % of the packets.`,
    )
    .option(
      '--messages <number>',
      `messages of ${BYTES} bytes, one a millisecond`,
      limited(1, MESSAGES_MAX, 'The number of messages'),
      500,
    )
    .option('--seed <number>', 'decides what the simulated links lose', seed, 1)
    .option('--html <file>', 'write the comparison as a page with pictures')
    .addOption(engineOption())
    .addOption(jsonOption('each row'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico compare
  $ portico compare --messages 2000 --html compare.html

Exit codes: 0; 1 when something failed; 2 for a mistake in the options.`,
    )
    .action(compare);
}

async function compare({ messages, seed, engine, html, json }: CompareOptions): Promise<void> {
  const work: Work = { messages, bytes: BYTES, gapMs: GAP_MS };
  const rows = await rowsOf(openEngine(engine), work, seed);
  if (json) for (const row of rows) printJson(row);
  else show(rows, work, seed);
  if (html === undefined) return;
  try {
    await writeFile(html, comparePage(rows, work, seed));
  } catch (error) {
    throw new Failure(`Can't write ${html}: ${(error as Error).message}`);
  }
  say(`portico: ${html} has the pictures`);
}

async function rowsOf(engine: ReturnType<typeof openEngine>, work: Work, seed: number): Promise<Compared[]> {
  const { overLink, overLoopback } = await import('./compare-runs.ts');
  const rows: Compared[] = [];
  for (const transport of TRANSPORTS) rows.push(await overLoopback(engine, transport, work));
  for (const loss of LOSSES)
    for (const transport of TRANSPORTS) rows.push(await overLink(seed, loss, transport, work));
  return rows;
}

function show(rows: readonly Compared[], { messages, bytes, gapMs }: Work, seed: number): void {
  print(
    `${messages} messages of ${bytes} bytes, one every ${gapMs} ms, one way; simulated links of 24 to 26 ms, seed ${seed}`,
  );
  print('');
  const head = ['', 'delivered', 'lost', 'out of order', 'time', 'packets sent'];
  const cells = rows.map((row) => [
    rowName(row),
    `${row.delivered}`,
    `${row.lost}`,
    `${row.outOfOrder}`,
    `${row.timeMs.toFixed(0)} ms`,
    row.segments === undefined ? '-' : `${row.segments}`,
  ]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...cells].map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [head, ...cells]) {
    const [name = '', ...numbers] = row;
    const padded = numbers.map((cell, index) => cell.padStart(widths[index + 1] ?? 0));
    print([name.padEnd(widths[0] ?? 0), ...padded].join('  ').trimEnd());
  }
}
