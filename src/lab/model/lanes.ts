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

/** What is over stays for so long, so that one sees its end; microseconds of shown time, which no wait as short as this differs from. */
export const STAYS_US = 7_000;

/** Gives each the lane nearest to the wire that is free. */
export function setLanes(travellers: readonly Traveller[]): void {
  const lanes = new Map<string, Traveller[]>();
  for (const one of travellers.toSorted((a, b) => a.sentUs - b.sentUs || a.index - b.index)) {
    const way = `${one.from}>${one.to}`;
    const last = lanes.get(way) ?? [];
    // not sooner: the widest packet is nearly as long as its way
    const free = last.findIndex(({ endUs }) => endUs + STAYS_US <= one.sentUs);
    one.lane = free < 0 ? last.length : free;
    last[one.lane] = one;
    lanes.set(way, last);
  }
}
