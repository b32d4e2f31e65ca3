/**
 * What happened in a run, in order: packets sent, received and dropped, states and timers of TCP, calls of programs,
 * faults of hosts. The digest is over everything from the start; the events themselves are kept up to a limit, the
 * oldest go first, so a run of any length has a bounded memory.
 */
import type { Clock } from './clock.ts';
import { Digest } from './digest.ts';
import type { Packet } from './packet.ts';
import type { TcpEvent } from './tcp/environment.ts';
import type { Segment } from './tcp/segment.ts';

/** How many events are kept unless a network is told otherwise. */
export const TRACE_EVENTS_MAX = 50_000;

/** What happened. */
export type Happening =
  | {
      readonly kind: 'sent' | 'received';
      readonly host: string;
      readonly link: string;
      readonly packet: Packet;
    }
  | {
      readonly kind: 'dropped';
      /** Where: the host for whom it was, or the sender when the link lost it. */
      readonly host: string;
      readonly link: string;
      readonly packet: Packet;
      readonly reason: string;
    }
  | { readonly kind: 'tcp'; readonly host: string; readonly event: TcpEvent }
  | {
      readonly kind: 'call' | 'return';
      readonly host: string;
      readonly program: string;
      /** The socket's number; 0 for a call without one. UDP and TCP count by themselves. */
      readonly socket: number;
      readonly protocol: 'udp' | 'tcp' | '';
      readonly syscall: string;
      /** Of a call its argument, of a return what came of it. */
      readonly text: string;
    }
  | { readonly kind: 'program'; readonly host: string; readonly program: string; readonly text: string }
  | { readonly kind: 'host'; readonly host: string; readonly text: string };

/** A happening with its place in the run. */
export type TraceEvent = Happening & {
  /** Microseconds since the start. */
  readonly timeUs: number;
  /** The number of the clock's event in which it happened: `sim.replayTo(step)` stops after it. */
  readonly step: number;
};

/** The record of one run. */
export class Trace {
  readonly #clock: Clock;
  readonly #eventsMax: number;
  readonly #digest = new Digest();
  #events: TraceEvent[] = [];
  #forgotten = 0;

  constructor(clock: Clock, eventsMax: number = TRACE_EVENTS_MAX) {
    this.#clock = clock;
    this.#eventsMax = eventsMax;
  }

  /** The events that are kept, oldest first. */
  get events(): readonly TraceEvent[] {
    return this.#events;
  }

  /** How many events there were that are not kept. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The digest of everything so far. */
  get hash(): string {
    return this.#digest.hex();
  }

  add(happening: Happening): void {
    // the caller's object becomes the event: a copy of each would be a good part of a run
    const event = happening as Happening & { timeUs: number; step: number };
    event.timeUs = this.#clock.now;
    event.step = this.#clock.executed;
    this.#digest.number(event.timeUs);
    digestOf(this.#digest, happening);
    this.#events.push(event);
    if (this.#events.length > this.#eventsMax) this.#forget();
  }

  /** Half at once: one at a time would move all others each time. */
  #forget(): void {
    const count = Math.ceil(this.#eventsMax / 2);
    this.#events = this.#events.slice(count);
    this.#forgotten += count;
  }
}

function digestOf(digest: Digest, event: Happening): void {
  digest.name(event.kind);
  digest.name(event.host);
  switch (event.kind) {
    case 'sent':
      digestPacket(digest, event.packet);
      break;
    case 'received':
      digest.number(event.packet.id);
      break;
    case 'dropped':
      digest.number(event.packet.id);
      digest.name(event.reason);
      break;
    case 'tcp':
      digestTcp(digest, event.event);
      break;
    case 'call':
    case 'return':
      digest.name(event.program);
      digest.number(event.socket);
      digest.name(event.protocol);
      digest.name(event.syscall);
      digest.text(event.text);
      return;
    case 'program':
      digest.name(event.program);
      digest.text(event.text);
      break;
    case 'host':
      digest.text(event.text);
      break;
  }
}

function digestPacket(digest: Digest, packet: Packet): void {
  const { payload, fragment } = packet;
  digest.number(packet.id);
  digest.name(packet.source);
  digest.name(packet.destination);
  digest.word(packet.ttl | (packet.tos << 8));
  if (fragment) digest.number(fragment.offset * 2 + Number(fragment.more));
  if (payload.protocol === 'tcp') {
    digestSegment(digest, payload.segment);
    return;
  }
  if (payload.protocol === 'icmp') {
    digest.name(payload.code);
    return;
  }
  digest.word((payload.sourcePort << 16) | payload.destinationPort);
  // the fragments of one datagram have the same bytes
  if (!fragment || fragment.offset === 0) digest.bytes(payload.data);
}

function digestSegment(digest: Digest, segment: Segment): void {
  digest.word((segment.sourcePort << 16) | segment.destinationPort);
  digest.word(segment.seq);
  digest.word(segment.ack);
  digest.word((segment.flags << 16) | segment.window);
  digest.bytes(segment.data);
}

function digestTcp(digest: Digest, event: TcpEvent): void {
  for (const key in event) {
    const value = event[key as keyof TcpEvent] as number | string | Segment | undefined;
    if (typeof value === 'number') digest.number(value);
    else if (typeof value === 'string') digest.name(value);
    else if (value !== undefined) digest.word(value.seq);
  }
}
