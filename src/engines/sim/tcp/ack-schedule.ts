/**
 * When an acknowledgement goes out: at once, or a little later in the hope of company. RFC 9293 section 3.8.6.3; the
 * profile `linux` does as tcp_input.c: at once for the first segments and after a pause, else after a time that adapts.
 */
import type { TcpProfile } from './profile.ts';

/** How many acknowledgements go out at once when a stream begins: TCP_MAX_QUICKACKS. */
const QUICK_MAX = 16;
/** A longest delay in a conversation, and in a stream without pauses: TCP_DELACK_MAX and half a second. */
const DELAY_TALKING_US = 200_000;
const DELAY_STREAM_US = 500_000;

/** The acknowledgements of one connection. */
export class AckSchedule {
  readonly #profile: TcpProfile;
  /** How long the next one waits; 0 before data has come: then an acknowledgement, of a FIN, waits for nothing. */
  #delayUs = 0;
  #quick = 0;
  /** The program answers what it gets: an acknowledgement can go with the answer. */
  #talks = false;
  #lastArrivalAt = 0;
  #isDue = false;
  #isNow = false;
  /** Small segments since the last acknowledgement, up to two: the peer has pushed, and may wait. */
  #pushes = 0;

  constructor(profile: TcpProfile) {
    this.#profile = profile;
  }

  /** Whether something has come that is not acknowledged. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** Whether what is due goes out at once. */
  get isImmediate(): boolean {
    return this.#isNow || (this.#quick > 0 && !this.#talks);
  }

  /** Whether data came in order. tcp_event_data_recv. */
  dataArrived(now: number, windowSegments: number, timeoutUs: number, isSmall: boolean): void {
    this.#isDue = true;
    if (!this.#profile.adaptiveAcks) return;
    if (isSmall) this.#pushes = Math.min(2, this.#pushes + 1);
    const { delayedAckUs } = this.#profile;
    const pause = now - this.#lastArrivalAt;
    if (this.#delayUs === 0) {
      this.#hasten(windowSegments);
      this.#delayUs = delayedAckUs;
    } else if (pause <= delayedAckUs / 2) this.#delayUs = this.#delayUs / 2 + delayedAckUs / 2;
    else if (pause < this.#delayUs) this.#delayUs = Math.min(this.#delayUs / 2 + pause, timeoutUs);
    else if (pause > timeoutUs) this.#hasten(windowSegments);
    this.#lastArrivalAt = now;
  }

  /** The window has grown, and the peer is to know at once. tcp_grow_window, which sets the lowest bit of the count. */
  windowGrew(): void {
    if (this.#profile.adaptiveAcks) this.#quick |= 1;
  }

  /** An acknowledgement is due, as for a FIN. */
  schedule(): void {
    this.#isDue = true;
  }

  /** An acknowledgement is due at once: a gap was filled, or something came twice. */
  now(): void {
    this.#isDue = true;
    this.#isNow = true;
  }

  /** Something came that was not in order: the sender is to know of each of the next. tcp_enter_quickack_mode. */
  outOfOrder(windowSegments: number): void {
    this.now();
    if (!this.#profile.adaptiveAcks) return;
    this.#hasten(windowSegments);
    this.#talks = false;
    this.#delayUs = this.#profile.delayedAckUs;
  }

  /** The peer has ended its direction: from now on it listens. tcp_fin. */
  peerEnded(): void {
    this.#isDue = true;
    if (this.#profile.adaptiveAcks) this.#talks = true;
    else this.#isNow = true;
  }

  /** How long an acknowledgement may wait from now on. tcp_send_delayed_ack. */
  delayUs(smoothedUs: number): number {
    const { adaptiveAcks, delayedAckUs } = this.#profile;
    if (!adaptiveAcks) return delayedAckUs;
    if (this.#delayUs <= delayedAckUs) return Math.round(this.#delayUs);
    const longest = this.#talks || this.#pushes > 0 ? DELAY_TALKING_US : DELAY_STREAM_US;
    const roundTrip = smoothedUs > 0 ? Math.max(smoothedUs, delayedAckUs) : longest;
    return Math.round(Math.min(this.#delayUs, longest, roundTrip, DELAY_TALKING_US));
  }

  /** The delay ran out without company: the next waits longer, or, in a conversation, no longer than usual. */
  ranOut(timeoutUs: number): void {
    if (!this.#profile.adaptiveAcks) return;
    if (this.#talks) {
      this.#talks = false;
      this.#delayUs = this.#profile.delayedAckUs;
    } else this.#delayUs = Math.min(this.#delayUs * 2, timeoutUs);
  }

  /** Whether a read that empties the buffer acknowledges: the peer has pushed and nothing goes the other way. */
  get answersRead(): boolean {
    return this.#isDue && (this.#pushes > 1 || (this.#pushes > 0 && !this.#talks));
  }

  /** A segment with an acknowledgement went out. */
  sent(): void {
    if (this.#isDue && this.#quick > 0) {
      this.#quick -= 1;
      if (this.#quick === 0) this.#delayUs = this.#profile.delayedAckUs;
    }
    this.#isDue = false;
    this.#isNow = false;
    this.#pushes = 0;
  }

  /** Data went out: soon after some came it is an answer. tcp_event_data_sent. */
  dataSent(now: number): void {
    if (this.#profile.adaptiveAcks && now - this.#lastArrivalAt < this.#delayUs) this.#talks = true;
  }

  #hasten(windowSegments: number): void {
    const count = Math.min(Math.floor(windowSegments / 2) || 2, QUICK_MAX);
    this.#quick = Math.max(this.#quick, count);
  }
}
