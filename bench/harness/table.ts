/** The answer to a question as rows of text, for the terminal and for docs/benchmarks.md. */
import type { Metric } from './question.ts';
import type { Answer } from './results.ts';
import { compared, median, valuesOf } from './results.ts';
import { heading, outcomeText, shown } from './text.ts';

/** The rows of a table, the heading first. */
export function rowsOf({ entries, runs, metrics }: Answer): string[][] {
  const [main] = metrics;
  const first = entries.find(({ missing }) => missing === undefined)?.name ?? '';
  const hasCalls = entries.some(({ calls }) => calls !== undefined);
  const present = entries.filter(({ name }) =>
    runs.some(({ contestant, failed }) => contestant === name && !failed),
  );
  const head = ['', ...metrics.map(heading), ...(hasCalls ? [heading('calls')] : []), `${first} ÷ it`];
  return [
    head,
    ...present.map(({ name, calls }) => [
      name,
      ...metrics.map((metric) => shown(metric, median(valuesOf(runs, name, metric)))),
      ...(hasCalls ? [shown('calls', calls)] : []),
      name === first || main === undefined ? '1' : ratioText(compared(runs, main, [first, name])),
    ]),
  ];
}

/** What is said below the table: targets, failures, those left out, and where the load was at its limit. */
export function remarksOf(answer: Answer): string[] {
  return [...answer.outcomes.map(outcomeText), ...failures(answer), ...leftOut(answer), ...limits(answer)];
}

/** Columns that line up. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function ratioText(ratios: readonly number[]): string {
  const middle = median(ratios);
  if (middle === undefined) return '–';
  return `${middle.toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
}

function failures({ runs }: Answer): string[] {
  return runs.flatMap(({ contestant, round, failed }) =>
    failed === undefined ? [] : [`${contestant}, round ${round}, failed: ${failed}`],
  );
}

function leftOut({ entries }: Answer): string[] {
  return entries.flatMap(({ name, missing }) =>
    missing === undefined ? [] : [`${name} is left out: ${missing}`],
  );
}

/** Where the load used its core up, its own speed may be what the rate shows; the server's time a message stands. */
const LIMIT = 0.97;
/** A server that waits longer than this share of the time for its processor has company on it. A guess. */
const COMPANY = 0.05;

function limits({ entries, runs, metrics }: Answer): string[] {
  const bound = entries.filter(({ name }) =>
    isBound(median(valuesOf(runs, name, 'loadBusy')), median(valuesOf(runs, name, 'serverBusy'))),
  );
  const disturbed = entries.flatMap(({ name }) => {
    const waited = median(valuesOf(runs, name, 'serverWaited')) ?? 0;
    return waited > COMPANY ? `${name} ${Math.round(100 * waited)} % of the time` : [];
  });
  const lossy = entries.filter(({ name }) =>
    (['lost', 'wrong'] as const).some((metric: Metric) =>
      valuesOf(runs, name, metric).some((value) => value > 0),
    ),
  );
  return [
    ...(bound.length === 0 || metrics[0] === 'p50'
      ? []
      : [`the load had its core full and the server had not: ${bound.map(({ name }) => name).join(', ')}`]),
    ...(disturbed.length === 0
      ? []
      : [`waited for the core while other programs or threads of their own had it: ${disturbed.join(', ')}`]),
    ...lossy.map(
      ({ name }) =>
        `${name}: ${sum(valuesOf(runs, name, 'lost'))} lost, ${sum(valuesOf(runs, name, 'wrong'))} wrong in all rounds`,
    ),
  ];
}

function isBound(load = 0, server = 0): boolean {
  return load >= LIMIT && server < LIMIT;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
