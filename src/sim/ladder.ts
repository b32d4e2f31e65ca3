/**
 * A run as a picture in text: a rail for each host, an arrow for each packet, time downward. What is lost ends in ✕.
 * Beside the arrows: what programs print, the states of connections, and what befalls hosts.
 */
import type { Packet } from '../engines/sim/packet.ts';
import type { Segment } from '../engines/sim/tcp/segment.ts';
import type { TraceEvent } from '../engines/sim/trace.ts';
import type { SimNet } from './simnet.ts';
import { SequenceBases } from './trace-view.ts';

/** Characters between two rails. */
const GAP = 56;
const TIME_WIDTH = 12;
/** How far the arrow of a packet goes that does not arrive. */
const SHORT = 0.9;

/** What the picture holds. */
export interface LadderOptions {
  /** The most rows; the rest is counted. All when left out. */
  readonly rowsMax?: number;
}

/** Draws the run so far. */
export function ladder(sim: SimNet, { rowsMax = Number.POSITIVE_INFINITY }: LadderOptions = {}): string {
  const { events } = sim.fabric.trace;
  const drawing = new Drawing(
    sim.fabric.hosts.toSorted((a, b) => numberOf(a.address) - numberOf(b.address)),
    events,
  );
  const rows = events.flatMap((event) => drawing.row(event) ?? []);
  const more = rows.length > rowsMax ? [`${''.padEnd(TIME_WIDTH)}… and ${rows.length - rowsMax} more`] : [];
  return [drawing.head(), ...rows.slice(0, rowsMax), ...more].join('\n');
}

interface Rail {
  readonly name: string;
  readonly address: string;
}

class Drawing {
  readonly #rails: readonly Rail[];
  readonly #bases = new SequenceBases();
  /** When each packet arrives, and why it does not. */
  readonly #arrivals = new Map<string, number>();
  readonly #losses = new Map<string, string>();
  readonly #labels = new Map<Segment, string>();

  constructor(rails: readonly Rail[], events: readonly TraceEvent[]) {
    this.#rails = rails;
    for (const event of events) this.#learn(event);
  }

  head(): string {
    let line = 'time (ms)'.padEnd(TIME_WIDTH);
    for (const [index, { name, address }] of this.#rails.entries())
      line = `${line.padEnd(TIME_WIDTH + index * GAP)}${name} ${address}`;
    return line;
  }

  row(event: TraceEvent): string | undefined {
    const time = (event.timeUs / 1000).toFixed(3).padStart(TIME_WIDTH - 3);
    const picture = this.#picture(event);
    return picture === undefined ? undefined : `${time}   ${picture}`.trimEnd();
  }

  #learn(event: TraceEvent): void {
    if (event.kind === 'received' && !this.#arrivals.has(keyOf(event.packet)))
      this.#arrivals.set(keyOf(event.packet), event.timeUs);
    if (event.kind === 'dropped') this.#losses.set(keyOf(event.packet), event.reason);
    if (event.kind === 'tcp' && event.event.kind === 'label')
      this.#labels.set(event.event.segment, event.event.label);
  }

  #picture(event: TraceEvent): string | undefined {
    switch (event.kind) {
      case 'sent':
        return this.#arrow(event.packet);
      case 'host':
        return this.#beside(event.host, `*** ${event.text} ***`);
      case 'program':
        return event.text.startsWith('prints ')
          ? this.#beside(event.host, `${event.program}: "${event.text.slice(7)}"`)
          : undefined;
      case 'tcp':
        return this.#tcp(event.host, event.event);
      default:
        return undefined;
    }
  }

  #tcp(host: string, event: Extract<TraceEvent, { kind: 'tcp' }>['event']): string | undefined {
    if (event.kind === 'state') return this.#beside(host, `(socket ${event.socket}: ${event.to})`);
    return event.kind === 'drop' ? this.#beside(host, `✕ dropped: ${event.reason}`) : undefined;
  }

  #beside(host: string, text: string): string {
    const at = this.#rails.findIndex(({ name }) => name === host);
    const line = this.#empty();
    write(line, at * GAP + 2, text);
    return line.join('');
  }

  #arrow(packet: Packet): string {
    const from = this.#rails.findIndex(({ address }) => address === packet.source);
    const to = this.#rails.findIndex(({ address }) => address === packet.destination);
    const text = this.#describe(packet);
    // on the loopback there is no second rail
    if (from < 0 || to < 0 || from === to)
      return this.#beside(this.#rails[Math.max(from, to, 0)]?.name ?? '', `↺ ${text}`);
    const line = this.#empty();
    const [left, right] = from < to ? [from * GAP, to * GAP] : [to * GAP, from * GAP];
    const isArriving = this.#arrivals.has(keyOf(packet));
    const isLost = !isArriving && this.#losses.has(keyOf(packet));
    const reach = isArriving ? right - left : Math.round((right - left) * SHORT);
    const [start, end] = from < to ? [left, left + reach] : [right - reach, right];
    for (let at = start + 1; at < end; at++) line[at] = '─';
    const head = isLost ? '✕' : from < to ? '▶' : '◀';
    line[from < to ? end - 1 : start + 1] = head;
    const room = end - start - 8;
    write(line, start + (from < to ? 4 : 5), ` ${text.slice(0, room)} `);
    return `${line.join('')}   ${this.#fate(packet)}`;
  }

  #fate(packet: Packet): string {
    const loss = this.#losses.get(keyOf(packet));
    const arrival = this.#arrivals.get(keyOf(packet));
    if (arrival === undefined) return loss ?? 'on its way';
    return `${(arrival / 1000).toFixed(3)}${loss === undefined ? '' : `, ${loss}`}`;
  }

  #describe(packet: Packet): string {
    this.#bases.learn(packet);
    const { payload, fragment } = packet;
    const part = fragment ? ` (part from ${fragment.offset})` : '';
    if (payload.protocol === 'icmp') return `ICMP ${payload.code} unreachable`;
    if (payload.protocol === 'udp')
      return `UDP ${payload.sourcePort}→${payload.destinationPort} ${payload.data.length} bytes${part}`;
    const { flags, seq, ack, length } = this.#bases.describe(packet);
    const label = this.#labels.get(payload.segment);
    const fields = [
      flags,
      `seq=${seq}`,
      ...(flags.includes('A') ? [`ack=${ack}`] : []),
      ...(length > 0 ? [`len=${length}`] : []),
    ];
    return `${fields.join(' ')}${label === undefined ? '' : ` [${label}]`}${part}`;
  }

  #empty(): string[] {
    const line = Array.from({ length: (this.#rails.length - 1) * GAP + 1 }, () => ' ');
    for (let rail = 0; rail < this.#rails.length; rail++) line[rail * GAP] = '│';
    return line;
  }
}

/** Rails stand in the order of their addresses. */
function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function keyOf(packet: Packet): string {
  return `${packet.id}/${packet.fragment?.offset ?? 0}`;
}

function write(line: string[], at: number, text: string): void {
  while (line.length < at) line.push(' ');
  for (const [index, letter] of [...text].entries()) line[at + index] = letter;
}
