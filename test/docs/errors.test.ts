/** docs/errors.md speaks of every error code, in the words of the table, and of no other. */
import { describe, expect, it } from 'vitest';
import { errorCodes, errorText } from '../../src/posix/errno.ts';
import { read } from './documents.ts';

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

  it.each(rows)('says what $code means', ({ code, meaning }) => {
    expect(
      errorCodes()
        .filter((known) => known === code)
        .map(errorText),
    ).toEqual([meaning]);
  });
});
