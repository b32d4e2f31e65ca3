/**
 * A fault of one direction of a link: it looks at each packet that enters and changes what becomes of it. Rules act in
 * the order in which they were installed; the first one that drops or keeps a packet ends its way.
 */
import type { Fault } from './fault.ts';
import type { Selector } from './match.ts';
import { Selection } from './match.ts';
import type { Packet } from './packet.ts';
import type { RandomStream } from './random.ts';

/** One packet on its way into a link, and what the rules have decided so far. */
export interface Passage {
  readonly packet: Packet;
  /** Why it is lost; `undefined` while it is not. */
  dropped: string | undefined;
  /** A rule keeps it, and lets it go on later. */
  kept: boolean;
  /** Delay beyond the link's own. */
  extraDelayUs: number;
  /** One entry for each further copy: its delay beyond that of the original. */
  readonly copiesUs: number[];
  /** How many bits will be flipped. */
  flips: number;
}

/** What a rule can do beyond changing a passage. */
export interface RuleRoom {
  readonly random: RandomStream;
  now(): number;
  after(delayUs: number, callback: () => void): () => void;
  /** Lets a kept packet enter the link behind the rules, with what earlier ones decided. */
  forward(passage: Passage): void;
  /** Answers the sender, as somebody in the middle would. */
  answer(packet: Packet): void;
  /** Forges a packet for the receiver. */
  forge(packet: Packet): void;
  /** A new packet's number. */
  packetId(): number;
}

/** What a rule does. */
export interface Action {
  /** Changes what becomes of a picked packet; tells whether it did. */
  readonly hit: (passage: Passage) => boolean;
  /** Looks at every packet, picked or not, after `hit`. */
  readonly pass?: (packet: Packet) => void;
  /** Lets go what it keeps: called when the rule is taken away. */
  readonly release?: () => void;
}

/** One installed rule. */
export class Rule implements Fault {
  readonly name: string;
  readonly optional: boolean;
  readonly #selection: Selection;
  readonly #action: Action;
  readonly #room: RuleRoom;
  readonly #onRemove: (rule: Rule) => void;
  #hits = 0;

  constructor(
    name: string,
    selector: Selector,
    action: (room: RuleRoom) => Action,
    room: RuleRoom,
    onRemove: (rule: Rule) => void,
  ) {
    this.name = name;
    this.optional = selector.optional ?? false;
    this.#selection = new Selection(selector, room.random);
    this.#room = room;
    this.#action = action(room);
    this.#onRemove = onRemove;
  }

  get hits(): number {
    return this.#hits;
  }

  get seen(): number {
    return this.#selection.count;
  }

  /** Lets the rule have its say. */
  apply(passage: Passage): void {
    if (this.#selection.picks(passage.packet, this.#room.now()) && this.#action.hit(passage)) this.#hits += 1;
    if (!passage.kept && passage.dropped === undefined) this.#action.pass?.(passage.packet);
  }

  remove(): void {
    this.#onRemove(this);
    this.#action.release?.();
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}
