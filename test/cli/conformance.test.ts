import { describe, expect, test } from 'vitest';
import { jsonLines, run } from './program.ts';

describe('portico conformance', () => {
  test('runs the cases whose name contains the filter, and counts them', async () => {
    const { code, stdout, stderr } = await run(['conformance', '--filter', 'getsockname']);
    expect(stdout).toMatch(/^\d+ cases on engine (linux|node)\n/);
    expect(stdout).toMatch(/^passed {3}.*getsockname/m);
    expect(stdout).toMatch(/^\d+ passed, 0 failed, \d+ skipped on engine (linux|node)\n$/m);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('prints JSON lines, the summary last, and takes the engine and the seed', async () => {
    const { stdout } = await run([
      'conformance',
      '--filter',
      'getsockname',
      '--engine',
      'node',
      '--seed',
      '7',
      '--json',
    ]);
    const values = jsonLines(stdout);
    const cases = values.filter(({ event }) => event === 'case');
    expect(cases.length).toBeGreaterThan(0);
    for (const one of cases) expect(one.verdict).toMatch(/^(passed|failed|skipped)$/);
    expect(values.at(-1)).toMatchObject({ event: 'summary', engine: 'node', seed: 7 });
  });

  test('exits 2 for a filter that matches nothing', async () => {
    const { code, stdout, stderr } = await run(['conformance', '--filter', 'no such case']);
    expect(stderr).toBe('portico: No case has "no such case" in its name or rows\n');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});
