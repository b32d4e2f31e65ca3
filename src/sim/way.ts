/** One or both directions of a link, and every fault that packets can meet there. */
import type { BurstOptions, PartitionHow, ReorderOptions } from '../engines/sim/actions.ts';
import {
  corrupt,
  delay,
  drop,
  duplicate,
  hold,
  lossBurst,
  partition,
  reorder,
  reset,
} from '../engines/sim/actions.ts';
import type { Delay } from '../engines/sim/delay.ts';
import type { Fault } from '../engines/sim/fault.ts';
import { FaultGroup } from '../engines/sim/fault.ts';
import type { Direction, LinkOptions } from '../engines/sim/link.ts';
import type { Selector } from '../engines/sim/match.ts';
import type { Action, RuleRoom } from '../engines/sim/rule.ts';

/** How a partition cuts. */
export interface PartitionOptions extends Selector {
  /**
   * What becomes of packets: `blackhole` loses them in silence, `reject` answers as a firewall does (a reset to TCP,
   * "port unreachable" to UDP), `unreachable` as a router does ("host unreachable"). `blackhole` when left out.
   */
  readonly how?: PartitionHow;
}

/** What a way needs of its network. */
export interface WayRoom {
  /** The directions, in the network as it is built now. */
  directions(): readonly Direction[];
  /** Keeps a fault for `sim.check()` and for a replay. */
  keep(make: () => Fault): Fault;
  /** Does something to the network, now and in a replay. */
  change(change: () => void): void;
}

/**
 * A way for packets: `wire.toward(host)` or `wire.both`. Each fault takes a selector of the packets that it is about, and
 * gives a handle that counts what it did; `remove()` or `using` ends it. One that did nothing fails `sim.check()`.
 */
export class Way {
  readonly #room: WayRoom;

  /** @internal */
  constructor(room: WayRoom) {
    this.#room = room;
  }

  /** Loses packets. `drop({ tcp: { hasData: true }, nth: 1 })` loses the first segment with data. */
  drop(selector: Selector = {}): Fault {
    return this.#install('drop', selector, () => drop());
  }

  /** Loses each packet with this probability, 0 to 1. With 0 there is no fault, and none to be missed. */
  loss(probability: number, selector: Selector = {}): Fault {
    const optional = selector.optional ?? probability === 0;
    return this.#install('loss', { ...selector, probability, optional }, () => drop());
  }

  /** Loses packets in bursts (Gilbert and Elliott). */
  lossBurst(options: BurstOptions, selector: Selector = {}): Fault {
    return this.#install('loss burst', selector, () => lossBurst(options));
  }

  /** Delivers packets more than once: `copies` more, each `delayMs` after the one before. */
  duplicate(
    selector: Selector = {},
    options: { readonly copies?: number; readonly delayMs?: Delay } = {},
  ): Fault {
    return this.#install('duplicate', selector, () => duplicate(options.copies, options.delayMs));
  }

  /** Lets later packets overtake: so many (`gap`), or whatever comes within `waitMs`. */
  reorder(options: ReorderOptions = { gap: 1 }, selector: Selector = {}): Fault {
    return this.#install('reorder', selector, () => reorder(options));
  }

  /** Flips bits, one when left out. The receiver sees a wrong checksum and drops the packet. */
  corrupt(selector: Selector = {}, bits = 1): Fault {
    return this.#install('corrupt', selector, () => corrupt(bits));
  }

  /** Adds a delay to that of the link. */
  delay(delayMs: Delay, selector: Selector = {}): Fault {
    return this.#install('delay', selector, () => delay(delayMs));
  }

  /** Lets nothing through until it is removed. */
  partition({ how = 'blackhole', ...selector }: PartitionOptions = {}): Fault {
    return this.#install('partition', selector, () => partition(how));
  }

  /** Keeps packets until it is removed; then they go on in order. */
  hold(selector: Selector = {}): Fault {
    return this.#install('hold', selector, () => hold());
  }

  /** Swallows segments and resets their connections at both ends. */
  reset(selector: Selector = {}): Fault {
    return this.#install('reset', { ...selector, tcp: selector.tcp ?? true }, () => reset());
  }

  /** Changes how the link carries packets: delay, rate, queue, MTU. */
  set(options: LinkOptions): void {
    this.#room.change(() => {
      for (const direction of this.#room.directions()) direction.set(options);
    });
  }

  #install(kind: string, selector: Selector, action: () => (room: RuleRoom) => Action): Fault {
    return this.#room.keep(() => {
      const [first, ...others] = this.#room
        .directions()
        .map((direction) => direction.install(kind, selector, action()));
      if (!first) throw new Error('A way without a direction');
      return others.length === 0
        ? first
        : new FaultGroup(`${kind} on ${first.name.split(' on ')[1]} and back`, [first, ...others]);
    });
  }
}
