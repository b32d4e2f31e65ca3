/** Packets by their number on their way, from one host to another, from 1: what names a packet in an address. */
import type { Packet, SimNet, TraceEvent } from '../../sim/index.ts';

/** Numbers the packets of a run. */
export class WayNumbers {
  readonly #run: Pick<SimNet, 'traceEvents'>;
  readonly #counts = new Map<string, number>();
  readonly #numbers = new Map<number, number>();
  #seen = 0;

  constructor(run: Pick<SimNet, 'traceEvents'>) {
    this.#run = run;
  }

  /** The number of a packet that was sent, also in this very moment. */
  of(id: number): number | undefined {
    const { traceEvents } = this.#run;
    for (; this.#seen < traceEvents.length; this.#seen++) this.#count(traceEvents[this.#seen]);
    return this.#numbers.get(id);
  }

  #count(event: TraceEvent | undefined): void {
    // fragments have one number
    if (event?.kind !== 'sent' || this.#numbers.has(event.packet.id)) return;
    const way = wayOf(event.packet);
    const count = (this.#counts.get(way) ?? 0) + 1;
    this.#counts.set(way, count);
    this.#numbers.set(event.packet.id, count);
  }
}

function wayOf({ source, destination }: Packet): string {
  return `${source} ${destination}`;
}
