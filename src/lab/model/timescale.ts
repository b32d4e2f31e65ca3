/** Shown time: the network's time with long waits shortened, so that a second of silence does not take a class a minute. */
import type { TraceEvent } from '../../sim/index.ts';
import type { Flight } from './flights.ts';

/** A wait that is longer than this is shortened, in microseconds. */
const WAIT_MAX_US = 60_000;
/** To this. */
const WAIT_SHOWN_US = 36_000;
/** What happens within so short a time is one moment. */
const MOMENT_US = 50;

/** A wait that was shortened. */
interface Break {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Between the network's time and shown time, both in microseconds. */
export interface Timescale {
  readonly breaks: readonly Break[];
  readonly shownEnd: number;
  toShown(timeUs: number): number;
  toTime(shownUs: number): number;
}

/** The times at which something happens that can be seen; what is within a twentieth of a millisecond is one. */
export function momentsOf(events: readonly TraceEvent[], flights: readonly Flight[]): readonly number[] {
  const times = [
    0,
    ...events.filter(isSeen).map(({ timeUs }) => timeUs),
    ...flights.flatMap(({ sentUs, endUs }) => [sentUs, endUs]),
  ].sort((a, b) => a - b);
  return times.filter((time, index) => (times[index + 1] ?? Number.POSITIVE_INFINITY) - time > MOMENT_US);
}

function isSeen(event: TraceEvent): boolean {
  if (event.kind !== 'tcp') return true;
  return event.event.kind === 'state' || event.event.kind === 'drop';
}

/** The moment before or after a time. */
export function stepped(moments: readonly number[], timeUs: number, by: 1 | -1): number {
  const next =
    by > 0
      ? moments.find((moment) => moment > timeUs + 0.5)
      : moments.findLast((moment) => moment < timeUs - 0.5);
  return next ?? (by > 0 ? moments.at(-1) : moments[0]) ?? 0;
}

/** Finds the waits and shortens them. */
export function timescaleOf(moments: readonly number[], flights: readonly Flight[]): Timescale {
  const knots: { readonly time: number; readonly shown: number }[] = [{ time: 0, shown: 0 }];
  const breaks: Break[] = [];
  let covered = 0;
  let shown = 0;
  const busy = [
    ...moments.map((time) => ({ from: time, to: time })),
    ...flights.map(({ sentUs, endUs }) => ({ from: sentUs, to: endUs })),
  ].sort((a, b) => a.from - b.from);
  for (const { from, to } of busy) {
    const wait = from - covered;
    if (wait > WAIT_MAX_US) {
      knots.push({ time: covered, shown });
      shown += WAIT_SHOWN_US;
      knots.push({ time: from, shown });
      breaks.push({ fromUs: covered, toUs: from });
      covered = from;
    }
    if (to <= covered) continue;
    shown += to - covered;
    covered = to;
  }
  knots.push({ time: covered, shown });
  return {
    breaks,
    shownEnd: shown,
    toShown: (time) => between(knots, time, 'time', 'shown'),
    toTime: (value) => between(knots, value, 'shown', 'time'),
  };
}

type Knot = { readonly time: number; readonly shown: number };

function between(knots: readonly Knot[], value: number, from: keyof Knot, to: keyof Knot): number {
  let [low, high] = [0, knots.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((knots[middle]?.[from] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const [a, b] = [knots[low], knots[high]];
  if (!a || !b || b[from] === a[from]) return b?.[to] ?? 0;
  const part = Math.min(1, Math.max(0, (value - a[from]) / (b[from] - a[from])));
  return a[to] + part * (b[to] - a[to]);
}
