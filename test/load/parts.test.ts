import { describe, expect, test } from 'vitest';
import {
  answerTo,
  GENERATIONS,
  HEADER_BYTES,
  letters,
  readGeneration,
  readSlot,
  same,
  writeGeneration,
  writeHeader,
} from '../../src/load/payload.ts';
import { Schedule } from '../../src/load/schedule.ts';
import { Tally } from '../../src/load/tally.ts';

describe('the number of a datagram', () => {
  test.each([0, 1, 15, 16, 65_535, 1_048_575, 16_777_215])('%i survives upper case', (slot) => {
    const bytes = letters(64, false);
    for (const generation of [0, 7, GENERATIONS - 1]) {
      writeHeader(bytes, 0, slot, 0);
      writeGeneration(bytes, 0, generation);
      const answer = answerTo(bytes, 'upper');
      expect([readSlot(answer, 0), readGeneration(answer, 0)]).toEqual([slot, generation]);
      expect(
        same(answer, HEADER_BYTES, answerTo(letters(64, false), 'upper'), HEADER_BYTES, 64 - HEADER_BYTES),
      ).toBe(true);
    }
  });

  test('what is none is negative', () => {
    expect(readSlot(letters(64, false), 0)).toBe(-1);
    expect(readSlot(new Uint8Array(3), 0)).toBe(-1);
  });
});

test('a line ends with a newline, and its answer too', () => {
  expect(new TextDecoder().decode(letters(5, true))).toBe('abcd\n');
  expect(new TextDecoder().decode(answerTo(letters(5, true), 'upper'))).toBe('ABCD\n');
  expect(answerTo(letters(5, true), 'echo')).toEqual(letters(5, true));
});

describe('a schedule', () => {
  test('plans evenly and forgets nothing that was not taken', () => {
    const now = performance.now();
    const schedule = new Schedule(1000);
    expect(schedule.due(now - 10)).toBe(0);
    const first = schedule.take();
    expect(first).toBeGreaterThan(now);
    expect(schedule.take()).toBeCloseTo(first + 1, 9);
    expect(schedule.due(first + 100.5)).toBe(99);
    for (let message = 0; message < 99; message += 1) schedule.take();
    expect(schedule.due(first + 100.5)).toBe(0);
    expect(schedule.take()).toBeCloseTo(first + 101, 6);
  });

  test('rests in whole milliseconds, and never past the next message', () => {
    const schedule = new Schedule(100);
    const first = schedule.take();
    expect(schedule.restMs(first, 50)).toBe(10);
    expect(schedule.restMs(first + 0.5, 50)).toBe(9);
    expect(schedule.restMs(first, 5)).toBe(5);
    expect(schedule.restMs(first + 100, 50)).toBe(0);
  });
});

describe('a tally', () => {
  test('gives percentiles in microseconds', () => {
    const tally = new Tally({ window: 1 });
    for (let ms = 1; ms <= 1000; ms += 1) tally.answered(10, ms);
    const latency = tally.latency();
    expect(tally).toMatchObject({ messages: 1000, bytes: 10_000 });
    expect(latency?.samples).toBe(1000);
    // three figures
    expect((latency?.p50 ?? 0) / 500_000).toBeCloseTo(1, 2);
    expect((latency?.p99 ?? 0) / 990_000).toBeCloseTo(1, 2);
    expect((latency?.max ?? 0) / 1_000_000).toBeCloseTo(1, 2);
  });

  test.each([
    [{ window: 15 }, 1000],
    [{ window: 16 }, 1000 / 16],
    [{ window: 32, rate: 10 }, 1000],
  ])('with %j in flight records %i of 1,000 latencies', (spec, recorded) => {
    const tally = new Tally(spec);
    for (let message = 0; message < 1000; message += 1) tally.answered(1, 1);
    expect(tally.messages).toBe(1000);
    expect(tally.latency()?.samples).toBe(Math.floor(recorded));
  });

  test('forgets the warm-up', () => {
    const tally = new Tally({ window: 1 });
    tally.answered(10, 5);
    tally.lost = 3;
    tally.reset();
    expect(tally).toMatchObject({ messages: 0, bytes: 0, lost: 0 });
    expect(tally.latency()).toBeUndefined();
  });
});
