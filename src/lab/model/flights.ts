/** The packets of a run as things that travel: from where, to where, when, what became of each, and where it is drawn. */
import { decode } from '../../index.ts';
import type { Packet, Segment, SegmentLabel, SocketRow, TraceEvent } from '../../sim/index.ts';
import { SequenceBases } from '../../sim/trace-view.ts';
import { setLanes } from './lanes.ts';
import type { Table } from './tables.ts';
import { rowsAt } from './tables.ts';
import { WayNumbers } from './way-numbers.ts';

/** What a packet is, for its colour and shape. */
type FlightKind = 'datagram' | 'handshake' | 'data' | 'ack' | 'end' | 'reset' | 'icmp';

/** A packet under way, or one of its copies. */
export interface Flight {
  readonly index: number;
  /** The packet's number on its way from host to host, from 1: what a change names. */
  readonly number: number;
  readonly packet: Packet;
  readonly from: string;
  readonly to: string;
  readonly sentUs: number;
  /** When it arrives, or is lost. */
  readonly endUs: number;
  /** The places in the trace of its sending and of its end: what is at the same time happens in this order. */
  readonly sentPlace: number;
  readonly endPlace: number;
  /** It arrives, is lost on its way, or arrives and is thrown away. */
  readonly fate: 'arrives' | 'lost' | 'refused';
  readonly reason: string | undefined;
  readonly kind: FlightKind;
  /** `SYN`, `ACK`, `"hello"`, `1460 B`. */
  readonly title: string;
  readonly label: SegmentLabel | undefined;
  /** Whether TCP sends it again. */
  readonly isAgain: boolean;
  /** Whether the network made it twice. */
  readonly isCopy: boolean;
  /** Numbers of TCP, relative to the connection's first. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The socket that it was for, as the receiver found it. */
  readonly match: SocketRow | undefined;
  /** Beside others that are under way at the same time: 0 is the nearest to the wire. */
  readonly lane: number;
}

type Open = { -readonly [K in keyof Flight]: Flight[K] };

/** How long a packet is under way where none has arrived to tell. */
const DELAY_US = 25_000;
/** Where a packet is lost: this part of its way. */
const LOST_AT = 0.6;
const TEXT_MAX = 16;
/** How a sender asks whether there is room: Linux with what it would send to keep a connection alive. */
export const PROBES: ReadonlySet<string> = new Set(['zero window probe', 'keep-alive']);

/**
 * Collects them, in the order of sending.
 *
 * @param names The host of each address.
 */
export function flightsOf(
  events: readonly TraceEvent[],
  names: ReadonlyMap<string, string>,
  tables: ReadonlyMap<string, readonly Table[]>,
): readonly Flight[] {
  const collector = new Collector(events, names, tables);
  for (const [place, event] of events.entries()) collector.take(event, place);
  const flights = collector.finish();
  setLanes(flights);
  return flights;
}

class Collector {
  readonly #flights: Open[] = [];
  readonly #byPacket = new Map<string, Open>();
  readonly #names: ReadonlyMap<string, string>;
  readonly #tables: ReadonlyMap<string, readonly Table[]>;
  readonly #numbers: WayNumbers;
  readonly #labels = new Map<Segment, readonly SegmentLabel[]>();
  readonly #bases = new SequenceBases();
  readonly #delays = new Map<string, number>();
  /** The flight that has just arrived at a host: what its TCP says next is about this one. */
  readonly #arrived = new Map<string, Open>();

  constructor(
    events: readonly TraceEvent[],
    names: ReadonlyMap<string, string>,
    tables: ReadonlyMap<string, readonly Table[]>,
  ) {
    this.#names = names;
    this.#tables = tables;
    this.#numbers = new WayNumbers({ traceEvents: events });
    for (const event of events)
      if (event.kind === 'tcp' && event.event.kind === 'label') this.#learn(event.event);
  }

  take(event: TraceEvent, place: number): void {
    if (event.kind === 'sent') this.#sent(event.packet, event.host, event.timeUs, place);
    else if (event.kind === 'received') this.#received(event.packet, event.host, event.timeUs, place);
    else if (event.kind === 'dropped') this.#dropped(event.packet, event.host, event.timeUs, event.reason);
    else if (event.kind === 'tcp') this.#tcp(event.host, event.event, event.timeUs);
  }

  #learn({ segment, label }: { readonly segment: Segment; readonly label: SegmentLabel }): void {
    this.#labels.set(segment, [...(this.#labels.get(segment) ?? []), label]);
  }

  finish(): readonly Open[] {
    for (const flight of this.#flights) {
      if (flight.endUs >= 0) continue;
      const delay = this.#delays.get(`${flight.from}>${flight.to}`) ?? DELAY_US;
      const isLost = flight.fate === 'lost';
      flight.endUs = flight.sentUs + Math.round(delay * (isLost ? LOST_AT : 1));
    }
    return this.#flights;
  }

  #sent(packet: Packet, from: string, timeUs: number, place: number): void {
    this.#bases.learn(packet);
    const { flags, seq, ack, length } = this.#bases.describe(packet);
    const { payload } = packet;
    const ports = portsOf(packet);
    const labels = payload.protocol === 'tcp' ? (this.#labels.get(payload.segment) ?? []) : [];
    const label = labels.at(-1);
    const flight: Open = {
      index: this.#flights.length,
      number: this.#numbers.of(packet.id) ?? 0,
      packet,
      from,
      to: this.#names.get(packet.destination) ?? packet.destination,
      sentUs: timeUs,
      endUs: -1,
      sentPlace: place,
      endPlace: place,
      fate: 'arrives',
      reason: undefined,
      kind: kindOf(packet, flags, length),
      title: titleOf(packet, flags, length, label),
      label,
      isAgain: labels.some((one) => one.endsWith('retransmission')),
      isCopy: false,
      flags,
      seq,
      ack,
      length,
      ...ports,
      match: undefined,
      lane: 0,
    };
    this.#flights.push(flight);
    this.#byPacket.set(keyOf(packet), flight);
  }

  #received(packet: Packet, host: string, timeUs: number, place: number): void {
    let flight = this.#byPacket.get(keyOf(packet));
    if (!flight) return;
    if (flight.endUs >= 0) {
      flight = { ...flight, index: this.#flights.length, isCopy: true, fate: 'arrives', reason: undefined };
      this.#flights.push(flight);
    }
    flight.endUs = timeUs;
    flight.endPlace = place;
    this.#delays.set(`${flight.from}>${flight.to}`, timeUs - flight.sentUs);
    this.#arrived.set(host, flight);
    const { payload } = packet;
    if (payload.protocol !== 'udp') return;
    const isMeant = ({ protocol, local }: SocketRow) =>
      protocol === 'udp' && local.endsWith(`:${payload.destinationPort}`);
    // a program may bind, or take it and close, in the same instant
    const [before, after] = [timeUs - 1, timeUs].map((at) =>
      rowsAt(this.#tables.get(host), at).find(isMeant),
    );
    flight.match = before ?? after;
  }

  #dropped(packet: Packet, host: string, timeUs: number, reason: string): void {
    const flight = this.#byPacket.get(keyOf(packet));
    if (!flight) return;
    flight.reason = reason;
    if (host === flight.from) flight.fate = 'lost';
    else {
      flight.fate = 'refused';
      flight.endUs = timeUs;
    }
  }

  #tcp(host: string, event: Extract<TraceEvent, { kind: 'tcp' }>['event'], timeUs: number): void {
    const flight = this.#arrived.get(host);
    if (!flight) return;
    if (event.kind === 'demux')
      flight.match = rowsAt(this.#tables.get(host), timeUs - 1).find(
        ({ protocol, socket }) => protocol === 'tcp' && socket === event.socket,
      );
    // TCP drops a probe, and answers it: that is what it is for
    if (event.kind === 'drop' && flight.endUs === timeUs && !PROBES.has(flight.label ?? '')) {
      flight.fate = 'refused';
      flight.reason = event.reason;
    }
  }
}

function keyOf({ id, fragment }: Packet): string {
  return `${id}/${fragment?.offset ?? 0}`;
}

function portsOf({ payload }: Packet): { readonly sourcePort: number; readonly destinationPort: number } {
  if (payload.protocol === 'icmp') return { sourcePort: 0, destinationPort: 0 };
  const { sourcePort, destinationPort } = payload.protocol === 'tcp' ? payload.segment : payload;
  return { sourcePort, destinationPort };
}

function kindOf({ payload }: Packet, flags: string, length: number): FlightKind {
  if (payload.protocol === 'udp') return 'datagram';
  if (payload.protocol === 'icmp') return 'icmp';
  if (flags.includes('R')) return 'reset';
  if (flags.includes('S')) return 'handshake';
  if (flags.includes('F')) return 'end';
  return length > 0 ? 'data' : 'ack';
}

function titleOf(
  { payload }: Packet,
  flags: string,
  length: number,
  label: SegmentLabel | undefined,
): string {
  if (payload.protocol === 'icmp') return `ICMP ${payload.code} unreachable`;
  if (payload.protocol === 'udp') return textOf(payload.data);
  const names = [
    ...(flags.includes('S') ? ['SYN'] : []),
    ...(flags.includes('F') ? ['FIN'] : []),
    ...(flags.includes('R') ? ['RST'] : []),
  ];
  if (label !== undefined && PROBES.has(label)) return 'probe';
  if (length > 0) return [...names, textOf(payload.segment.data)].join(' ');
  // nearly every segment acknowledges: said where it is all that there is to say, and of SYN ACK, which has that name
  if (names.length === 0) return label === 'zero window' ? 'ACK, full' : 'ACK';
  return flags === 'SA' ? 'SYN ACK' : names.join(' ');
}

/** A short text in quotation marks, else the count of bytes. */
export function textOf(data: Uint8Array): string {
  const isText = data.length > 0 && data.every((byte) => byte >= 32 && byte < 127);
  return isText && data.length <= TEXT_MAX ? `“${decode(data)}”` : `${data.length} B`;
}
