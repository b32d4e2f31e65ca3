/** docs/errors.md speaks of every error code, in the words of the table, and of no other. */
import { describe, expect, it } from 'vitest';
import { errorCodes, errorText } from '../../src/posix/errno.ts';
import { filesUnder, read } from './documents.ts';

const text = read('docs/errors.md');
const rows = [...text.matchAll(/^\| `(E[A-Z_]+)` \| ([^|]+) \|/gm)].map(([, code = '', meaning = '']) => ({
  code,
  meaning,
}));
const others = [...text.slice(text.indexOf('## Codes that calls do not end with')).matchAll(/`(E[A-Z_]+)`/g)];
const named = [...rows.map(({ code }) => code), ...others.map(([, code = '']) => code)];

describe('docs/errors.md', () => {
  it('has every code once', () => {
    expect([...named].sort()).toEqual([...errorCodes()].sort());
  });

  it('names no code as one that calls do not end with which an engine gives', () => {
    const [, list = ''] = text.split('No call here is known to end with one:');
    const never = [...list.matchAll(/`(E[A-Z]+)`/g)].map(([, code = '']) => code);
    expect(never).toContain('ENXIO');
    const given = new RegExp(`(?:[eE]rror|refuse)\\('(?:${never.join('|')})'`);
    const files = ['src/engines', 'src/socket'].flatMap((folder) => filesUnder(folder, '.ts'));
    expect(files.filter((file) => given.test(read(file)))).toEqual([]);
  });

  it.each(rows)('says what $code means', ({ code, meaning }) => {
    expect(
      errorCodes()
        .filter((known) => known === code)
        .map(errorText),
    ).toEqual([meaning]);
  });
});
