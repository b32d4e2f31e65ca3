/** An event of the trace as plain data, with the bytes of a payload in hexadecimal. */
import { flagLetters } from '../engines/sim/match.ts';
import type { Packet } from '../engines/sim/packet.ts';
import { packetBytes } from '../engines/sim/packet.ts';
import type { TraceEvent } from '../engines/sim/trace.ts';

/** Writes one event. */
export function eventJson(event: TraceEvent): unknown {
  if (event.kind === 'sent') return { ...event, packet: packetJson(event.packet) };
  // the packet has been written when it was sent
  if (event.kind === 'received' || event.kind === 'dropped')
    return { ...event, packet: { id: event.packet.id } };
  if (event.kind !== 'tcp' || !('segment' in event.event)) return event;
  const { segment, ...rest } = event.event;
  return { ...event, event: { ...rest, segment: { seq: segment.seq, flags: flagLetters(segment.flags) } } };
}

function packetJson(packet: Packet): unknown {
  const { payload, payloadBytes: _, ...header } = packet;
  return { ...header, bytes: packetBytes(packet), payload: payloadJson(payload) };
}

function payloadJson(payload: Packet['payload']): unknown {
  switch (payload.protocol) {
    case 'udp':
      return { ...payload, data: hex(payload.data) };
    case 'tcp': {
      const { segment } = payload;
      return { protocol: 'tcp', ...segment, flags: flagLetters(segment.flags), data: hex(segment.data) };
    }
    case 'icmp':
      return { protocol: 'icmp', code: payload.code, about: payload.original.id };
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
