/** Which packets a fault is about: by protocol, ports, flags, content, by their number, by chance, by time. */
import type { Packet } from './packet.ts';
import type { RandomStream } from './random.ts';
import { ACK, FIN, PSH, RST, SYN, URG } from './tcp/segment.ts';

/** Fields that a UDP datagram has to have. */
export interface UdpMatch {
  readonly dataBytesMin?: number;
}

/** Fields that a TCP segment has to have. */
export interface TcpMatch {
  readonly hasData?: boolean;
  /** Exactly these control bits, as letters of `SAFRPU`; PSH counts only where it is named. */
  readonly flags?: string;
  readonly dataBytesMin?: number;
}

/** What a packet has to be like. Everything that is named has to hold; nothing named matches every packet. */
export interface Match {
  readonly udp?: boolean | UdpMatch;
  readonly tcp?: boolean | TcpMatch;
  readonly icmp?: boolean;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  /** Anything else. Must depend on the packet alone. */
  readonly where?: (packet: Packet) => boolean;
}

/** Which of the packets that match. Everything that is named has to hold. */
export interface Selector extends Match {
  /** By number among those that match, from 1: one, or several. */
  readonly nth?: number | readonly number[];
  /** Every so many. */
  readonly every?: number;
  /** By chance, 0 to 1, for each. */
  readonly probability?: number;
  /** Only from this time of the network on, and before the other, in milliseconds. */
  readonly fromMs?: number;
  readonly untilMs?: number;
  /** A fault that never fires fails the run; this one may. */
  readonly optional?: boolean;
}

/** Whether a packet is of the kind. */
function matches(match: Match, packet: Packet): boolean {
  const { payload } = packet;
  if (match.udp && payload.protocol !== 'udp') return false;
  if (match.tcp && payload.protocol !== 'tcp') return false;
  if (match.icmp && payload.protocol !== 'icmp') return false;
  if (payload.protocol === 'udp' && !matchesUdp(match, payload.data.length)) return false;
  if (payload.protocol === 'tcp' && !matchesTcp(match, payload.segment)) return false;
  if (!matchesPorts(match, packet)) return false;
  return match.where?.(packet) ?? true;
}

function matchesUdp({ udp }: Match, bytes: number): boolean {
  return typeof udp !== 'object' || bytes >= (udp.dataBytesMin ?? 0);
}

function matchesTcp({ tcp }: Match, segment: { readonly flags: number; readonly data: Uint8Array }): boolean {
  if (typeof tcp !== 'object') return true;
  if (tcp.hasData !== undefined && tcp.hasData !== segment.data.length > 0) return false;
  if (segment.data.length < (tcp.dataBytesMin ?? 0)) return false;
  if (tcp.flags === undefined) return true;
  const wanted = flagsOf(tcp.flags);
  const ignored = wanted & PSH ? 0 : PSH;
  return (segment.flags & ~ignored) === wanted;
}

function matchesPorts({ sourcePort, destinationPort }: Match, { payload }: Packet): boolean {
  if (sourcePort === undefined && destinationPort === undefined) return true;
  if (payload.protocol === 'icmp') return false;
  const ports = payload.protocol === 'tcp' ? payload.segment : payload;
  return (
    (sourcePort === undefined || ports.sourcePort === sourcePort) &&
    (destinationPort === undefined || ports.destinationPort === destinationPort)
  );
}

const LETTERS: Readonly<Record<string, number>> = { S: SYN, A: ACK, F: FIN, R: RST, P: PSH, U: URG };

/** Reads control bits from their letters. @throws RangeError for another letter. */
function flagsOf(letters: string): number {
  let flags = 0;
  for (const letter of letters) {
    const bit = LETTERS[letter];
    if (bit === undefined) throw new RangeError(`Flags are letters of SAFRPU, got ${letters}`);
    flags |= bit;
  }
  return flags;
}

/** Writes control bits as letters, in the order of Wireshark's people: `S`, `SA`, `A`, `PA`, `FA`, `R`. */
export function flagLetters(flags: number): string {
  const letters: readonly (readonly [number, string])[] = [
    [SYN, 'S'],
    [FIN, 'F'],
    [RST, 'R'],
    [PSH, 'P'],
    [ACK, 'A'],
    [URG, 'U'],
  ];
  return letters.map(([bit, letter]) => (flags & bit ? letter : '')).join('');
}

/** Counts the packets that match and picks those that are meant. */
export class Selection {
  readonly #selector: Selector;
  readonly #random: RandomStream;
  #count = 0;

  /** @throws RangeError for a probability outside 0 to 1, and for flags that are none. */
  constructor(selector: Selector, random: RandomStream) {
    const { probability = 0, tcp } = selector;
    if (!(probability >= 0 && probability <= 1))
      throw new RangeError(`A probability must be from 0 to 1, got ${probability}`);
    if (typeof tcp === 'object' && tcp.flags !== undefined) flagsOf(tcp.flags);
    this.#selector = selector;
    this.#random = random;
  }

  /** How many packets matched, picked or not. */
  get count(): number {
    return this.#count;
  }

  /** Whether this packet is meant. */
  picks(packet: Packet, nowUs: number): boolean {
    const { fromMs = 0, untilMs = Number.POSITIVE_INFINITY, nth, every, probability } = this.#selector;
    if (nowUs < fromMs * 1000 || nowUs >= untilMs * 1000) return false;
    if (!matches(this.#selector, packet)) return false;
    this.#count += 1;
    // drawn for every packet that matches, so that another condition does not change who is picked by chance
    const lucky = probability === undefined || this.#random.chance(probability);
    if (nth !== undefined && ![nth].flat().includes(this.#count)) return false;
    if (every !== undefined && this.#count % every !== 0) return false;
    return lucky;
  }
}
