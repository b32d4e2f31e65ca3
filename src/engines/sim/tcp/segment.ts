/** A TCP segment as the simulator carries it. RFC 9293 section 3.1. */

/** The control bits, as they stand in the header. */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

/** One segment. Immutable once it has been sent. */
export interface Segment {
  /** Dotted IPv4. */
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** Unsigned 32-bit, and so is `ack`, which is 0 without the ACK bit. */
  readonly seq: number;
  readonly ack: number;
  /** A set of the control bits. */
  readonly flags: number;
  /** The receive window in bytes, 0 to 65,535: no window scaling. */
  readonly window: number;
  /** The maximum segment size option, on SYN only. */
  readonly mss?: number;
  readonly data: Uint8Array;
}
