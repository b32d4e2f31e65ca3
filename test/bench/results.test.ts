import { describe, expect, test } from 'vitest';
import { docsOf } from '../../bench/harness/docs.ts';
import { pageOf } from '../../bench/harness/page.ts';
import type { Results, Run } from '../../bench/harness/results.ts';
import { compared, median, outcomes } from '../../bench/harness/results.ts';
import { FULL } from '../../bench/harness/settings.ts';
import { remarksOf, rowsOf } from '../../bench/harness/table.ts';
import { readUsage, spent } from '../../bench/harness/usage.ts';
import { QUESTIONS } from '../../bench/questions/index.ts';

const RUNS: readonly Run[] = [
  { contestant: 'portico', round: 1, figures: { cpu: 2 } },
  { contestant: 'c', round: 1, figures: { cpu: 1 } },
  { contestant: 'portico', round: 2, figures: { cpu: 3 } },
  { contestant: 'c', round: 2, figures: {}, failed: 'it <fell>' },
  { contestant: 'portico', round: 3, figures: { cpu: 6 } },
  { contestant: 'c', round: 3, figures: { cpu: 2 } },
];

describe('figures', () => {
  test('ratios are of one round; a round in which one failed has none', () => {
    expect(compared(RUNS, 'cpu', ['portico', 'c'])).toEqual([2, 3]);
    expect(compared(RUNS, 'cpu', ['portico', 'c'], 'difference')).toEqual([1, 4]);
    expect(compared(RUNS, 'p50', ['portico', 'c'])).toEqual([]);
  });

  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2],
    [[], undefined],
  ])('the median of %j is %s', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test('a target is met, not met, or has no figure', () => {
    const targets = [
      { metric: 'cpu', against: 'c', atMost: 2 },
      { metric: 'cpu', against: 'c', atMost: 1.9 },
      { metric: 'cpu', atLeast: 4 },
      { metric: 'cpu', against: 'nobody', atMost: 1 },
    ] as const;
    expect(outcomes(targets, RUNS).map(({ met, figure }) => [met, figure])).toEqual([
      [true, 2],
      [false, 2],
      [false, 3],
      [undefined, undefined],
    ]);
  });
});

test('every target of every question is about contestants that take part', () => {
  for (const { name, contestants, targets } of QUESTIONS) {
    const names = contestants.map((contestant) => contestant.name);
    expect(new Set(names).size, name).toBe(names.length);
    for (const { contestant = 'portico', against } of targets) {
      expect(names, name).toContain(contestant);
      if (against !== undefined) expect(names, name).toContain(against);
    }
  }
});

test('a question is asked by one name', () => {
  const names = QUESTIONS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('a report', () => {
  const answer = {
    name: 'a-question',
    title: 'A question & more',
    metrics: ['cpu'],
    entries: [
      { name: 'portico', program: 'portico', version: 'Node' },
      { name: 'c', program: 'udp-mmsg' },
      { name: 'bun', program: 'bun', missing: 'npm install bun' },
    ],
    runs: RUNS,
    outcomes: outcomes([{ metric: 'cpu', against: 'c', atMost: 1 }], RUNS),
  } as const;
  const results: Results = {
    version: 1,
    machine: {
      cpu: 'A processor',
      cores: 2,
      memoryBytes: 8e9,
      kernel: 'Linux',
      node: 'v20',
      commit: 'abc',
      dirty: true,
      pinned: true,
      load: '0',
    },
    settings: FULL,
    command: 'npm run bench',
    startedAt: '2026-11-22T00:00:00Z',
    endedAt: '',
    interrupted: false,
    answers: [answer],
  };

  test('has a row for each that ran, and says what failed and what is missing', () => {
    expect(rowsOf(answer)).toEqual([
      ['', 'CPU a message, µs', 'portico ÷ it'],
      ['portico', '3.00', '1'],
      ['c', '1.00', '2.00 (2.00–3.00)'],
    ]);
    expect(remarksOf(answer)).toEqual([
      'portico: CPU a message at most 1.00 × c: 2.00 (2.00–3.00), NOT met',
      'c, round 2, failed: it <fell>',
      'bun is left out: npm install bun',
    ]);
  });

  test('is one page that asks nobody for anything', () => {
    const page = pageOf([results]);
    expect(page).toMatch(/<svg /);
    expect(page).not.toMatch(/https?:|<script|<fell>/);
    expect(page).toContain('A question &#38; more');
  });

  test('is docs/benchmarks.md with the words of a person', () => {
    const docs = docsOf([results], '# Benchmarks\n\nWhat a person says.\n\n<!-- results -->\n');
    expect(docs).toMatch(/^# Benchmarks\n/);
    expect(docs).toContain('What a person says.');
    expect(docs).toContain('| c | 1.00 | 2.00 (2.00–3.00) |');
    expect(docs).toContain('## The run\n');
    expect(docs).not.toContain('<!-- results -->');
  });

  test('and several runs each say when and where they were', () => {
    const later = { ...results, startedAt: '2031-01-02T03:04:05Z' };
    const docs = docsOf([results, later], '<!-- results -->\n');
    expect(docs.match(/^## Run \d of 2$/gm)).toEqual(['## Run 1 of 2', '## Run 2 of 2']);
    expect(docs).toContain('2031-01-02');
    expect(pageOf([results, later])).toContain('2031-01-02');
  });
});

test('usage: what this process spends shows', (context) => {
  if (process.platform !== 'linux') context.skip('there is no /proc');
  const before = readUsage(process.pid);
  for (const until = performance.now() + 60; performance.now() < until; );
  const { cpuUs } = spent(before, readUsage(process.pid));
  expect(cpuUs).toBeGreaterThan(5_000);
  expect(before.rssBytes).toBeGreaterThan(1e6);
});
