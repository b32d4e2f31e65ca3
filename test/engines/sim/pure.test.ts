/** The simulator is pure: a run is a function of its seed, in Node and in a browser. What lint forbids, read once more. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../../../src/engines/sim/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

const FORBIDDEN: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a module of Node', /from '(node:|(?:fs|net|dgram|os|crypto|timers)')/],
  ['an import while it runs', /\bimport\(/],
  ['the date', /\bDate\b/],
  ['chance without a seed', /Math\.random|\bcrypto\b/],
  ['a timer of the host', /\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bperformance\b/],
  ['the process', /(?<![#./\w])process\.|globalThis/],
  [
    'a function whose last bits differ',
    /Math\.(sin|cos|tan|log|exp|pow|sqrt|cbrt|hypot|atan|asin|acos)|\*\*(?! )/,
  ],
];

it('there are files to read', () => {
  expect(files.length).toBeGreaterThan(30);
});

it.each(files)('%s', (file) => {
  const code = readFileSync(new URL(file, folder), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '');
  for (const [what, pattern] of FORBIDDEN)
    expect({ what, found: pattern.exec(code)?.[0] }).toEqual({ what, found: undefined });
});
