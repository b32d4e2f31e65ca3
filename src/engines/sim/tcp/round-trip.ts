/** The round-trip time of a connection and the retransmission timeout that follows from it. RFC 6298. */
import type { TcpProfile } from './profile.ts';

/** One connection's estimate. Times are microseconds. */
export class RoundTrip {
  readonly #profile: TcpProfile;
  #smoothedUs = 0;
  #variationUs = 0;
  #baseUs: number;
  #backoff = 0;

  constructor(profile: TcpProfile) {
    this.#profile = profile;
    this.#baseUs = profile.firstTimeoutUs;
  }

  /** The smoothed round-trip time; 0 before the first sample. */
  get smoothedUs(): number {
    return this.#smoothedUs;
  }

  get variationUs(): number {
    return this.#variationUs;
  }

  /** The retransmission timeout without backing off. */
  get baseUs(): number {
    return this.#baseUs;
  }

  /** The retransmission timeout, doubled for each time that it ran out. */
  get timeoutUs(): number {
    return this.doubledUs(this.#backoff);
  }

  /** The timeout doubled so many times, at most the profile's longest. */
  doubledUs(times: number): number {
    return Math.min(this.#baseUs * 2 ** times, this.#profile.timeoutUsMax);
  }

  /** Takes the time between a segment and its acknowledgement. Karn's rule, not of a repeated one, is the caller's. */
  sample(us: number): void {
    if (this.#smoothedUs === 0) {
      this.#smoothedUs = Math.max(1, us);
      this.#variationUs = us / 2;
    } else {
      this.#variationUs += (Math.abs(this.#smoothedUs - us) - this.#variationUs) / 4;
      this.#smoothedUs += (us - this.#smoothedUs) / 8;
    }
    const { timeoutMarginUsMin, timeoutUsMin, timeoutUsMax } = this.#profile;
    const timeout = this.#smoothedUs + Math.max(timeoutMarginUsMin, 4 * this.#variationUs);
    this.#baseUs = Math.round(Math.min(Math.max(timeout, timeoutUsMin), timeoutUsMax));
    this.#backoff = 0;
  }

  /** The timer ran out: the next timeout is twice as long. */
  backOff(): void {
    this.#backoff += 1;
  }

  /** What was waited for has come, and it was not the network that made it late. */
  forgetBackOff(): void {
    this.#backoff = 0;
  }

  /** The handshake gave no sample: RFC 6298 section 5.7. */
  fallBack(): void {
    this.#backoff = 0;
    if (this.#smoothedUs === 0) this.#baseUs = this.#profile.fallbackTimeoutUs;
  }
}
