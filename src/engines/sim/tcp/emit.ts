/** Sends one segment of a connection: its fields, its names in the trace, and what follows from having sent it. */
import { NO_BYTES } from './byte-queue.ts';
import type { ControlBlock } from './control-block.ts';
import type { SegmentLabel, TcpEnvironment } from './environment.ts';
import type { Segment } from './segment.ts';
import { ACK, RST, SYN } from './segment.ts';
import { endOf } from './sequence.ts';

/** Sends a segment with whatever bits and bytes. Every one but the first SYN acknowledges. */
export function emit(
  tcb: ControlBlock,
  seq: number,
  flags: number,
  data: Uint8Array = NO_BYTES,
  repeated?: SegmentLabel,
): void {
  const window = tcb.windowNow;
  const plain: Segment = {
    source: tcb.local.host,
    sourcePort: tcb.local.port,
    destination: tcb.peer.host,
    destinationPort: tcb.peer.port,
    seq,
    ack: flags & ACK ? tcb.rcvNxt : 0,
    flags,
    window,
    data,
  };
  const segment = flags & SYN ? { ...plain, mss: tcb.mssOffered } : plain;
  const isRepeat = repeated !== undefined && tcb.labeller.isRepeat(seq);
  const label = tcb.labeller.label(segment, tcb.sndWnd, tcb.wasProbed);
  for (const name of [isRepeat ? repeated : undefined, label])
    if (name) tcb.environment.note({ kind: 'label', segment, label: name });
  if (flags & ACK) acknowledgementSent(tcb, window);
  tcb.environment.transmit(segment);
}

/** Sends an acknowledgement without data. */
export function emitAck(tcb: ControlBlock): void {
  emit(tcb, tcb.sndNxt, ACK);
}

/** Resets the peer: RFC 9293 section 3.10.7, and `close()` with unread data. */
export function emitReset(tcb: ControlBlock): void {
  emit(tcb, tcb.sndNxt, RST | ACK);
}

/** Answers what is out of place with an acknowledgement, not too often: RFC 5961. */
export function emitChallenge(tcb: ControlBlock): void {
  const now = tcb.environment.now();
  const last = tcb.lastChallengeAt;
  if (last !== undefined && now - last < tcb.profile.challengeIntervalUs) return;
  tcb.lastChallengeAt = now;
  emitAck(tcb);
}

/** Resets whoever sent a segment that belongs to no connection: RFC 9293 section 3.10.7.1. */
export function emitRefusal(environment: TcpEnvironment, segment: Segment): void {
  if (segment.flags & RST) return;
  const acknowledges = (segment.flags & ACK) !== 0;
  environment.transmit({
    source: segment.destination,
    sourcePort: segment.destinationPort,
    destination: segment.source,
    destinationPort: segment.sourcePort,
    seq: acknowledges ? segment.ack : 0,
    ack: acknowledges ? 0 : endOf(segment),
    flags: acknowledges ? RST : RST | ACK,
    window: 0,
    data: NO_BYTES,
  });
}

function acknowledgementSent(tcb: ControlBlock, window: number): void {
  tcb.rcvWup = tcb.rcvNxt;
  tcb.rcvWnd = window;
  tcb.acks.sent();
  tcb.timers.clear('delayed ack');
}
