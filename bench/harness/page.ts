/** The results of runs as one page that needs nothing else: tables, and plots drawn beforehand as SVG. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Metric } from './question.ts';
import type { Answer, Results } from './results.ts';
import { median, valuesOf } from './results.ts';
import { remarksOf, rowsOf } from './table.ts';
import { heading, shown } from './text.ts';

const WIDTH = 760;
const ROW_HEIGHT = 26;

/** The page. */
export function pageOf(results: readonly Results[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portico: benchmarks</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-size: 13px; margin: 0.5rem 0; display: block; overflow-x: auto; }
th, td { padding: 0.15rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; }
.no { color: #b00020; }
</style>
<h1>Portico: benchmarks</h1>
<p>Bars are medians, points are single runs. Shorter is better for times and memory.</p>
${results.map(runOf).join('\n')}
</html>
`;
}

function runOf({ machine, startedAt, command, settings, answers }: Results): string {
  const facts = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.kernel}, Node ${machine.node}`,
    `commit ${machine.commit ?? 'unknown'}${machine.dirty ? ' with changes' : ''}, ${startedAt}`,
    `${settings.pairs} round${settings.pairs === 1 ? '' : 's'}, ${settings.warmUpMs / 1000} s of warm-up, ${settings.measureMs / 1000} s measured; ${command}`,
  ];
  return [`<p>${facts.map(plain).join('<br>')}</p>`, ...answers.map(section)].join('\n');
}

function section(answer: Answer): string {
  const [main] = answer.metrics;
  const [head = [], ...rows] = rowsOf(answer);
  return `<section>
<h2 id="${answer.name}">${plain(answer.title)}</h2>
${answer.note === undefined ? '' : `<p>${plain(answer.note)}</p>`}
${main === undefined ? '' : plot(answer, main)}
<table><tr>${cells('th', head)}</tr>
${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('\n')}</table>
<ul>${remarksOf(answer).map(remark).join('\n')}</ul>
</section>`;
}

/** A bar for the median of each contestant, a point for each run. */
function plot({ entries, runs }: Answer, metric: Metric): string {
  const names = entries.map(({ name }) => name).filter((name) => valuesOf(runs, name, metric).length > 0);
  if (names.length === 0) return '';
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const scaled = (value: number | undefined) => Number(shown(metric, value));
  const points = names.flatMap((name) =>
    valuesOf(runs, name, metric).map((value) => ({ name, value: scaled(value) })),
  );
  const bars = names.map((name) => ({ name, value: scaled(median(valuesOf(runs, name, metric))) }));
  const drawn = Plot.plot({
    document,
    width: WIDTH,
    height: 60 + ROW_HEIGHT * names.length,
    marginLeft: 110,
    x: { label: heading(metric), grid: true },
    y: { label: null, domain: names },
    marks: [
      Plot.barX(bars, {
        x: 'value',
        y: 'name',
        fill: ({ name }) => (name.startsWith('portico') ? '#3366cc' : '#b8c4d6'),
      }),
      Plot.dot(points, { x: 'value', y: 'name', r: 2.5, fill: '#222', fillOpacity: 0.7 }),
      Plot.text(bars, {
        x: 'value',
        y: 'name',
        text: ({ value }) => String(value),
        dx: 6,
        textAnchor: 'start',
        fill: '#222',
      }),
      Plot.ruleX([0]),
    ],
  });
  return drawn.outerHTML;
}

function cells(tag: 'th' | 'td', row: readonly string[]): string {
  return row.map((cell) => `<${tag}>${plain(cell)}</${tag}>`).join('');
}

function remark(text: string): string {
  return `<li${text.includes('NOT met') || text.includes('failed') ? ' class="no"' : ''}>${plain(text)}</li>`;
}

function plain(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
