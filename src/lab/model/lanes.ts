/** Packets that are under way at the same time are drawn beside each other: each has a lane, for all of its way. */

/** Something under way. */
interface Traveller {
  readonly index: number;
  readonly from: string;
  readonly to: string;
  readonly sentUs: number;
  readonly endUs: number;
  lane: number;
}

/** A packet that has come less far than this covers the one behind it: the widest is nearly as long as its way. */
const NEAR = 0.85;

/** Gives each the lane nearest to the wire that is free. */
export function setLanes(travellers: readonly Traveller[]): void {
  const lanes = new Map<string, Traveller[]>();
  for (const one of travellers.toSorted((a, b) => a.sentUs - b.sentUs || a.index - b.index)) {
    const way = `${one.from}>${one.to}`;
    const last = lanes.get(way) ?? [];
    const free = last.findIndex((other) => !isNear(other, one));
    one.lane = free < 0 ? last.length : free;
    last[one.lane] = one;
    lanes.set(way, last);
  }
}

function isNear(before: Traveller, one: Traveller): boolean {
  if (before.endUs <= one.sentUs) return false;
  const duration = Math.max(1, before.endUs - before.sentUs);
  return one.sentUs - before.sentUs < duration * NEAR || one.endUs <= before.endUs;
}
