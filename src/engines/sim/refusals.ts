/** How a host, a firewall or a router says no: RST (RFC 9293 section 3.5.2) and ICMP unreachable (RFC 1122 section 3.2.2). */
import type { Packet, Payload, Unreachable } from './packet.ts';
import { payloadBytesOf } from './packet.ts';
import type { Segment } from './tcp/segment.ts';
import { ACK, FIN, RST, SYN } from './tcp/segment.ts';

const TTL = 64;
const NO_DATA = new Uint8Array(0);

/** What a firewall that rejects answers: a reset to TCP, "port unreachable" to UDP; nothing to a refusal. */
export function refusalOf(packet: Packet, id: number): Packet | undefined {
  return packet.payload.protocol === 'tcp' ? resetFor(packet, id) : unreachableFor(packet, 'port', id);
}

/** The reset that answers a segment; none answers a reset. */
export function resetFor(packet: Packet, id: number): Packet | undefined {
  const { payload } = packet;
  if (payload.protocol !== 'tcp' || payload.segment.flags & RST) return undefined;
  return packetOf(
    packet.destination,
    packet.source,
    { protocol: 'tcp', segment: resetOf(payload.segment) },
    id,
  );
}

function resetOf(segment: Segment): Segment {
  const { flags, seq, data } = segment;
  const isAcknowledging = (flags & ACK) !== 0;
  const length = data.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  return {
    source: segment.destination,
    sourcePort: segment.destinationPort,
    destination: segment.source,
    destinationPort: segment.sourcePort,
    seq: isAcknowledging ? segment.ack : 0,
    ack: isAcknowledging ? 0 : (seq + length) >>> 0,
    flags: isAcknowledging ? RST : RST | ACK,
    window: 0,
    data: NO_DATA,
  };
}

/** A reset that the receiver takes for the sender's own: it stands where the segment was expected. */
export function resetInPlaceOf({ source, destination }: Packet, segment: Segment, id: number): Packet {
  const { mss: _, ...fields } = segment;
  const forged: Segment = { ...fields, flags: RST, ack: 0, window: 0, data: NO_DATA };
  return packetOf(source, destination, { protocol: 'tcp', segment: forged }, id);
}

/** "Unreachable" about a packet; none about another ICMP message, nor about a later fragment. */
export function unreachableFor(packet: Packet, code: Unreachable, id: number): Packet | undefined {
  if (packet.payload.protocol === 'icmp' || (packet.fragment?.offset ?? 0) > 0) return undefined;
  return packetOf(packet.destination, packet.source, { protocol: 'icmp', code, original: packet }, id);
}

function packetOf(source: string, destination: string, payload: Payload, id: number): Packet {
  return { id, source, destination, ttl: TTL, tos: 0, payload, payloadBytes: payloadBytesOf(payload) };
}
