/** docs/server.md has every limit with its default, as the program has it. */
import { describe, expect, it } from 'vitest';
import { LIMIT_NAMES, LIMITS } from '../../src/server/index.ts';
import { read } from './documents.ts';

describe('docs/server.md', () => {
  const rows = new Map(
    [...read('docs/server.md').matchAll(/^\| `(\w+)` \| ([\d,]+) \| (.+) \|$/gm)].map(
      ([, name = '', initial = '', help = '']) => [
        name,
        { initial: Number(initial.replaceAll(',', '')), help },
      ],
    ),
  );

  it('has no other limits than the program', () => expect([...rows.keys()]).toEqual(LIMIT_NAMES));

  it.each(LIMIT_NAMES)('tells the default of %s and what it does', (name) => {
    const { default: initial, help } = LIMITS[name];
    expect(rows.get(name)).toEqual({ initial, help });
  });
});
