/** The figures in the README are those of docs/benchmarks.md, rounded. */
import { expect, it } from 'vitest';
import { read } from './documents.ts';

const readme = read('README.md');
const benchmarks = read('docs/benchmarks.md');

/** The first figure of a contestant in the first run of a question: the processor time for a message, in µs. */
function measured(question: string, contestant: string): string {
  const section = benchmarks.slice(benchmarks.indexOf(`## ${question}\n`));
  const [, figure] = new RegExp(`^\\| ${contestant} \\| ([\\d.]+) \\|`, 'm').exec(section) ?? [];
  return Number(figure).toFixed(1);
}

it.each([
  ['UDP echo', 'udp-echo'],
  ['TCP echo', 'tcp-echo-64'],
])('the row %s', (row, question) => {
  const [, node, portico] =
    new RegExp(`^\\| ${row}:[^|]*\\| (.*) µs \\| (.*) µs \\|$`, 'm').exec(readme) ?? [];
  expect([node, portico]).toEqual([measured(question, 'node'), measured(question, 'portico')]);
});

it('the servers in C', () => {
  const c = [
    measured('udp-echo', 'c-gso'),
    measured('udp-echo', 'c-mmsg'),
    measured('tcp-echo-64', 'c-epoll'),
  ];
  expect(readme).toContain(`Servers in C need ${c[0]} to ${c[1]} µs and ${c[2]} µs there`);
});
