/** `portico/framing` runs where there is no Node: its sources take nothing but types from others. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const room = new URL('../../src/framing/', import.meta.url);
const files = readdirSync(room).filter((file) => file.endsWith('.ts'));

describe('src/framing', () => {
  it('has files', () => expect(files.length).toBeGreaterThan(5));

  it.each(files)('%s imports its own files, and of the core only types', (file) => {
    const text = readFileSync(new URL(file, room), 'utf8').replaceAll(/^ \*.*$/gm, '');
    const values = [...text.matchAll(/^(?:import|export) (?!type\b)[^;]*? from '([^']+)'/gms)].map(
      ([, from]) => from,
    );
    expect(values.filter((from) => !from?.startsWith('./'))).toEqual([]);
    expect(text).not.toMatch(/node:|\bimport\(|\bDate\b|\bperformance\b|\bMath\.random\b/);
  });
});
