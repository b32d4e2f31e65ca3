/** The trace of a run, for tests to ask and for tools to read. */
import { flagLetters } from '../engines/sim/match.ts';
import type { Packet } from '../engines/sim/packet.ts';
import type { TraceEvent } from '../engines/sim/trace.ts';
import { eventJson } from './event-json.ts';
import type { SimNet } from './simnet.ts';

/** The version of the trace's JSON: it changes when a field changes its meaning. */
const TRACE_VERSION = 1;

/** A segment or datagram of one direction, and what became of it. */
export interface Travelled {
  /** When it was sent, in milliseconds. */
  readonly sentMs: number;
  /** When it arrived first, in milliseconds; `undefined` when it never did. */
  readonly arrivedMs: number | undefined;
  /** Why it was lost, on the link or at the receiver. */
  readonly dropped: string | undefined;
  readonly packet: Packet;
  /** Of TCP `S`, `SA`, `A`, `PA`, `FA`, `R`; of UDP `''`. */
  readonly flags: string;
  /** Of TCP: relative to the first sequence number that the sender used for this connection. */
  readonly seq: number;
  /** Of TCP: relative to the first sequence number of the peer; 0 without ACK. */
  readonly ack: number;
  /** Bytes of data. */
  readonly length: number;
}

/** What went one way. */
export class Travel {
  readonly all: readonly Travelled[];

  constructor(all: readonly Travelled[]) {
    this.all = all;
  }

  /** The control bits of each segment, in the order of sending. */
  flags(): string[] {
    return this.all.map(({ flags }) => flags);
  }

  /** Those that never arrived. */
  lost(): Travelled[] {
    return this.all.filter(({ arrivedMs }) => arrivedMs === undefined);
  }
}

/** A run's trace. */
export class TraceView {
  /** The events that were kept, oldest first. */
  readonly events: readonly TraceEvent[];
  /** A digest of all that has happened, the same in every runtime. */
  readonly hash: string;
  readonly #sim: SimNet;

  /** @internal Use `trace()`. */
  constructor(sim: SimNet) {
    this.#sim = sim;
    this.events = [...sim.fabric.trace.events];
    this.hash = sim.fabric.trace.hash;
  }

  /** The TCP segments of one way: `client>server`. */
  tcp(route: string): Travel {
    return this.#travel(route, 'tcp');
  }

  /** The UDP datagrams of one way, each fragment by itself. */
  udp(route: string): Travel {
    return this.#travel(route, 'udp');
  }

  /** What programs printed, each with its host and time. */
  printed(): {
    readonly host: string;
    readonly program: string;
    readonly timeMs: number;
    readonly text: string;
  }[] {
    return this.events.flatMap((event) =>
      event.kind === 'program' && event.text.startsWith('prints ')
        ? [
            {
              host: event.host,
              program: event.program,
              timeMs: event.timeUs / 1000,
              text: event.text.slice(7),
            },
          ]
        : [],
    );
  }

  /** The whole trace as data. */
  toJSON(): unknown {
    const { seed, profile, fabric } = this.#sim;
    return {
      version: TRACE_VERSION,
      seed,
      profile,
      hash: this.hash,
      hosts: fabric.hosts.map(({ name, address }) => ({ name, ip: address })),
      links: fabric.cables.map(({ name, directions: [forth] }) => ({
        name,
        hosts: [forth.from.name, forth.to.name],
      })),
      forgotten: fabric.trace.forgotten,
      events: this.events.map(eventJson),
    };
  }

  #travel(route: string, protocol: 'tcp' | 'udp'): Travel {
    const [from, to] = route.split('>').map((name) => this.#address(name.trim()));
    const bases = new SequenceBases();
    const travelled = new Map<string, { -readonly [K in keyof Travelled]: Travelled[K] }>();
    for (const event of this.events) {
      if (event.kind !== 'sent' && event.kind !== 'received' && event.kind !== 'dropped') continue;
      const { packet } = event;
      if (packet.payload.protocol !== protocol) continue;
      if (event.kind === 'sent') bases.learn(packet);
      if (packet.source !== from || packet.destination !== to) continue;
      const key = `${packet.id}/${packet.fragment?.offset ?? 0}`;
      const known = travelled.get(key);
      const timeMs = event.timeUs / 1000;
      if (event.kind === 'sent') travelled.set(key, { ...bases.describe(packet), sentMs: timeMs });
      else if (known && event.kind === 'received') known.arrivedMs ??= timeMs;
      else if (known && event.kind === 'dropped') known.dropped ??= event.reason;
    }
    return new Travel([...travelled.values()]);
  }

  #address(name: string): string {
    const host = this.#sim.fabric.hosts.find((one) => one.name === name);
    if (!host) throw new RangeError(`A route is written "client>server"; the network has no host "${name}"`);
    return host.address;
  }
}

/** The first sequence number of each sender of a connection. */
export class SequenceBases {
  readonly #bases = new Map<string, number>();

  /** Looks at a segment that is sent: SYN begins anew. */
  learn({ payload }: Packet): void {
    if (payload.protocol !== 'tcp') return;
    const { segment } = payload;
    const key = `${segment.source}:${segment.sourcePort}>${segment.destination}:${segment.destinationPort}`;
    if (segment.flags & 0x02 || !this.#bases.has(key)) this.#bases.set(key, segment.seq);
  }

  describe(packet: Packet): Omit<Travelled, 'sentMs'> {
    const { payload } = packet;
    const none = { arrivedMs: undefined, dropped: undefined, packet };
    if (payload.protocol === 'icmp') return { ...none, flags: '', seq: 0, ack: 0, length: 0 };
    if (payload.protocol === 'udp')
      return { ...none, flags: '', seq: 0, ack: 0, length: payload.data.length };
    const { segment } = payload;
    const own = `${segment.source}:${segment.sourcePort}>${segment.destination}:${segment.destinationPort}`;
    const peer = `${segment.destination}:${segment.destinationPort}>${segment.source}:${segment.sourcePort}`;
    const ackBase = this.#bases.get(peer) ?? segment.ack;
    return {
      ...none,
      flags: flagLetters(segment.flags),
      seq: (segment.seq - (this.#bases.get(own) ?? segment.seq)) >>> 0,
      ack: segment.flags & 0x10 ? (segment.ack - ackBase) >>> 0 : 0,
      length: segment.data.length,
    };
  }
}

/** Looks at the trace of a network as it is now. */
export function trace(sim: SimNet): TraceView {
  return new TraceView(sim);
}
