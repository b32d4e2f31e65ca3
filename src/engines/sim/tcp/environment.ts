/**
 * What the TCP of one simulated host stands on: the host's clock, its way to the network, its chance, and whoever keeps
 * the trace. TCP knows nothing of hosts, links, packets or faults; those know nothing of TCP's states.
 */
import type { Segment } from './segment.ts';

/** One simulated host, as its TCP sees it. All times are whole microseconds of virtual time. */
export interface TcpEnvironment {
  /** The virtual time now, of this host's clock. */
  now(): number;
  /** Calls back once after so many microseconds; the result calls it off. Never calls back before it returns. */
  after(delayUs: number, callback: () => void): () => void;
  /** A random unsigned 32-bit number of this host's own stream: initial sequence numbers, ephemeral ports. */
  random(): number;
  /** Hands a segment to the host's IP layer, which sends it to a link or back to this host. Never calls back at once. */
  transmit(segment: Segment): void;
  /** The local address from which `destination` is reached; `undefined` where no route goes there. */
  sourceFor(destination: string): string | undefined;
  /** Whether the address is one of this host's own (127.0.0.0/8, the any-address not). */
  isLocal(address: string): boolean;
  /** The largest packet that the way to `destination` takes in one piece, in bytes: the MTU of its first link. */
  mtuTo(destination: string): number;
  /** Whether programs may bind this port; every port when left out. */
  mayBind?(port: number): boolean;
  /** Writes one line of the trace. */
  note(event: TcpEvent): void;
}

/** What TCP has to tell that no packet tells. `socket` is the number of the socket on its host. */
export type TcpEvent =
  | { readonly kind: 'state'; readonly socket: number; readonly from: string; readonly to: string }
  | { readonly kind: 'timer'; readonly socket: number; readonly timer: string; readonly delayUs: number }
  | {
      readonly kind: 'drop';
      readonly socket: number | undefined;
      readonly reason: string;
      readonly segment: Segment;
    }
  | { readonly kind: 'label'; readonly segment: Segment; readonly label: SegmentLabel }
  | { readonly kind: 'demux'; readonly segment: Segment; readonly socket: number | undefined }
  | {
      readonly kind: 'window';
      readonly socket: number;
      readonly congestion: number;
      readonly threshold: number;
      readonly peer: number;
    };

/** What a segment is beyond its fields, in Wireshark's terms. */
export type SegmentLabel =
  | 'retransmission'
  | 'fast retransmission'
  | 'duplicate ack'
  | 'zero window'
  | 'zero window probe'
  | 'window update'
  | 'keep-alive'
  | 'out of order';
