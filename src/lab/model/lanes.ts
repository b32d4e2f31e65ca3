/** Packets that are under way at the same time are drawn beside each other: each has a lane, for all of its way. */

/** Something under way. */
interface Traveller {
  readonly index: number;
  readonly from: string;
  readonly to: string;
  readonly sentUs: number;
  readonly endUs: number;
  readonly fate: 'arrives' | 'lost' | 'refused';
  lane: number;
}

/** What is over stays for so long, so that one sees its end; microseconds of shown time, which no wait as short as this differs from. */
export const STAYS_US = 7_000;
/** A loss stays longer: nothing comes after it that would tell of it. */
const LOSS_STAYS_US = 24_000;

/** How long a packet stays on the stage when it is over. */
export function staysUs({ fate }: Pick<Traveller, 'fate'>): number {
  return fate === 'arrives' ? STAYS_US : LOSS_STAYS_US;
}

/** Gives each the lane nearest to the wire that is free. */
export function setLanes(travellers: readonly Traveller[]): void {
  const lanes = new Map<string, Traveller[]>();
  for (const one of travellers.toSorted((a, b) => a.sentUs - b.sentUs || a.index - b.index)) {
    const way = `${one.from}>${one.to}`;
    const last = lanes.get(way) ?? [];
    // not sooner: the widest packet is nearly as long as its way
    const free = last.findIndex((other) => other.endUs + staysUs(other) <= one.sentUs);
    one.lane = free < 0 ? last.length : free;
    last[one.lane] = one;
    lanes.set(way, last);
  }
}
