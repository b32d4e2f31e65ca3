/** Sequence numbers: unsigned 32 bits, compared on a circle. RFC 9293 section 3.4. */
import type { Segment } from './segment.ts';
import { FIN, SYN } from './segment.ts';

/** The number `count` after `seq`; `count` may be negative. */
export function plus(seq: number, count: number): number {
  return (seq + count) >>> 0;
}

/** How far `to` lies behind `from`, negative when it lies before it; meant for less than 2^31. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

export function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

export function isAfter(a: number, b: number): boolean {
  return ((b - a) | 0) < 0;
}

/** How many sequence numbers a segment takes: its bytes, and one each for SYN and FIN. */
function sequenceLength({ data, flags }: Segment): number {
  return data.length + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
}

/** The sequence number that follows a segment. */
export function endOf(segment: Segment): number {
  return plus(segment.seq, sequenceLength(segment));
}
