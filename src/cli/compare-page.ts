/** The comparison as one page that needs nothing else: a table, and bars as SVG. */
import type { Compared } from './compare-runs.ts';
import type { Work } from './compare-work.ts';

const WIDTH = 720;
const ROW = 22;
const LEFT = 210;
/** Okabe and Ito's blue and orange, told apart by everyone; the label says which is which, too. */
const COLOURS = { udp: '#E69F00', tcp: '#0072B2' } as const;

interface Measure {
  readonly title: string;
  readonly unit: string;
  readonly value: (row: Compared) => number | undefined;
}

const MEASURES: readonly Measure[] = [
  { title: 'Delivered', unit: 'messages', value: ({ delivered }) => delivered },
  { title: 'Lost for the program', unit: 'messages', value: ({ lost }) => lost },
  { title: 'Out of order for the program', unit: 'messages', value: ({ outOfOrder }) => outOfOrder },
  { title: 'Time to the last message', unit: 'ms', value: ({ timeMs }) => Math.round(timeMs) },
  { title: 'Packets on the network', unit: 'packets, both ways', value: ({ segments }) => segments },
];

/** What a row is called. */
export function rowName({ network, transport, loss }: Compared): string {
  const where = loss === undefined ? network : `${network}, ${loss * 100} % loss`;
  return `${transport.toUpperCase()}, ${where}`;
}

/** The page. */
export function comparePage(
  rows: readonly Compared[],
  { messages, bytes, gapMs }: Work,
  seed: number,
): string {
  const facts = `${messages} messages of ${bytes} bytes, one every ${gapMs} ms, one way. Simulated link of 24 to 26 ms, seed ${seed}.`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Portico: UDP against TCP</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 0.2rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; }
</style>
<h1>UDP against TCP</h1>
<p>${facts} UDP loses what the network loses and is never late for it; TCP delivers everything, in order, and takes its time.</p>
${table(rows)}
${MEASURES.map((measure) => chart(measure, rows)).join('\n')}
</html>
`;
}

function table(rows: readonly Compared[]): string {
  const head = ['', ...MEASURES.map(({ title }) => title)].map((text) => `<th>${text}</th>`).join('');
  const body = rows.map((row) => {
    const cells = MEASURES.map(
      ({ value }) => `<td>${value(row)?.toLocaleString('en') ?? 'not counted'}</td>`,
    );
    return `<tr><td>${rowName(row)}</td>${cells.join('')}</tr>`;
  });
  return `<table><tr>${head}</tr>\n${body.join('\n')}</table>`;
}

function chart({ title, unit, value }: Measure, rows: readonly Compared[]): string {
  const shown = rows.filter((row) => value(row) !== undefined);
  const largest = Math.max(1, ...shown.map((row) => value(row) ?? 0));
  const bars = shown.map((row, index) => {
    const number = value(row) ?? 0;
    const width = ((WIDTH - LEFT - 80) * number) / largest;
    const y = index * ROW;
    return `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${rowName(row)}</text>
<rect x="${LEFT}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 7}" fill="${COLOURS[row.transport]}"/>
<text x="${(LEFT + width + 6).toFixed(1)}" y="${y + 15}">${number.toLocaleString('en')}</text>`;
  });
  return `<h2>${title}</h2>
<svg viewBox="0 0 ${WIDTH} ${shown.length * ROW}" width="${WIDTH}" role="img" aria-label="${title}, in ${unit}" font-size="12" font-family="system-ui, sans-serif">
${bars.join('\n')}
</svg>
<p>${unit}</p>`;
}
