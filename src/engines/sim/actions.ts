/** What can happen to packets on a link: one function for each kind of fault. */
import type { Delay } from './delay.ts';
import { checkDelay, drawUs } from './delay.ts';
import { refusalOf, resetFor, resetInPlaceOf, unreachableFor } from './refusals.ts';
import type { Action, Passage, RuleRoom } from './rule.ts';

/** The most packets that one rule keeps; a further one is lost. */
export const KEPT_MAX = 10_000;
/** How long a packet waits at most for those that shall overtake it, unless told otherwise, in milliseconds. */
const REORDER_WAIT_MS = 100;

/** How a partition treats what it does not let through. */
export type PartitionHow = 'blackhole' | 'reject' | 'unreachable';

/** Loss that comes in bursts (Gilbert and Elliott): probabilities for each packet. */
export interface BurstOptions {
  /** From the good state to the bad one. */
  readonly pGoodBad: number;
  /** From the bad state to the good one. */
  readonly pBadGood: number;
  /** Of loss in the bad state; 1 when left out. */
  readonly lossBad?: number;
  /** Of loss in the good state; 0 when left out. */
  readonly lossGood?: number;
}

/** How a packet is overtaken. */
export interface ReorderOptions {
  /** By so many packets that come after it. */
  readonly gap?: number;
  /** Waits at most so long for them; without `gap` exactly so long. 100 when left out. */
  readonly waitMs?: number;
}

type Make = (room: RuleRoom) => Action;

/** Loses it. */
export function drop(): Make {
  return () => ({
    hit: (passage) => {
      passage.dropped = 'lost';
      return true;
    },
  });
}

/** Loses packets in bursts. */
export function lossBurst({ pGoodBad, pBadGood, lossBad = 1, lossGood = 0 }: BurstOptions): Make {
  return ({ random }) => {
    let bad = false;
    return {
      hit: (passage) => {
        bad = random.chance(bad ? 1 - pBadGood : pGoodBad);
        if (!random.chance(bad ? lossBad : lossGood)) return false;
        passage.dropped = 'lost in a burst';
        return true;
      },
    };
  };
}

/** Sends it so many times more, each copy `delayMs` after the one before. */
export function duplicate(copies = 1, delayMs: Delay = 0): Make {
  checkDelay(delayMs);
  return ({ random }) => ({
    hit: (passage) => {
      let delayUs = 0;
      for (let copy = 0; copy < copies; copy++) {
        delayUs += drawUs(delayMs, random);
        passage.copiesUs.push(delayUs);
      }
      return copies > 0;
    },
  });
}

/** Lets later packets overtake it. */
export function reorder({ gap, waitMs = REORDER_WAIT_MS }: ReorderOptions): Make {
  if (gap === undefined) return delay(waitMs);
  return (room) => {
    const waiting: { readonly passage: Passage; left: number; readonly stop: () => void }[] = [];
    const goOn = (one: (typeof waiting)[number]) => {
      const at = waiting.indexOf(one);
      if (at < 0) return;
      waiting.splice(at, 1);
      one.stop();
      room.forward(one.passage);
    };
    return {
      hit: (passage) => {
        if (waiting.length >= KEPT_MAX) {
          passage.dropped = 'lost: too many packets wait to be overtaken';
          return true;
        }
        passage.kept = true;
        const stop = room.after(waitMs * 1000, () => goOn(one));
        const one = { passage, left: gap, stop };
        waiting.push(one);
        return true;
      },
      pass: () => {
        // behind the packet that passes, so when it has been sent
        for (const one of [...waiting]) {
          one.left -= 1;
          if (one.left === 0) room.after(0, () => goOn(one));
        }
      },
      release: () => {
        for (const one of [...waiting]) goOn(one);
      },
    };
  };
}

/** Flips so many of its bits; its checksum then shows it, nearly always. */
export function corrupt(bits = 1): Make {
  return () => ({
    hit: (passage) => {
      passage.flips += bits;
      return true;
    },
  });
}

/** Makes it later by this much. */
export function delay(delayMs: Delay): Make {
  checkDelay(delayMs);
  return ({ random }) => ({
    hit: (passage) => {
      passage.extraDelayUs += drawUs(delayMs, random);
      return true;
    },
  });
}

/** Lets nothing through: in silence, with the refusal of a firewall, or with that of a router. */
export function partition(how: PartitionHow): Make {
  return (room) => ({
    hit: (passage) => {
      passage.dropped = `partition: ${how}`;
      if (how === 'blackhole') return true;
      const { packet } = passage;
      const answer =
        how === 'reject'
          ? refusalOf(packet, room.packetId())
          : unreachableFor(packet, 'host', room.packetId());
      if (answer) room.answer(answer);
      return true;
    },
  });
}

/** Keeps packets until the rule is taken away; then they go on in order. */
export function hold(): Make {
  return (room) => {
    const held: Passage[] = [];
    return {
      hit: (passage) => {
        if (held.length >= KEPT_MAX) passage.dropped = 'lost: too many packets are held';
        else held.push(passage);
        passage.kept = passage.dropped === undefined;
        return true;
      },
      release: () => {
        for (const passage of held.splice(0)) room.forward(passage);
      },
    };
  };
}

/** Swallows a segment and resets the connection at both ends, as some middle boxes do. Leaves what is not TCP alone. */
export function reset(): Make {
  return (room) => ({
    hit: (passage) => {
      const { payload } = passage.packet;
      if (payload.protocol !== 'tcp') return false;
      passage.dropped = 'reset injected';
      const answer = resetFor(passage.packet, room.packetId());
      if (answer) room.answer(answer);
      room.forge(resetInPlaceOf(passage.packet, payload.segment, room.packetId()));
      return true;
    },
  });
}
