/**
 * SYN cookies: the initial sequence number of a SYN-ACK says everything about the request, so that a welcome socket
 * whose SYN queue is full needs no memory of it. RFC 4987 section 3.6, syncookies.c. Not a secret from anybody who can
 * read a simulator.
 */
import { hash } from './hash.ts';
import type { Segment } from './segment.ts';
import { plus } from './sequence.ts';

/** The segment sizes that two bits can name. */
const SIZES: readonly number[] = [536, 1300, 1440, 1460];

/** The cookie for a SYN. */
export function cookieFor(segment: Segment, secret: number): number {
  const index = SIZES.findLastIndex((size) => size <= (segment.mss ?? 536));
  return mixed(segment, segment.seq, secret, Math.max(0, index));
}

/** The segment size in the cookie that an acknowledgement brings back; `undefined` when it is none of ours. */
export function sizeInCookie(segment: Segment, secret: number): number | undefined {
  const cookie = plus(segment.ack, -1);
  const index = cookie & 3;
  return mixed(segment, plus(segment.seq, -1), secret, index) === cookie ? SIZES[index] : undefined;
}

function mixed(segment: Segment, seq: number, secret: number, index: number): number {
  const { source, sourcePort, destination, destinationPort } = segment;
  const text = `${source}:${sourcePort} ${destination}:${destinationPort} ${seq} ${secret} ${index}`;
  return ((hash(text) & ~3) | index) >>> 0;
}
