/**
 * One direction of a link: what enters goes past the rules, through a queue of limited length at the link's rate, and
 * arrives after its delay. Jitter may let packets overtake each other, as it does in a real network.
 */
import type { Clock } from './clock.ts';
import { decodePacket, encodePacket, Malformed } from './codec.ts';
import type { Delay } from './delay.ts';
import { checkDelay, drawUs } from './delay.ts';
import type { Selector } from './match.ts';
import type { Packet } from './packet.ts';
import { packetBytes } from './packet.ts';
import { RandomStream } from './random.ts';
import type { Action, Passage, RuleRoom } from './rule.ts';
import { Rule } from './rule.ts';
import type { Trace } from './trace.ts';

/** How a link carries packets. */
export interface LinkOptions {
  /** How long a packet is under way, in milliseconds; 1 when left out. */
  readonly delayMs?: Delay;
  /** The largest packet, header included: 1,500 when left out; larger ones travel in fragments. */
  readonly mtu?: number;
  /** The rate; no limit when left out, or `Infinity`. */
  readonly bitsPerSecond?: number;
  /** What waits for the rate at most; a packet for which there is no room is lost. 65,536 when left out. */
  readonly queueBytesMax?: number;
}

const DELAY_MS = 1;
const MTU = 1500;
const QUEUE_BYTES_MAX = 65_536;
/** Every host takes packets of this length: RFC 791. */
const MTU_MIN = 68;
const MTU_MAX = 65_535;

/** Where a link ends. */
export interface Station {
  readonly name: string;
  readonly address: string;
  /** Takes a packet from the link. */
  arrive(packet: Packet, link: string): void;
}

/** What a link needs of its network. */
export interface LinkRoom {
  readonly seed: number;
  readonly clock: Clock;
  readonly trace: Trace;
  packetId(): number;
}

/** One direction of a link. */
export class Direction {
  /** Of the link: `client-server`. */
  readonly link: string;
  readonly from: Station;
  readonly to: Station;
  readonly #room: LinkRoom;
  readonly #installed = new Map<string, number>();
  #options: Required<Omit<LinkOptions, 'bitsPerSecond'>> & Pick<LinkOptions, 'bitsPerSecond'>;
  #rules: Rule[] = [];
  #jitter: RandomStream;
  #noise: RandomStream;
  #busyUntilUs = 0;

  constructor(room: LinkRoom, link: string, from: Station, to: Station, options: LinkOptions) {
    this.#room = room;
    this.link = link;
    this.from = from;
    this.to = to;
    this.#options = { delayMs: DELAY_MS, mtu: MTU, queueBytesMax: QUEUE_BYTES_MAX };
    this.#jitter = this.#stream('delay', 0);
    this.#noise = this.#stream('bits', 0);
    this.set(options);
  }

  get mtu(): number {
    return this.#options.mtu;
  }

  /** `client-server toward server`. */
  get name(): string {
    return `${this.link} toward ${this.to.name}`;
  }

  /** Changes how the link carries packets, from the next one on. */
  set(options: LinkOptions): void {
    const next = { ...this.#options, ...options };
    checkDelay(next.delayMs);
    if (!Number.isInteger(next.mtu) || next.mtu < MTU_MIN || next.mtu > MTU_MAX)
      throw new RangeError(`The MTU must be a whole number from ${MTU_MIN} to ${MTU_MAX}, got ${next.mtu}`);
    if (next.bitsPerSecond !== undefined && !(next.bitsPerSecond > 0))
      throw new RangeError(`The rate must be above 0 bits a second, got ${next.bitsPerSecond}`);
    this.#options = next;
  }

  /** Installs a rule behind those that are there. */
  install(kind: string, selector: Selector, action: (room: RuleRoom) => Action): Rule {
    const number = this.#installed.get(kind) ?? 0;
    this.#installed.set(kind, number + 1);
    const rule = new Rule(
      `${kind} on ${this.name}`,
      selector,
      action,
      this.#ruleRoom(kind, number),
      (one) => {
        this.#rules = this.#rules.filter((other) => other !== one);
      },
    );
    this.#rules = [...this.#rules, rule];
    return rule;
  }

  /** Takes a packet that fits the MTU. */
  send(packet: Packet): void {
    this.#room.trace.add({ kind: 'sent', host: this.from.name, link: this.link, packet });
    const passage: Passage = {
      packet,
      dropped: undefined,
      kept: false,
      extraDelayUs: 0,
      copiesUs: [],
      flips: 0,
    };
    for (const rule of this.#rules) {
      rule.apply(passage);
      if (passage.kept) return;
      if (passage.dropped !== undefined) {
        this.#lose(packet, passage.dropped);
        return;
      }
    }
    this.#carry(passage);
  }

  #ruleRoom(kind: string, number: number): RuleRoom {
    const { clock } = this.#room;
    return {
      random: this.#stream(kind, number),
      now: () => clock.now,
      after: (delayUs, callback) => clock.after(delayUs, callback),
      forward: (passage) => this.#carry(passage),
      answer: (packet) => this.#arriveAfter(this.#delayUs(), packet, this.from),
      forge: (packet) => this.#arriveAfter(this.#delayUs(), packet, this.to),
      packetId: () => this.#room.packetId(),
    };
  }

  #stream(kind: string, number: number): RandomStream {
    return new RandomStream(this.#room.seed, 'link', this.link, this.to.name, kind, number);
  }

  #carry({ packet, extraDelayUs, copiesUs, flips }: Passage): void {
    const queuedUs = this.#queue(packet);
    if (queuedUs === undefined) {
      this.#lose(packet, 'queue full');
      return;
    }
    const delayUs = queuedUs + this.#delayUs() + extraDelayUs;
    if (flips > 0) this.#arriveDamaged(delayUs, packet, flips);
    else this.#arriveAfter(delayUs, packet, this.to);
    for (const copyUs of copiesUs) this.#arriveAfter(delayUs + copyUs, packet, this.to);
  }

  /** How long the packet waits for the rate and is being sent; `undefined` when there is no room. */
  #queue(packet: Packet): number | undefined {
    const { bitsPerSecond, queueBytesMax } = this.#options;
    if (bitsPerSecond === undefined || bitsPerSecond === Number.POSITIVE_INFINITY) return 0;
    const { now } = this.#room.clock;
    const waitsUs = Math.max(0, this.#busyUntilUs - now);
    const bytes = packetBytes(packet);
    // the packet that is being sent is not in the queue
    if (waitsUs > 0 && (waitsUs * bitsPerSecond) / 8e6 + bytes > queueBytesMax) return undefined;
    this.#busyUntilUs = now + waitsUs + Math.ceil((bytes * 8e6) / bitsPerSecond);
    return this.#busyUntilUs - now;
  }

  #delayUs(): number {
    return drawUs(this.#options.delayMs, this.#jitter);
  }

  #arriveAfter(delayUs: number, packet: Packet, station: Station): void {
    this.#room.clock.after(delayUs, () => station.arrive(packet, this.link));
  }

  #arriveDamaged(delayUs: number, packet: Packet, flips: number): void {
    const outcome = this.#damage(packet, flips);
    if (typeof outcome !== 'string') {
      this.#arriveAfter(delayUs, outcome, this.to);
      return;
    }
    this.#room.clock.after(delayUs, () =>
      this.#room.trace.add({ kind: 'dropped', host: this.to.name, link: this.link, packet, reason: outcome }),
    );
  }

  /** Flips bits; gives the packet that still makes sense, or why it does not. */
  #damage(packet: Packet, flips: number): Packet | string {
    // the checksum of the transport is over all fragments: it would show the error when they are put together
    if (packet.fragment || packet.payload.protocol === 'icmp') return 'damaged';
    const bytes = encodePacket(packet);
    for (let flip = 0; flip < flips; flip++) {
      const bit = this.#noise.integer(0, bytes.length * 8 - 1);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    }
    try {
      return { ...decodePacket(bytes), id: packet.id };
    } catch (error) {
      if (error instanceof Malformed) return error.message;
      throw error;
    }
  }

  #lose(packet: Packet, reason: string): void {
    this.#room.trace.add({ kind: 'dropped', host: this.from.name, link: this.link, packet, reason });
  }
}
