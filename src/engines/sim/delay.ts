/** How long a packet is under way: fixed, or drawn for each packet. In milliseconds for people, microseconds inside. */
import { exp, ln } from './elementary.ts';
import type { RandomStream } from './random.ts';

/** A delay in milliseconds: a number, or a distribution. No packet ever takes less than nothing. */
export type Delay =
  | number
  | { readonly uniform: readonly [minMs: number, maxMs: number] }
  | { readonly normal: { readonly meanMs: number; readonly deviationMs: number } }
  | { readonly exponential: { readonly meanMs: number; readonly minMs?: number } }
  /** Heavy-tailed: never below `minMs`; the smaller `shape` (above 0), the longer the tail. */
  | { readonly pareto: { readonly minMs: number; readonly shape: number } };

/** The longest that a drawn delay may be: an hour, for a Pareto tail has no end. */
export const DELAY_MAX_MS = 3_600_000;

/** Draws a delay in whole microseconds. */
export function drawUs(delay: Delay, random: RandomStream): number {
  const ms = typeof delay === 'number' ? delay : draw(delay, random);
  return Math.round(Math.min(Math.max(0, ms), DELAY_MAX_MS) * 1000);
}

function draw(delay: Exclude<Delay, number>, random: RandomStream): number {
  if ('uniform' in delay) return delay.uniform[0] + random.unit() * (delay.uniform[1] - delay.uniform[0]);
  if ('normal' in delay) return delay.normal.meanMs + random.normal() * delay.normal.deviationMs;
  if ('exponential' in delay) {
    const { meanMs, minMs = 0 } = delay.exponential;
    return minMs + random.exponential() * Math.max(0, meanMs - minMs);
  }
  const { minMs, shape } = delay.pareto;
  return minMs * exp(Math.min(-ln(1 - random.unit()) / shape, 500));
}

/** @throws RangeError for a delay that is none. */
export function checkDelay(delay: Delay): void {
  const numbers =
    typeof delay === 'number' ? [delay] : Object.values(delay).flatMap((part) => Object.values(part));
  if (!numbers.every((number) => Number.isFinite(number) && Number(number) >= 0)) {
    throw new RangeError(`A delay must be made of numbers from 0 up, got ${JSON.stringify(delay)}`);
  }
}
