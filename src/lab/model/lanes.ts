/** Packets that are under way at the same time are drawn beside each other: each has a lane, for all of its way. */
import type { Flight } from './flights.ts';

/** Packets that are nearer than this part of their way would cover each other. */
const NEAR = 0.42;

/** Gives each flight the lane nearest to the wire that is free. */
export function lanesOf(flights: readonly { -readonly [K in keyof Flight]: Flight[K] }[]): readonly Flight[] {
  const lanes = new Map<string, Flight[]>();
  for (const flight of flights.toSorted((a, b) => a.sentUs - b.sentUs || a.index - b.index)) {
    const way = `${flight.from}>${flight.to}`;
    const last = lanes.get(way) ?? [];
    const free = last.findIndex((other) => !isNear(other, flight));
    flight.lane = free < 0 ? last.length : free;
    last[flight.lane] = flight;
    lanes.set(way, last);
  }
  return flights;
}

function isNear(before: Flight, flight: Flight): boolean {
  if (before.endUs <= flight.sentUs) return false;
  const duration = Math.max(1, before.endUs - before.sentUs);
  return flight.sentUs - before.sentUs < duration * NEAR || flight.endUs <= before.endUs;
}
