/**
 * The window that a receiver offers: never less than it has offered, and never a little more, so that nobody sends
 * small segments for it. RFC 9293 section 3.8.6; the sums of the profile `linux` are those of tcp_output.c.
 */
import type { TcpProfile } from './profile.ts';

/** The largest window without window scaling. */
const WINDOW_MAX = 65_535;
/** From this length on, a segment lets the window grow: tcp_event_data_recv. */
const GROWING_BYTES = 128;
/** The segment size that is assumed before there is one: RFC 9293 section 3.7.1. */
const MSS_DEFAULT = 536;

/** The receive window of one connection. */
export class ReceiveWindow {
  readonly #profile: TcpProfile;
  readonly #mss: number;
  #bufferBytes: number;
  #share: number;
  /** What is offered at most, for now: it grows as segments come. */
  #threshold: number;
  #segmentBytes: number;

  /** @param mss - the largest segment that this side has asked for. */
  constructor(profile: TcpProfile, bufferBytes: number, mss: number) {
    this.#profile = profile;
    this.#bufferBytes = bufferBytes;
    this.#mss = mss;
    this.#share = profile.firstWindowShare;
    this.#threshold = firstWindow(profile, bufferBytes, mss);
    this.#segmentBytes = Math.max(1, Math.min(MSS_DEFAULT, mss, Math.floor(this.#threshold / 2)));
  }

  /** The window of a SYN. */
  get first(): number {
    return this.#threshold;
  }

  /** The size of the peer's segments, as far as one can tell. */
  get segmentBytes(): number {
    return this.#segmentBytes;
  }

  /** Changes the buffer: SO_RCVBUF. What was offered stays offered. */
  resize(bufferBytes: number): void {
    this.#bufferBytes = bufferBytes;
  }

  /** Takes note of a segment that has come; true when the window grew. `held` are the bytes in the buffer with it. */
  arrived(length: number, held: number): boolean {
    if (length >= this.#segmentBytes) {
      this.#segmentBytes = Math.min(length, this.#mss);
      this.#share = this.#profile.windowShare;
    }
    if (length < GROWING_BYTES) return false;
    const room = this.#space - held - this.#threshold;
    if (room > 0) this.#threshold += Math.min(room, 2 * this.#mss);
    return room > 0;
  }

  /**
   * The window to offer.
   *
   * @param held - bytes in the buffer.
   * @param offered - the window of the last segment sent.
   * @param left - what of it the peer has not used.
   */
  select(held: number, offered: number, left: number): number {
    const free = Math.max(0, this.#space - held);
    const window = this.#profile.adaptiveAcks
      ? this.#linuxWindow(free, offered)
      : this.#rfcWindow(free, left);
    return Math.min(Math.max(window, left), WINDOW_MAX);
  }

  get #space(): number {
    return Math.floor(this.#bufferBytes * this.#share);
  }

  /** __tcp_select_window */
  #linuxWindow(space: number, offered: number): number {
    const full = this.#space;
    const mss = Math.min(this.#segmentBytes, full);
    if (space < full >> 1 && (space < full >> 4 || space < mss)) return 0;
    const free = Math.min(space, this.#threshold);
    if (offered <= free - mss || offered > free) return mss > 0 ? free - (free % mss) : 0;
    if (mss === full && free > offered + (full >> 1)) return free;
    return offered;
  }

  /** RFC 9293 section 3.8.6.2.2: the right edge moves by a full segment or half the buffer, or not at all. */
  #rfcWindow(free: number, left: number): number {
    const step = Math.min(this.#space >> 1, this.#mss);
    return free - left >= step ? free : left;
  }
}

/** tcp_select_initial_window: the share of the buffer, in whole segments. */
function firstWindow(profile: TcpProfile, bufferBytes: number, mss: number): number {
  const space = Math.min(Math.floor(bufferBytes * profile.firstWindowShare), WINDOW_MAX);
  return profile.adaptiveAcks && space > mss ? space - (space % mss) : space;
}
