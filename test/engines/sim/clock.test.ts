/** The event queue against a list that is sorted: the same events, in the same order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Clock } from '../../../src/engines/sim/clock.ts';

it('events happen in the order of their times, those of one time in the order of their plans', () => {
  const delays = fc.array(fc.record({ delay: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(delays, (plans) => {
      const clock = new Clock();
      const happened: number[] = [];
      const stops = plans.map(({ delay }, index) => clock.after(delay, () => happened.push(index)));
      for (const [index, { cancelled }] of plans.entries()) if (cancelled) stops[index]?.();
      const expected = plans
        .map(({ delay, cancelled }, index) => ({ delay, cancelled, index }))
        .filter(({ cancelled }) => !cancelled)
        .sort((a, b) => a.delay - b.delay || a.index - b.index);
      expect(clock.pending).toBe(expected.length);
      while (clock.step());
      expect(happened).toEqual(expected.map(({ index }) => index));
      expect(clock.now).toBe(expected.at(-1)?.delay ?? 0);
      expect(clock.executed).toBe(expected.length);
    }),
  );
});

it('an event that plans another for now comes before what is later', () => {
  const clock = new Clock();
  const happened: string[] = [];
  clock.after(5, () => {
    happened.push('first');
    clock.after(0, () => happened.push('now'));
  });
  clock.after(6, () => happened.push('later'));
  while (clock.step());
  expect(happened).toEqual(['first', 'now', 'later']);
});

it('calling off twice, or what has happened, does nothing', () => {
  const clock = new Clock();
  const stop = clock.after(1, () => {});
  clock.step();
  stop();
  stop();
  expect(clock.pending).toBe(0);
  clock.after(1, () => {});
  expect(clock.pending).toBe(1);
});

it('a million events that are called off take no room', () => {
  const clock = new Clock();
  clock.after(1e9, () => {});
  for (let index = 0; index < 1_000_000; index++) clock.after(1000, () => {})();
  expect(clock.pending).toBe(1);
  expect(clock.next).toBe(1e9);
});

it('time goes on without events, never back and never past one', () => {
  const clock = new Clock();
  clock.advanceTo(10);
  clock.advanceTo(5);
  expect(clock.now).toBe(10);
  clock.after(5, () => {});
  clock.advanceTo(100);
  expect(clock.now).toBe(15);
});
