/** A figure over the last minute, as a line: its number stands beside it. */
import type { VNode } from 'preact';
import { POINTS_MAX } from '../model/live.ts';

const [WIDTH, HEIGHT] = [100, 24];

/** Draws the line; its height is the largest value. */
export function Sparkline({ points }: { readonly points: readonly number[] }): VNode {
  const most = Math.max(1, ...points);
  const step = WIDTH / (POINTS_MAX - 1);
  const first = WIDTH - (points.length - 1) * step;
  const places = points.map(
    (value, index) =>
      `${(first + index * step).toFixed(1)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 3)).toFixed(1)}`,
  );
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={places.join(' ')} />
    </svg>
  );
}
