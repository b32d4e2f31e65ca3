/** docs/benchmarks.md, made of the results of runs and of the text that explains them. */
import type { Answer, Results } from './results.ts';
import { remarksOf, rowsOf } from './table.ts';

/** The file: what a person wrote, which is bench/benchmarks-text.md, with the results in their place. */
export function docsOf(results: readonly Results[], written: string): string {
  const [before = '', after = ''] = written.split('<!-- results -->\n');
  const parts = results.flatMap((run, index) => {
    const heading = results.length === 1 ? 'The run' : `Run ${index + 1} of ${results.length}`;
    return [`## ${heading}\n\n${factsOf(run)}\n`, ...run.answers.map(section)];
  });
  return `${before}${parts.join('\n')}${after}`;
}

function factsOf({ machine, settings, startedAt, command, interrupted, answers }: Results): string {
  const versions = new Map(
    answers.flatMap(({ entries }) =>
      entries.flatMap(({ program, version }) => (version === undefined ? [] : [[program, version] as const])),
    ),
  );
  const lines = [
    `- ${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 1e9)} GB, ${machine.kernel}; load before: ${machine.load}`,
    `- ${[...versions].map(([program, version]) => `${program}: ${version}`).join('; ')}`,
    `- commit ${machine.commit ?? 'unknown'}${machine.dirty ? ' with changes' : ''}, ${startedAt.slice(0, 10)}, \`${command}\``,
    `- ${settings.pairs} round${settings.pairs === 1 ? '' : 's'}, ${settings.warmUpMs / 1000} s of warm-up and ${settings.measureMs / 1000} s measured; ` +
      (machine.pinned ? 'the server on one core, the load on another' : 'server and load share the cores'),
    ...(interrupted ? ['- the run was interrupted: what is missing was not measured'] : []),
  ];
  return lines.join('\n');
}

function section(answer: Answer): string {
  const [head = [], ...rows] = rowsOf(answer);
  const table = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows].map(
    (row) => `| ${row.join(' | ')} |`,
  );
  const note = answer.note === undefined ? '' : `${answer.note}\n\n`;
  const remarks = remarksOf(answer).map((remark) => `- ${remark}`);
  return `## ${answer.name}\n\n${answer.title}. ${note === '' ? '\n\n' : `${note}`}${table.join('\n')}\n\n${remarks.join('\n')}\n`;
}
