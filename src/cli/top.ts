/** `portico top`: a running server live in the terminal, from what it says at its metrics port. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { Argument } from 'commander';
import type { ServerStats } from '../server/index.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import { interruptSignal } from './interrupt.ts';
import { jsonOption, limited } from './options.ts';
import { print, printJson } from './output.ts';
import { topText } from './top-text.ts';

/** What a server answers within, in milliseconds; it takes a few. A guess. */
const ANSWER_MS = 5000;
/** Moves the cursor home and clears what is below: console_codes(4). */
const HOME = '\x1b[H\x1b[J';

interface TopOptions {
  readonly interval: number;
  readonly once?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function addTop(program: Command): void {
  program
    .command('top')
    .summary('watch a running server')
    .description(
      'Shows the connections, rates, drops, queues and threads of a server that was started with --metrics-port.',
    )
    .addArgument(new Argument('[where]', 'the metrics port, or http://HOST:PORT').default('9464'))
    .option('--interval <ms>', 'how often to ask', limited(100, 3_600_000, 'An interval'), 1000)
    .option('--once', 'ask once and end; rates are then those since the start')
    .addOption(jsonOption('each answer'))
    .addHelpText(
      'after',
      `
Examples:
  $ portico serve --metrics-port 9464
  $ portico top 9464
  $ portico top --once --json | jq .open

Exit codes: 0 after Ctrl-C or --once, 1 when there is no server, 2 for a mistake in the options.`,
    )
    .action(top);
}

async function top(where: string, { interval, once, json }: TopOptions): Promise<void> {
  const url = statsUrl(where);
  const signal = interruptSignal();
  let before: ServerStats | undefined;
  while (!signal.aborted) {
    const now = await ask(url);
    if (json) printJson(now);
    else {
      const text = topText(now, before);
      if (process.stdout.isTTY && !once) process.stdout.write(`${HOME}${fitting(text)}\n`);
      else print(text);
    }
    if (once) return;
    before = now;
    await pause(interval, undefined, { signal }).catch(() => {});
  }
}

/** As much of it as the screen has rows for, so that its head does not leave at the top. */
function fitting(text: string): string {
  const lines = text.split('\n');
  const rows = process.stdout.rows - 1; // the cursor stands below
  if (lines.length <= rows) return text;
  return [...lines.slice(0, rows - 1), `  and ${lines.length - rows + 1} more`].join('\n');
}

async function ask(url: URL): Promise<ServerStats> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const stats = response.ok ? ((await response.json()) as Partial<ServerStats>) : {};
    if (Array.isArray(stats.threads) && typeof stats.uptimeMs === 'number') return stats as ServerStats;
    throw new Error('what answers there is no server of Portico');
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Failure(
      `No server answers at ${url.origin}: ${(cause as Error).message}. Start one with portico serve --metrics-port`,
    );
  }
}

function statsUrl(where: string): URL {
  const text = /^\d+$/.test(where) ? `http://127.0.0.1:${where}` : where;
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new Failure(`'${where}' is neither a port nor http://HOST:PORT`, EXIT_USAGE);
  return new URL('/stats', text);
}
