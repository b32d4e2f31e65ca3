/**
 * What travels: an IPv4 packet with a UDP datagram, a TCP segment or an ICMP message inside, or a fragment of one. As
 * objects: the bytes of RFC 791 are written only where somebody looks at bytes (a capture, a flipped bit; `codec.ts`).
 */

import type { Segment } from './tcp/segment.ts';
import { SYN } from './tcp/segment.ts';

/** Bytes of an IPv4 header; options are not used. */
export const IP_HEADER_BYTES = 20;
export const UDP_HEADER_BYTES = 8;
export const ICMP_HEADER_BYTES = 8;
const TCP_HEADER_BYTES = 20;
const TCP_MSS_OPTION_BYTES = 4;
/** Of the packet that an ICMP message is about, the header and eight bytes: RFC 792. */
const ICMP_QUOTED_BYTES = IP_HEADER_BYTES + 8;

/** A UDP datagram. */
export interface UdpDatagram {
  readonly protocol: 'udp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

/** A TCP segment. */
export interface TcpPayload {
  readonly protocol: 'tcp';
  readonly segment: Segment;
}

/** Why a destination can't be reached: codes 0, 1, 3 of ICMP type 3. */
export type Unreachable = 'net' | 'host' | 'port';

/** "Destination unreachable", about a packet. */
export interface IcmpUnreachable {
  readonly protocol: 'icmp';
  readonly code: Unreachable;
  readonly original: Packet;
}

export type Payload = UdpDatagram | TcpPayload | IcmpUnreachable;

/** Which part of the payload a fragment carries. */
export interface Fragment {
  /** In bytes, a multiple of eight. */
  readonly offset: number;
  readonly length: number;
  readonly more: boolean;
}

/** An IPv4 packet. Immutable. */
export interface Packet {
  /** Unique in a run; its low 16 bits are the identification field. Fragments share it. */
  readonly id: number;
  /** Dotted IPv4, and so is `destination`. */
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly tos: number;
  readonly payload: Payload;
  /** The bytes of the payload, header of the transport included. */
  readonly payloadBytes: number;
  readonly fragment?: Fragment;
}

/** How many bytes a payload takes inside an IPv4 packet. */
export function payloadBytesOf(payload: Payload): number {
  switch (payload.protocol) {
    case 'udp':
      return UDP_HEADER_BYTES + payload.data.length;
    case 'tcp':
      return tcpHeaderBytes(payload.segment) + payload.segment.data.length;
    case 'icmp':
      return ICMP_HEADER_BYTES + ICMP_QUOTED_BYTES;
  }
}

/** The length of a segment's header: 24 with the option of the maximum segment size, which only SYN carries. */
export function tcpHeaderBytes(segment: Segment): number {
  return TCP_HEADER_BYTES + (segment.mss !== undefined && segment.flags & SYN ? TCP_MSS_OPTION_BYTES : 0);
}

/** The bytes that a packet takes on a link. */
export function packetBytes(packet: Packet): number {
  return IP_HEADER_BYTES + (packet.fragment?.length ?? packet.payloadBytes);
}

/**
 * Cuts a packet for a link: every piece but the last a multiple of eight bytes. RFC 791 section 3.2.
 *
 * @returns The packet itself where it fits.
 */
export function fragmentsOf(packet: Packet, mtu: number): readonly Packet[] {
  if (packetBytes(packet) <= mtu) return [packet];
  const pieceBytes = (mtu - IP_HEADER_BYTES) & ~7;
  const fragments: Packet[] = [];
  for (let offset = 0; offset < packet.payloadBytes; offset += pieceBytes) {
    const length = Math.min(pieceBytes, packet.payloadBytes - offset);
    fragments.push({ ...packet, fragment: { offset, length, more: offset + length < packet.payloadBytes } });
  }
  return fragments;
}
