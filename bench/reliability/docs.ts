/** docs/reliability.md, made of what was found and of the text that explains it. */
import type { Finding, Made, Results } from './measure.ts';
import { MEASURES } from './measures.ts';

/** The file: what a person wrote, which is bench/reliability/text.md, with the findings in their place. */
export function docsOf(results: Results, written: string): string {
  const [before = '', after = ''] = written.split('<!-- results -->\n');
  return `${before}${factsOf(results)}\n\n${tableOf(results)}\n\n${detailsOf(results)}${after}`;
}

function factsOf({ machine, made, command }: Results): string {
  const commits = [...new Set(made.map(({ commit }) => commit ?? 'unknown'))];
  const days = made.map(({ startedAt }) => startedAt.slice(0, 10)).toSorted();
  const span = [...new Set([days[0], days.at(-1)])].join(' to ');
  return [
    `- ${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 1e9)} GB, ${machine.kernel}, Node ${machine.node}, engine linux`,
    `- commit ${commits.join(', ')}, ${span}; the last of the commands was \`${command}\``,
    '- each row is one run; clients and server share the cores',
  ].join('\n');
}

function tableOf({ made }: Results): string {
  const rows = MEASURES.map(({ name, title, aim }) => {
    const found = made.find((one) => one.name === name)?.finding;
    const named = found ? `[${title}](#${name})` : title;
    return `| ${named} | ${aim} | ${figureOf(found)} | ${verdictOf(found)} |`;
  });
  return ['| what happens | aim | measured | |', '|---|---|---|---|', ...rows].join('\n');
}

function figureOf(found: Made['finding'] | undefined): string {
  if (!found) return '–';
  return 'skipped' in found ? found.skipped : found.figure;
}

function verdictOf(found: Made['finding'] | undefined): string {
  if (!found) return 'not measured';
  if ('skipped' in found) return 'skipped';
  return found.met ? 'met' : '**NOT met**';
}

function detailsOf({ made }: Results): string {
  return MEASURES.flatMap(({ name, how }) => {
    const one = made.find((other) => other.name === name);
    if (!one || 'skipped' in one.finding) return [];
    return [section(name, how, one, one.finding)];
  }).join('\n');
}

function section(name: string, how: string, { commit, startedAt, load }: Made, found: Finding): string {
  const lines = [
    ...found.details,
    `\`${found.command}\``,
    `commit ${commit ?? 'unknown'}, ${startedAt.slice(0, 16).replace('T', ' ')}, load before: ${load}`,
  ];
  return `### ${name}\n\n${how}\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`;
}
