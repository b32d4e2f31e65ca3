/** Opens a connection from this side, or from both at once. RFC 9293 section 3.5 and 3.10.7.3. */

import { NO_BYTES } from './byte-queue.ts';
import { Congestion } from './congestion.ts';
import type { ControlBlock } from './control-block.ts';
import { emit, emitAck, emitRefusal } from './emit.ts';
import { resetByPeer } from './ending.ts';
import { output, sendNew } from './output.ts';
import { watchIdle } from './retransmit.ts';
import type { Segment } from './segment.ts';
import { ACK, RST, SYN } from './segment.ts';
import { isAfter, plus } from './sequence.ts';

/** Sends the SYN. */
export function openActively(tcb: ControlBlock): void {
  tcb.beginSending(tcb.environment.random());
  tcb.become('SYN_SENT');
  sendNew(tcb, SYN, NO_BYTES);
}

/** The handshake is over on this side: `ack` acknowledges the SYN. */
export function establish(tcb: ControlBlock, ack: number): void {
  const { sentAt } = tcb.sending.acknowledge(ack);
  begin(tcb, ack, sentAt);
}

/** As `establish`, for a connection whose SYN-ACK the SYN queue sent; `sentAt` when it was not repeated. */
export function begin(tcb: ControlBlock, ack: number, sentAt: number | undefined): void {
  const { environment, profile, roundTrip } = tcb;
  tcb.sndUna = ack;
  tcb.timers.clear('retransmission');
  if (sentAt !== undefined) roundTrip.sample(environment.now() - sentAt);
  else roundTrip.fallBack();
  tcb.congestion = new Congestion(profile, tcb.mss, tcb.iss, tcb.synRepeats > 1);
  tcb.softError = undefined;
  tcb.become('ESTABLISHED');
  tcb.noteWindows();
  watchIdle(tcb);
  tcb.user?.onConnected();
  tcb.user?.onWritable();
}

/** RFC 9293 section 3.10.7.3. */
export function arrivesInSynSent(tcb: ControlBlock, segment: Segment): void {
  const { ack, flags } = segment;
  const acknowledges = (flags & ACK) !== 0;
  if (acknowledges && (!isAfter(ack, tcb.iss) || isAfter(ack, tcb.sndNxt))) {
    emitRefusal(tcb.environment, segment);
    return;
  }
  if (flags & RST) {
    if (acknowledges) resetByPeer(tcb);
    return;
  }
  if (!(flags & SYN)) return;
  tcb.beginReceiving(segment.seq, plus(segment.seq, 1), segment.mss);
  tcb.takeWindow(segment.seq, ack, segment.window);
  if (acknowledges) {
    establish(tcb, ack);
    tcb.acks.schedule();
    output(tcb);
    // data that goes at once would have carried the acknowledgement
    if (tcb.acks.isDue) emitAck(tcb);
    return;
  }
  openFromBothSides(tcb);
}

/** Both sides have sent a SYN: each acknowledges the other's. */
function openFromBothSides(tcb: ControlBlock): void {
  tcb.become('SYN_RECEIVED');
  emit(tcb, tcb.iss, SYN | ACK);
  tcb.timers.set('retransmission', tcb.roundTrip.timeoutUs);
}
