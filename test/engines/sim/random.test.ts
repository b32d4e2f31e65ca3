/** Chance: the same bits for the same seed and purpose, others for others, and the shapes that the distributions promise. */
import { describe, expect, it } from 'vitest';
import type { Delay } from '../../../src/engines/sim/delay.ts';
import { checkDelay, drawUs } from '../../../src/engines/sim/delay.ts';
import { exp, ln } from '../../../src/engines/sim/elementary.ts';
import { RandomStream } from '../../../src/engines/sim/random.ts';

const numbers = (seed: number, ...labels: string[]) => {
  const stream = new RandomStream(seed, ...labels);
  return Array.from({ length: 4 }, () => stream.uint32());
};

const RECORDED = [4_075_612_671, 2_035_007_859, 1_568_765_769, 3_913_111_792];

it('gives these bits for ever: a recorded seed must replay in every release and runtime', () => {
  expect(numbers(42, 'link', 'a-b', 'loss')).toEqual(RECORDED);
});

it('gives other bits for another seed, label, or division of the labels', () => {
  const all = [
    numbers(1, 'a', 'b'),
    numbers(2, 'a', 'b'),
    numbers(2 ** 40 + 1, 'a', 'b'),
    numbers(1, 'ab'),
    numbers(1, 'b', 'a'),
  ];
  expect(new Set(all.map(String)).size).toBe(all.length);
});

it('spreads evenly', () => {
  const stream = new RandomStream(7, 'even');
  const counts = Array.from({ length: 16 }, () => 0);
  for (let index = 0; index < 160_000; index++) {
    const at = stream.integer(0, 15);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  // six standard deviations of a binomial of 160,000 and 1/16: a good generator never fails
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(600);
});

it('ln and exp are those of Math to the last bits but few', () => {
  for (const value of [1e-12, 0.001, 0.5, 0.75, 1, 1.4999, 1.5001, 2, 10, 12345.678, 1e12])
    expect(Math.abs(ln(value) - Math.log(value))).toBeLessThanOrEqual(
      1e-14 * Math.max(1, Math.abs(Math.log(value))),
    );
  for (const value of [-600, -20, -1, -1e-9, 0, 1e-9, 0.3, 1, 5, 20, 600])
    expect(Math.abs(exp(value) / Math.exp(value) - 1)).toBeLessThan(1e-12);
});

describe('delays', () => {
  const draws = (delay: Delay, count = 20_000) => {
    const random = new RandomStream(3, 'delays');
    return Array.from({ length: count }, () => drawUs(delay, random) / 1000);
  };
  const mean = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;

  it('a number is itself', () => {
    expect(new Set(draws(2.5))).toEqual(new Set([2.5]));
  });

  it('uniform stays inside', () => {
    const all = draws({ uniform: [5, 15] });
    expect(Math.min(...all)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...all)).toBeLessThanOrEqual(15);
    expect(mean(all)).toBeCloseTo(10, 0);
  });

  it('normal has its mean and deviation, and never goes below 0', () => {
    const all = draws({ normal: { meanMs: 100, deviationMs: 10 } });
    expect(Math.abs(mean(all) - 100)).toBeLessThan(0.5);
    const variance = mean(all.map((one) => (one - 100) ** 2));
    expect(Math.abs(Math.sqrt(variance) - 10)).toBeLessThan(0.5);
    expect(Math.min(...draws({ normal: { meanMs: 1, deviationMs: 10 } }))).toBe(0);
  });

  it('exponential has its mean and its least', () => {
    const all = draws({ exponential: { meanMs: 30, minMs: 10 } });
    expect(Math.min(...all)).toBeGreaterThanOrEqual(10);
    expect(Math.abs(mean(all) - 30)).toBeLessThan(1);
  });

  it('pareto has its least and its tail: the median is the least times two to the 1/shape', () => {
    const all = draws({ pareto: { minMs: 10, shape: 2 } }).sort((a, b) => a - b);
    expect(all[0]).toBeGreaterThanOrEqual(10);
    expect(Math.abs((all[10_000] ?? 0) - 10 * Math.SQRT2)).toBeLessThan(0.3);
    expect(all.at(-1)).toBeGreaterThan(200);
  });

  it('refuses what is no delay', () => {
    for (const bad of [
      -1,
      Number.NaN,
      { uniform: [1, -2] as const },
      { exponential: { meanMs: Number.POSITIVE_INFINITY } },
    ])
      expect(() => checkDelay(bad)).toThrow(RangeError);
  });
});
