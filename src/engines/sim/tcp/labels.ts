/**
 * Names what a segment is beyond its fields, by the rules of Wireshark's `tcp.analysis`, as far as its sender can tell:
 * packet-tcp.c, tcp_analyze_sequence_number. Retransmissions are named by who makes them.
 */
import type { SegmentLabel } from './environment.ts';
import type { Segment } from './segment.ts';
import { FIN, RST, SYN } from './segment.ts';
import { endOf, isAfter, isBefore, plus } from './sequence.ts';

/** Looks at everything that one side of a connection sends. */
export class Labeller {
  #next: number | undefined;
  #ack = 0;
  #window = -1;

  /**
   * Names a segment that goes out.
   *
   * @param peerWindow - the window that the peer offers.
   * @param answersProbe - the last segment of the peer was a keep-alive or a probe.
   */
  label(segment: Segment, peerWindow: number, answersProbe: boolean): SegmentLabel | undefined {
    const label = this.#judge(segment, peerWindow, answersProbe);
    const end = endOf(segment);
    const isNew = this.#next === undefined || isAfter(end, this.#next);
    if (isNew && label !== 'zero window probe') this.#next = end;
    this.#ack = segment.ack;
    this.#window = segment.window;
    return label;
  }

  /** Whether a segment that begins at `seq` has been sent before. What only probed a window does not count. */
  isRepeat(seq: number): boolean {
    return this.#next !== undefined && isBefore(seq, this.#next);
  }

  #judge(segment: Segment, peerWindow: number, answersProbe: boolean): SegmentLabel | undefined {
    const { data, flags, seq, window } = segment;
    const next = this.#next;
    if (next === undefined || flags & (SYN | FIN | RST)) return undefined;
    if (data.length === 1 && seq === next && peerWindow === 0) return 'zero window probe';
    if (window === 0) return 'zero window';
    if (data.length <= 1 && seq === plus(next, -1)) return 'keep-alive';
    if (data.length > 0 || seq !== next || segment.ack !== this.#ack) return undefined;
    if (window !== this.#window) return 'window update';
    return answersProbe ? undefined : 'duplicate ack';
  }
}
