/** What a host sees of a link, as a capture file: what it sends when it sends it, what it receives when it arrives. */
import { encodePacket } from '../engines/sim/codec.ts';
import { pcapng } from '../engines/sim/pcapng.ts';
import type { TraceEvent } from '../engines/sim/trace.ts';

/** Writes the capture. */
export function capture(events: readonly TraceEvent[], link: string, host: string): Uint8Array {
  const packets = events.flatMap((event) => {
    if (event.kind !== 'sent' && event.kind !== 'received') return [];
    if (event.link !== link || event.host !== host) return [];
    return [{ timeUs: event.timeUs, bytes: encodePacket(event.packet) }];
  });
  return pcapng(`${host}:${link}`, packets);
}
