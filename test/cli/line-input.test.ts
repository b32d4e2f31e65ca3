import { describe, expect, test } from 'vitest';
import { linesOf } from '../../src/cli/line-input.ts';
import { decode } from '../../src/index.ts';

async function lines(...chunks: string[]): Promise<string[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  const found: string[] = [];
  for await (const line of linesOf(source())) found.push(decode(line));
  return found;
}

describe('linesOf()', () => {
  test.each([
    [[], []],
    [[''], []],
    [['one\n'], ['one']],
    [['one'], ['one']],
    [['\n'], ['']],
    [['one\r\n\r\ntwo\r'], ['one\r', '\r', 'two\r']],
    [
      ['o', 'n', 'e\nt', 'wo'],
      ['one', 'two'],
    ],
    [
      ['one\r', '\ntwo'],
      ['one\r', 'two'],
    ],
  ])('of %j gives %j', async (chunks, expected) => {
    expect(await lines(...chunks)).toEqual(expected);
  });

  test('refuses a line of more than 16 MiB', async () => {
    const longest = 'x'.repeat(16 * 1024 * 1024);
    expect((await lines(longest, '\n'))[0]).toHaveLength(longest.length);
    await expect(lines(longest, 'x')).rejects.toThrow('A line is longer than 16777216 bytes');
  });
});
