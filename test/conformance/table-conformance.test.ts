/** The verdicts in docs/engines.md are those of the engines. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/docs-engines.mjs', import.meta.url));

it.skipIf(process.platform !== 'linux' || process.env.PORTICO_ENGINE)(
  'docs/engines.md is up to date',
  () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect(stdout, stderr).toBe('docs/engines.md is up to date\n');
    expect(status).toBe(0);
  },
  300_000,
);
