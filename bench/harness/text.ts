/** Figures as people read them. */
import type { Metric } from './question.ts';
import { SUBJECT } from './question.ts';
import type { Outcome } from './results.ts';

interface Display {
  readonly title: string;
  readonly unit: string;
  readonly scale: number;
  readonly digits: number;
}

const DISPLAYS: Readonly<Record<Metric, Display>> = {
  cpu: { title: 'CPU a message', unit: 'µs', scale: 1, digits: 2 },
  user: { title: 'user', unit: 'µs', scale: 1, digits: 2 },
  system: { title: 'system', unit: 'µs', scale: 1, digits: 2 },
  cpuPerKilobyte: { title: 'CPU a kB', unit: 'µs', scale: 1, digits: 3 },
  rate: { title: 'rate', unit: 'k/s', scale: 1e-3, digits: 1 },
  bytesPerSecond: { title: 'bytes', unit: 'GB/s', scale: 1e-9, digits: 2 },
  p50: { title: 'p50', unit: 'µs', scale: 1, digits: 0 },
  p99: { title: 'p99', unit: 'µs', scale: 1, digits: 0 },
  p999: { title: 'p99.9', unit: 'µs', scale: 1, digits: 0 },
  rss: { title: 'resident', unit: 'MB', scale: 1e-6, digits: 1 },
  rssPerConnection: { title: 'a connection', unit: 'B', scale: 1, digits: 0 },
  connections: { title: 'connections', unit: '', scale: 1, digits: 0 },
  serverBusy: { title: 'server busy', unit: '%', scale: 100, digits: 0 },
  loadBusy: { title: 'load busy', unit: '%', scale: 100, digits: 0 },
  loadKernel: { title: 'load in kernel', unit: '%', scale: 100, digits: 0 },
  serverWaited: { title: 'server waited', unit: '%', scale: 100, digits: 0 },
  lost: { title: 'lost', unit: '', scale: 1, digits: 0 },
  wrong: { title: 'wrong', unit: '', scale: 1, digits: 0 },
  calls: { title: 'system calls', unit: '', scale: 1, digits: 3 },
  startMs: { title: 'start', unit: 'ms', scale: 1, digits: 1 },
};

/** The heading of a figure, with its unit. */
export function heading(metric: Metric): string {
  const { title, unit } = DISPLAYS[metric];
  return unit === '' ? title : `${title}, ${unit}`;
}

/** A figure in the unit of its heading. */
export function shown(metric: Metric, value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const { scale, digits } = DISPLAYS[metric];
  return (value * scale).toFixed(digits);
}

/** A target and what came of it: `CPU a message at most 1.3 of c-gso: 1.12 (1.05–1.20), met`. */
export function outcomeText(outcome: Outcome): string {
  const {
    contestant = SUBJECT,
    metric,
    against,
    as = 'ratio',
    atMost,
    atLeast,
    figure,
    min,
    max,
    met,
  } = outcome;
  const asRatio = against !== undefined && as === 'ratio';
  const { title, unit } = DISPLAYS[metric];
  const number = (value: number | undefined) => (asRatio ? (value?.toFixed(2) ?? '–') : shown(metric, value));
  const limit = atMost === undefined ? `at least ${number(atLeast)}` : `at most ${number(atMost)}`;
  const what = asRatio ? ` × ${against}` : ` ${unit}${against === undefined ? '' : ` more than ${against}`}`;
  const name = `${contestant}: ${title} ${limit}${what}`;
  if (met === undefined) return `${name}: no figure`;
  return `${name}: ${number(figure)} (${number(min)}–${number(max)}), ${met ? 'met' : 'NOT met'}`;
}
