/**
 * Reno: slow start, congestion avoidance, fast retransmit and fast recovery. RFC 5681, 6582 (NewReno) and 3042. Sizes
 * are bytes; in the unit `segments` each segment counts as a full one, as in Linux.
 */
import type { TcpProfile } from './profile.ts';
import type { Acknowledged } from './send-queue.ts';
import { isAfter, isBefore } from './sequence.ts';

/** No threshold yet: the first loss finds it. The number that Linux has. */
const THRESHOLD_MAX = 0x7fff_ffff;
/** How many duplicates of an acknowledgement tell a loss from a reordering: RFC 5681 section 3.2. */
const DUPLICATES = 3;

/** What is on its way. */
interface Pipe {
  readonly bytes: number;
  readonly segments: number;
}

/** What an acknowledgement of new data asks for. */
export type Reaction = 'none' | 'retransmit head';

/** The congestion control of one connection. */
export class Congestion {
  readonly #profile: TcpProfile;
  readonly #mss: number;
  #window: number;
  #threshold = THRESHOLD_MAX;
  #phase: 'open' | 'recovery' | 'loss' = 'open';
  /** Recovery is over when this is acknowledged, and no other begins before. */
  #recover: number;
  #duplicates = 0;
  /** Acknowledged in congestion avoidance since the window last grew. */
  #credit = 0;
  #lastSentAt: number | undefined;
  /** The most that was in flight since the number `#peakUntil` went out: a window that is not used does not grow. */
  #peak = 0;
  #peakUntil: number;

  /** @param iss - the initial sequence number; @param isSlow - whether SYNs were lost: RFC 5681 section 3.1. */
  constructor(profile: TcpProfile, mss: number, iss: number, isSlow: boolean) {
    this.#profile = profile;
    this.#mss = mss;
    this.#recover = iss;
    this.#peakUntil = iss;
    this.#window = (isSlow ? 1 : profile.initialWindowSegments) * mss;
  }

  /** The congestion window. */
  get window(): number {
    return this.#window;
  }

  /** The slow start threshold. */
  get threshold(): number {
    return this.#threshold;
  }

  get phase(): 'open' | 'recovery' | 'loss' {
    return this.#phase;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /** Whether one more segment may go. The first two duplicates let one each go beyond the window: RFC 3042. */
  allows(pipe: Pipe, length: number): boolean {
    const limited = this.#phase === 'open' ? Math.min(this.#duplicates, DUPLICATES - 1) * this.#mss : 0;
    const next = this.#profile.congestionUnit === 'segments' ? this.#mss : length;
    return this.#size(pipe) + next <= this.#window + limited;
  }

  /** Notes that data goes out; after a rest the window is that of a new connection: RFC 5681 section 4.1. */
  sending(now: number, isIdle: boolean, timeoutUs: number): void {
    const first = this.#profile.initialWindowSegments * this.#mss;
    if (isIdle && this.#lastSentAt !== undefined && now - this.#lastSentAt > timeoutUs)
      this.#window = Math.min(this.#window, first);
    this.#lastSentAt = now;
  }

  /** Notes how much is in flight after sending: tcp_cwnd_validate. */
  inFlight(pipe: Pipe, una: number, next: number): void {
    const size = this.#size(pipe);
    if (isBefore(una, this.#peakUntil) && size < this.#peak) return;
    this.#peak = size;
    this.#peakUntil = next;
  }

  /** Takes an acknowledgement of new data. */
  acknowledged(ack: number, taken: Acknowledged): Reaction {
    this.#duplicates = 0;
    if (this.#phase === 'recovery') return this.#recovering(ack, taken);
    if (this.#phase === 'loss' && !isBefore(ack, this.#recover)) this.#phase = 'open';
    const isUsed = this.#isSlowStart ? this.#window < 2 * this.#peak : this.#peak + this.#mss > this.#window;
    if (isUsed) this.#grow(this.#size(taken));
    return 'none';
  }

  /** Takes a duplicate acknowledgement; `next` is the next sequence number to send. */
  duplicate(una: number, next: number, outstanding: Pipe): Reaction {
    this.#duplicates += 1;
    if (this.#phase === 'recovery') this.#window += this.#mss;
    const begins = this.#phase === 'open' && this.#duplicates === DUPLICATES && isAfter(una, this.#recover);
    if (!begins) return 'none';
    this.#halve(outstanding);
    this.#window = this.#threshold + DUPLICATES * this.#mss;
    this.#phase = 'recovery';
    this.#recover = next;
    return 'retransmit head';
  }

  /** The retransmission timer ran out; `again` when it did so for the same segment before. */
  timedOut(next: number, outstanding: Pipe, again: boolean): void {
    if (!again) this.#halve(outstanding);
    this.#window = this.#mss;
    this.#phase = 'loss';
    this.#recover = next;
    this.#duplicates = 0;
    this.#credit = 0;
  }

  get #isSlowStart(): boolean {
    return this.#window < this.#threshold;
  }

  #size({ bytes, segments }: Pipe): number {
    return this.#profile.congestionUnit === 'segments' ? segments * this.#mss : bytes;
  }

  #halve(outstanding: Pipe): void {
    this.#threshold = Math.max(Math.floor(this.#size(outstanding) / 2), 2 * this.#mss);
    this.#credit = 0;
  }

  /** RFC 6582 section 3.2: a full acknowledgement ends recovery, a partial one tells of the next loss. */
  #recovering(ack: number, taken: Acknowledged): Reaction {
    if (!isBefore(ack, this.#recover)) {
      this.#phase = 'open';
      this.#window = this.#threshold;
      return 'none';
    }
    const size = this.#size(taken);
    this.#window = Math.max(this.#window - size + (size >= this.#mss ? this.#mss : 0), this.#mss);
    return 'retransmit head';
  }

  #grow(acknowledged: number): void {
    const step =
      this.#profile.congestionUnit === 'segments' ? acknowledged : Math.min(acknowledged, this.#mss);
    if (this.#isSlowStart) {
      this.#window += step;
      return;
    }
    this.#credit += step;
    if (this.#credit < this.#window) return;
    this.#credit -= this.#window;
    this.#window += this.#mss;
  }
}
