/**
 * Takes the bytes and the FIN of a segment: in order to whoever reads, ahead of a gap to the side; and decides when
 * they are acknowledged. RFC 9293 section 3.10.7.4, seventh and eighth step; RFC 5681 section 4.2.
 */
import type { ControlBlock } from './control-block.ts';
import { emitAck } from './emit.ts';
import { enterTimeWait } from './ending.ts';
import type { Segment } from './segment.ts';
import { FIN } from './segment.ts';
import { distance, isAfter, plus } from './sequence.ts';
import { takesData } from './state.ts';

/** Takes what a segment carries. */
export function deliver(tcb: ControlBlock, segment: Segment): void {
  const { data, flags, seq } = segment;
  if (data.length === 0 && !(flags & FIN)) return;
  if (!takesData(tcb.state)) {
    answerRepeated(tcb);
    return;
  }
  const end = plus(seq, data.length);
  if (flags & FIN) tcb.finSeq = end;
  if (data.length > 0) takeBytes(tcb, segment, end);
  else if (isAfter(seq, tcb.rcvNxt)) tcb.acks.now();
  if (tcb.finSeq === tcb.rcvNxt) takeFin(tcb);
}

/** Acknowledges what is due: now, or when the delay is over. __tcp_ack_snd_check. */
export function acknowledgeIfDue(tcb: ControlBlock): void {
  const { acks, profile, timers, window } = tcb;
  if (!acks.isDue) return;
  const unacknowledged = distance(tcb.rcvWup, tcb.rcvNxt);
  const isMuch = profile.adaptiveAcks
    ? unacknowledged > window.segmentBytes && (tcb.received.length === 0 || tcb.windowNow >= tcb.rcvWnd)
    : unacknowledged >= 2 * window.segmentBytes;
  const delayUs = acks.delayUs(tcb.roundTrip.smoothedUs);
  const runsOut = timers.deadline('delayed ack');
  const left = runsOut === undefined ? delayUs : runsOut - tcb.environment.now();
  const isSoon = runsOut !== undefined && profile.adaptiveAcks && left <= delayUs / 4;
  if (isMuch || isSoon || delayUs === 0 || acks.isImmediate || tcb.reassembly.length > 0) emitAck(tcb);
  else if (runsOut === undefined || delayUs < left) timers.set('delayed ack', delayUs);
}

/** A program has read: tells the peer of the room when it is worth it. tcp_cleanup_rbuf. */
export function acknowledgeRead(tcb: ControlBlock): void {
  const { acks, window } = tcb;
  if (!takesData(tcb.state)) return;
  const isMuch = acks.isDue && distance(tcb.rcvWup, tcb.rcvNxt) > window.segmentBytes;
  const isAnswered = acks.answersRead && tcb.received.length === 0;
  if (isMuch || isAnswered || isWorthTelling(tcb)) emitAck(tcb);
}

/** Whether the window has become so much larger that the peer should know at once. */
function isWorthTelling(tcb: ControlBlock): boolean {
  const left = tcb.windowLeft;
  const now = tcb.windowNow;
  if (tcb.profile.adaptiveAcks) return now > 0 && now >= 2 * left;
  return now - left >= Math.min(tcb.options.receiveBufferBytes >> 1, 2 * tcb.mssOffered);
}

function takeBytes(tcb: ControlBlock, { seq, data }: Segment, end: number): void {
  if (!isAfter(end, tcb.rcvNxt)) {
    answerRepeated(tcb);
    return;
  }
  const ahead = distance(tcb.rcvNxt, seq);
  const room = tcb.windowLeft - Math.max(0, ahead);
  const fresh = data.subarray(Math.max(0, -ahead));
  const taken = fresh.subarray(0, Math.max(0, room));
  if (taken.length < fresh.length) tcb.acks.now();
  if (taken.length === 0) return;
  if (ahead > 0) keepAside(tcb, seq, taken);
  else takeInOrder(tcb, taken);
}

function takeInOrder(tcb: ControlBlock, bytes: Uint8Array): void {
  const { acks, received, reassembly, window } = tcb;
  const hadGap = reassembly.length > 0;
  received.push(bytes);
  tcb.rcvNxt = plus(tcb.rcvNxt, bytes.length);
  for (const piece of hadGap ? reassembly.take(tcb.rcvNxt) : []) {
    received.push(piece);
    tcb.rcvNxt = plus(tcb.rcvNxt, piece.length);
  }
  const isSmall = bytes.length < window.segmentBytes;
  const grew = window.arrived(bytes.length, received.length + reassembly.length);
  acks.dataArrived(tcb.environment.now(), windowSegments(tcb), tcb.roundTrip.baseUs, isSmall);
  if (grew) acks.windowGrew();
  if (hadGap) acks.now();
  tcb.user?.onReadable();
}

/** Ahead of a gap: the sender learns of it by an acknowledgement that says the same again. */
function keepAside(tcb: ControlBlock, seq: number, bytes: Uint8Array): void {
  tcb.reassembly.insert(seq, bytes);
  tcb.acks.now();
}

/** What came twice is acknowledged at once: the last acknowledgement may be lost. */
function answerRepeated(tcb: ControlBlock): void {
  tcb.acks.outOfOrder(windowSegments(tcb));
}

function windowSegments(tcb: ControlBlock): number {
  return Math.floor(tcb.rcvWnd / tcb.window.segmentBytes);
}

function takeFin(tcb: ControlBlock): void {
  tcb.rcvNxt = plus(tcb.rcvNxt, 1);
  tcb.finReceived = true;
  tcb.finSeq = undefined;
  switch (tcb.state) {
    case 'ESTABLISHED':
      tcb.acks.peerEnded();
      tcb.become('CLOSE_WAIT');
      break;
    case 'FIN_WAIT_1':
      emitAck(tcb);
      tcb.become('CLOSING');
      break;
    case 'FIN_WAIT_2':
      emitAck(tcb);
      enterTimeWait(tcb);
      break;
    default:
      break;
  }
  tcb.user?.onReadable();
}
