/** Numbers of a running server, short. */

const STEPS: readonly (readonly [least: number, letter: string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e4, 'k'],
];

/** `950`, `12.3 k`; with a unit `950 B`, `12.3 kB/s`, `4.0/s`. */
export function amount(value: number, unit = ''): string {
  const [least, letter] = STEPS.find(([one]) => value >= one) ?? [1, ''];
  const scale = letter === 'k' ? 1000 : least;
  const digits = letter === '' && (Number.isInteger(value) || value >= 10) ? 0 : 1;
  const gap = letter === '' && (unit === '' || unit.startsWith('/')) ? '' : ' ';
  return `${(value / scale).toFixed(digits)}${gap}${letter}${unit}`;
}

/** `4 s`, `3:07`, `2:00:00`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours === 0
    ? `${minutes}:${two(seconds % 60)}`
    : `${hours}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
