/** docs/options.md is what its script makes of the option table. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { root } from './documents.ts';

it('docs/options.md is up to date', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${root}scripts/docs-options.mjs`, '--check'],
    {
      encoding: 'utf8',
    },
  );
  expect({ status, text: stdout + stderr }).toEqual({ status: 0, text: 'docs/options.md is up to date\n' });
});
