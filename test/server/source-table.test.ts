import { describe, expect, test } from 'vitest';
import { encode } from '../../src/index.ts';
import { SourceTable } from '../../src/server/source-table.ts';

const PLACES = 64;
const SOURCE = { host: '192.0.2.1', port: 4000 };
const MESSAGE = encode('x');

/** How many of `count` messages, a millisecond apart, have their answer. */
function answered(tables: readonly SourceTable[], count: number, isOwnAnswer: boolean): number {
  let sum = 0;
  for (let i = 0; i < count; i++)
    if (!tables[i % tables.length]?.goesRound(SOURCE, MESSAGE, isOwnAnswer, 10_000 + i)) sum += 1;
  return sum;
}

describe('SourceTable', () => {
  test('leaves the fifth of the same without an answer when it is its own answer', () => {
    expect(answered([new SourceTable(PLACES, { inAll: 0, perSource: 0 })], 4, true)).toBe(4);
    expect(answered([new SourceTable(PLACES, { inAll: 0, perSource: 0 })], 5, true)).toBe(4);
  });

  test('counts together what threads see of one source', () => {
    const memory = SourceTable.memory(PLACES);
    const threads = [
      new SourceTable(PLACES, { inAll: 0, perSource: 0 }, memory),
      new SourceTable(PLACES, { inAll: 0, perSource: 0 }, memory),
    ];
    expect(answered(threads, 5, true)).toBe(4);
  });

  test('gives each source its answers of a second, whichever thread it asks', () => {
    const memory = SourceTable.memory(PLACES);
    const threads = [
      new SourceTable(PLACES, { inAll: 0, perSource: 3 }, memory),
      new SourceTable(PLACES, { inAll: 0, perSource: 3 }, memory),
    ];
    const may = (now: number) => threads.map((table) => table.mayAnswer(SOURCE, now));
    expect([...may(5000), ...may(5500)]).toEqual([true, true, true, false]);
    expect(may(6000)).toEqual([true, true]);
  });

  test('counts answers in all, whichever thread gives them and to whom', () => {
    const memory = SourceTable.memory(PLACES);
    const threads = [1, 2].map(() => new SourceTable(PLACES, { inAll: 3, perSource: 0 }, memory));
    const may = (now: number) =>
      threads.map((table, i) => table.mayAnswer({ host: `192.0.2.${i}`, port: 1 }, now));
    expect([...may(5000), ...may(5500)]).toEqual([true, true, true, false]);
    expect([...may(6000), ...may(6500)]).toEqual([true, true, true, false]);
  });

  test('has one second at a time, though one thread may have begun before another', () => {
    const memory = SourceTable.memory(PLACES);
    const rates = { inAll: 2, perSource: 2 };
    const [late, early] = [new SourceTable(PLACES, rates, memory), new SourceTable(PLACES, rates, memory)];
    expect(early.mayAnswer(SOURCE, 6000)).toBe(true);
    expect(late.mayAnswer(SOURCE, 5999), 'of the second that has begun').toBe(true);
    expect(early.mayAnswer(SOURCE, 6001)).toBe(false);
    expect(late.mayAnswer(SOURCE, 5999)).toBe(false);
  });

  test('takes no more memory for a million sources, and a good one keeps its answers', () => {
    const table = new SourceTable(65_536, { inAll: 0, perSource: 1000 });
    for (let i = 0; i < 1_000_000; i++)
      table.mayAnswer({ host: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, port: 1 }, 7000);
    let good = 0;
    for (let i = 0; i < 100; i++) if (table.mayAnswer(SOURCE, 7000)) good += 1;
    expect(good).toBeGreaterThanOrEqual(90);
  });

  test('begins anew for a source that has paused', () => {
    const table = new SourceTable(PLACES, { inAll: 0, perSource: 0 });
    const goesRound = Array.from({ length: 20 }, (_, i) => table.goesRound(SOURCE, MESSAGE, true, i * 1001));
    expect(goesRound).toEqual(new Array(20).fill(false));
  });
});
