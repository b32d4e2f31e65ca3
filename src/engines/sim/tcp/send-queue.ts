/**
 * What a connection has to send: bytes that no segment has carried yet, and the segments that are in flight until they
 * are acknowledged. A retransmission sends the same segment again, as Linux does.
 */
import { ByteQueue, concat } from './byte-queue.ts';
import { FIN, SYN } from './segment.ts';
import { distance, isAfter, plus } from './sequence.ts';

/** A segment in flight. */
export interface Sent {
  seq: number;
  data: Uint8Array;
  /** Of the control bits FIN and SYN. */
  flags: number;
  readonly sentAt: number;
  /** How often it was sent again. */
  repeats: number;
  /** Taken to be lost, and not sent again since. */
  lost: boolean;
}

/** What an acknowledgement took off. */
export interface Acknowledged {
  readonly bytes: number;
  readonly segments: number;
  /** When the oldest of them was sent; `undefined` when one was sent again, for then nobody can say which (Karn). */
  readonly sentAt: number | undefined;
}

/** The sequence number that follows a segment in flight. */
function endOfSent({ seq, data, flags }: Sent): number {
  return plus(seq, data.length + (flags & (FIN | SYN) ? 1 : 0));
}

/** One connection's queue. */
export class SendQueue {
  readonly unsent: ByteQueue = new ByteQueue();
  #flight: Sent[] = [];
  #flightBytes = 0;
  #lostBytes = 0;
  #lostSegments = 0;

  /** Bytes that are not acknowledged, sent or not. */
  get bytes(): number {
    return this.unsent.length + this.#flightBytes;
  }

  /** The oldest segment in flight. */
  get head(): Sent | undefined {
    return this.#flight[0];
  }

  get inFlight(): number {
    return this.#flight.length;
  }

  /** Bytes and segments that are taken to be on their way: in flight and not lost. */
  get pipe(): { readonly bytes: number; readonly segments: number } {
    return {
      bytes: this.#flightBytes - this.#lostBytes,
      segments: this.#flight.length - this.#lostSegments,
    };
  }

  /** Puts a new segment into flight. */
  sent(segment: Sent): void {
    this.#flight.push(segment);
    this.#flightBytes += segment.data.length;
  }

  /** Takes everything before `ack` off. */
  acknowledge(ack: number): Acknowledged {
    let sentAt: number | undefined;
    let bytes = 0;
    let segments = 0;
    let repeated = false;
    for (let head = this.#flight[0]; head && isAfter(ack, head.seq); head = this.#flight[0]) {
      if (head.repeats > 0) repeated = true;
      if (isAfter(endOfSent(head), ack)) {
        bytes += this.#cut(head, distance(head.seq, ack));
        break;
      }
      sentAt ??= head.sentAt;
      bytes += head.data.length;
      segments += 1;
      this.#drop(head);
    }
    return { bytes, segments, sentAt: repeated ? undefined : sentAt };
  }

  /** Takes all in flight to be lost. */
  loseAll(): void {
    for (const segment of this.#flight) segment.lost = true;
    this.#lostBytes = this.#flightBytes;
    this.#lostSegments = this.#flight.length;
  }

  /** The first segment that is lost. */
  get firstLost(): Sent | undefined {
    return this.#lostSegments === 0 ? undefined : this.#flight.find(({ lost }) => lost);
  }

  /** Puts the segments that follow the oldest into it, as long as it stays within `size`: tcp_retrans_try_collapse. */
  collapse(size: number): void {
    const [head, ...others] = this.#flight;
    if (!head || head.flags & SYN) return;
    const joined = [head.data];
    let length = head.data.length;
    for (const next of others) {
      length += next.data.length;
      if (length > size) break;
      joined.push(next.data);
      head.flags |= next.flags;
      if (next.lost) this.#lostSegments -= 1;
      if (next.lost !== head.lost) this.#lostBytes += (head.lost ? 1 : -1) * next.data.length;
    }
    if (joined.length === 1) return;
    head.data = concat(joined);
    this.#flight.splice(1, joined.length - 1);
  }

  /** Says that a segment was sent again. */
  repeated(segment: Sent): void {
    segment.repeats += 1;
    if (segment.lost) this.#found(segment);
    segment.lost = false;
  }

  clear(): void {
    this.unsent.clear();
    this.#flight = [];
    this.#flightBytes = 0;
    this.#lostBytes = 0;
    this.#lostSegments = 0;
  }

  #drop(head: Sent): void {
    this.#flight.shift();
    this.#flightBytes -= head.data.length;
    if (head.lost) this.#found(head);
  }

  #found({ data }: Sent): void {
    this.#lostBytes -= data.length;
    this.#lostSegments -= 1;
  }

  /** Cuts acknowledged bytes off the front of a segment. */
  #cut(segment: Sent, count: number): number {
    segment.seq = plus(segment.seq, count);
    segment.data = segment.data.subarray(count);
    this.#flightBytes -= count;
    if (segment.lost) this.#lostBytes -= count;
    return count;
  }
}
