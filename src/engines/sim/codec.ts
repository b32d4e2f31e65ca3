/**
 * Packets as bytes, and back: IPv4 (RFC 791), UDP (RFC 768), TCP (RFC 9293 section 3.1), ICMP (RFC 792), each with its
 * checksum. What a capture shows is what a kernel would have sent; what has a wrong checksum is no packet any more.
 */
import { checksumOf, sumOf } from './checksum.ts';
import type { Packet, Payload, Unreachable } from './packet.ts';
import {
  ICMP_HEADER_BYTES,
  IP_HEADER_BYTES,
  payloadBytesOf,
  tcpHeaderBytes,
  UDP_HEADER_BYTES,
} from './packet.ts';
import type { Segment } from './tcp/segment.ts';

const PROTOCOLS = { icmp: 1, tcp: 6, udp: 17 } as const;
const UNREACHABLE_CODES: Readonly<Record<Unreachable, number>> = { net: 0, host: 1, port: 3 };
const ICMP_UNREACHABLE = 3;
const MORE_FRAGMENTS = 0x2000;
const TCP_OPTION_MSS = 2;

/** Writes a packet, or the fragment of one. */
export function encodePacket(packet: Packet): Uint8Array {
  const { fragment } = packet;
  const whole = encodePayload(packet);
  const part = fragment ? whole.subarray(fragment.offset, fragment.offset + fragment.length) : whole;
  const bytes = new Uint8Array(IP_HEADER_BYTES + part.length);
  bytes.set(part, IP_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint8(1, packet.tos);
  view.setUint16(2, bytes.length);
  view.setUint16(4, packet.id & 0xffff);
  view.setUint16(6, fragment ? (fragment.offset >> 3) | (fragment.more ? MORE_FRAGMENTS : 0) : 0);
  view.setUint8(8, packet.ttl);
  view.setUint8(9, PROTOCOLS[packet.payload.protocol]);
  setAddress(bytes, 12, packet.source);
  setAddress(bytes, 16, packet.destination);
  view.setUint16(10, checksumOf(sumOf(bytes.subarray(0, IP_HEADER_BYTES))));
  return bytes;
}

function encodePayload(packet: Packet): Uint8Array {
  const { payload } = packet;
  switch (payload.protocol) {
    case 'udp': {
      const bytes = new Uint8Array(UDP_HEADER_BYTES + payload.data.length);
      const view = new DataView(bytes.buffer);
      view.setUint16(0, payload.sourcePort);
      view.setUint16(2, payload.destinationPort);
      view.setUint16(4, bytes.length);
      bytes.set(payload.data, UDP_HEADER_BYTES);
      // a sum of 0 is sent as 0xffff: 0 says that there is none
      view.setUint16(6, checksumOf(sumOf(bytes, pseudoSum(packet, bytes.length))) || 0xffff);
      return bytes;
    }
    case 'tcp':
      return encodeSegment(packet, payload.segment);
    case 'icmp': {
      const quoted = encodePacket(payload.original).subarray(0, IP_HEADER_BYTES + 8);
      const bytes = new Uint8Array(ICMP_HEADER_BYTES + quoted.length);
      bytes[0] = ICMP_UNREACHABLE;
      bytes[1] = UNREACHABLE_CODES[payload.code];
      bytes.set(quoted, ICMP_HEADER_BYTES);
      new DataView(bytes.buffer).setUint16(2, checksumOf(sumOf(bytes)));
      return bytes;
    }
  }
}

function encodeSegment(packet: Packet, segment: Segment): Uint8Array {
  const headerBytes = tcpHeaderBytes(segment);
  const bytes = new Uint8Array(headerBytes + segment.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, segment.sourcePort);
  view.setUint16(2, segment.destinationPort);
  view.setUint32(4, segment.seq);
  view.setUint32(8, segment.ack);
  view.setUint8(12, (headerBytes / 4) << 4);
  view.setUint8(13, segment.flags);
  view.setUint16(14, segment.window);
  if (headerBytes > 20) {
    view.setUint8(20, TCP_OPTION_MSS);
    view.setUint8(21, 4);
    view.setUint16(22, segment.mss ?? 0);
  }
  bytes.set(segment.data, headerBytes);
  view.setUint16(16, checksumOf(sumOf(bytes, pseudoSum(packet, bytes.length))));
  return bytes;
}

/** What the pseudo header adds to the sums of UDP and TCP. */
function pseudoSum({ source, destination, payload }: Packet, length: number): number {
  const addresses = new Uint8Array(8);
  setAddress(addresses, 0, source);
  setAddress(addresses, 4, destination);
  return sumOf(addresses) + PROTOCOLS[payload.protocol] + length;
}

function setAddress(bytes: Uint8Array, at: number, address: string): void {
  let offset = at;
  for (const part of address.split('.')) bytes[offset++] = Number(part);
}

/** Why bytes are no packet. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
}

/**
 * Reads a whole packet, not a fragment. `id` is that of its identification field.
 *
 * @throws Malformed for a wrong checksum or length, and for what the simulator does not speak.
 */
export function decodePacket(bytes: Uint8Array): Packet {
  const { source, destination, body, view, protocol } = decodeHeader(bytes);
  const payload = decodePayload(protocol, body, { source, destination });
  const packet = {
    id: view.getUint16(4),
    source,
    destination,
    ttl: view.getUint8(8),
    tos: view.getUint8(1),
    payload,
    payloadBytes: body.length,
  };
  if (payloadBytesOf(payload) !== body.length) throw new Malformed('wrong length');
  return packet;
}

interface Header {
  readonly source: string;
  readonly destination: string;
  readonly body: Uint8Array;
  readonly view: DataView;
  readonly protocol: number;
}

function decodeHeader(bytes: Uint8Array): Header {
  if (bytes.length < IP_HEADER_BYTES) throw new Malformed('shorter than an IPv4 header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== 0x45) throw new Malformed('not an IPv4 header of 20 bytes');
  if (checksumOf(sumOf(bytes.subarray(0, IP_HEADER_BYTES))) !== 0)
    throw new Malformed('bad checksum of IPv4');
  if (view.getUint16(2) !== bytes.length) throw new Malformed('wrong length of IPv4');
  if ((view.getUint16(6) & 0x3fff) !== 0) throw new Malformed('a fragment');
  return {
    source: bytes.subarray(12, 16).join('.'),
    destination: bytes.subarray(16, 20).join('.'),
    body: bytes.subarray(IP_HEADER_BYTES),
    view,
    protocol: view.getUint8(9),
  };
}

type Ends = Pick<Packet, 'source' | 'destination'>;

function decodePayload(protocol: number, body: Uint8Array, ends: Ends): Payload {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (protocol === PROTOCOLS.udp) return decodeUdp(view, body, ends);
  if (protocol === PROTOCOLS.tcp) return decodeTcp(view, body, ends);
  throw new Malformed(`protocol ${protocol} is not read`);
}

function decodeUdp(view: DataView, body: Uint8Array, ends: Ends): Payload {
  if (body.length < UDP_HEADER_BYTES || view.getUint16(4) !== body.length)
    throw new Malformed('wrong length of UDP');
  checkSum('udp', body, ends);
  return {
    protocol: 'udp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    data: body.slice(UDP_HEADER_BYTES),
  };
}

function decodeTcp(view: DataView, body: Uint8Array, ends: Ends): Payload {
  if (body.length < 20) throw new Malformed('shorter than a TCP header');
  const headerBytes = (view.getUint8(12) >> 4) * 4;
  if (headerBytes !== 20 && headerBytes !== 24) throw new Malformed('a TCP header of another length');
  checkSum('tcp', body, ends);
  const segment: Segment = {
    ...ends,
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    seq: view.getUint32(4),
    ack: view.getUint32(8),
    flags: view.getUint8(13),
    window: view.getUint16(14),
    ...(headerBytes > 20 ? { mss: view.getUint16(22) } : {}),
    data: body.slice(headerBytes),
  };
  return { protocol: 'tcp', segment };
}

function checkSum(protocol: 'udp' | 'tcp', body: Uint8Array, ends: Ends): void {
  const addresses = new Uint8Array(8);
  setAddress(addresses, 0, ends.source);
  setAddress(addresses, 4, ends.destination);
  const sum = sumOf(body, sumOf(addresses) + PROTOCOLS[protocol] + body.length);
  if (checksumOf(sum) !== 0) throw new Malformed(`bad checksum of ${protocol.toUpperCase()}`);
}
