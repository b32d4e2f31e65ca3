/** Takes the acknowledgement and the window of a segment. RFC 9293 section 3.10.7.4, fifth step; RFC 5681, 5961. */
import type { ControlBlock } from './control-block.ts';
import { emitChallenge } from './emit.ts';
import { repeat } from './output.ts';
import type { Segment } from './segment.ts';
import { FIN, SYN } from './segment.ts';
import type { Acknowledged } from './send-queue.ts';
import { isAfter, isBefore, plus } from './sequence.ts';

/** A program that waits for room is woken when a third of its buffer is free: sk_stream_write_space. */
const WAKING_SHARE = 1 / 3;

/** Takes what a segment acknowledges; false when it can't be meant for this connection, and was answered. */
export function acknowledge(tcb: ControlBlock, segment: Segment): boolean {
  const { ack } = segment;
  const isTooOld = isBefore(ack, plus(tcb.sndUna, -tcb.sndWndMax));
  if (isAfter(ack, tcb.sndNxt) || isTooOld) {
    emitChallenge(tcb);
    return false;
  }
  if (isBefore(ack, tcb.sndUna)) return true;
  tcb.probesOut = 0;
  const hadFlight = tcb.sending.inFlight > 0 && !tcb.isProbing;
  const isNewWindow = takeWindow(tcb, segment);
  if (isAfter(ack, tcb.sndUna)) takeNew(tcb, ack);
  else if (hadFlight && isDuplicate(segment, isNewWindow)) takeDuplicate(tcb);
  if (!hadFlight) answerToProbe(tcb);
  tcb.noteWindows();
  return true;
}

/** Tells whoever waits for room, when there is enough of it. */
export function wakeWriter(tcb: ControlBlock): void {
  if (tcb.sendRoom >= tcb.sendCapacity * WAKING_SHARE) tcb.user?.onWritable();
}

/** True when the window is another one than before. */
function takeWindow(tcb: ControlBlock, { seq, ack, window }: Segment): boolean {
  const isNewer = isBefore(tcb.sndWl1, seq) || (tcb.sndWl1 === seq && !isAfter(tcb.sndWl2, ack));
  if (!isNewer) return false;
  const isOther = window !== tcb.sndWnd;
  tcb.takeWindow(seq, ack, window);
  return isOther;
}

function takeNew(tcb: ControlBlock, ack: number): void {
  const { sending, timers, roundTrip } = tcb;
  const taken = sending.acknowledge(ack);
  tcb.sndUna = ack;
  tcb.isProbing = false;
  tcb.unansweredSince = undefined;
  if (taken.sentAt !== undefined) roundTrip.sample(tcb.environment.now() - taken.sentAt);
  const wasRecovering = tcb.congestion.phase === 'recovery' && tcb.congestion.duplicates === 0;
  react(tcb, ack, taken);
  if (sending.inFlight === 0) timers.clear('retransmission');
  // of the partial acknowledgements of one recovery only the first keeps the timer from running out: RFC 6582
  else if (!(wasRecovering && tcb.congestion.phase === 'recovery'))
    timers.set('retransmission', roundTrip.timeoutUs);
}

function react(tcb: ControlBlock, ack: number, taken: Acknowledged): void {
  const reaction = tcb.congestion.acknowledged(ack, taken);
  const { head } = tcb.sending;
  if (reaction === 'retransmit head' && head) repeat(tcb, head, 'retransmission');
}

/** RFC 5681 section 2: nothing but the acknowledgement, and nothing new in it. */
function isDuplicate({ data, flags }: Segment, isNewWindow: boolean): boolean {
  return data.length === 0 && !(flags & (SYN | FIN)) && !isNewWindow;
}

function takeDuplicate(tcb: ControlBlock): void {
  const { sending } = tcb;
  const outstanding = { segments: sending.inFlight, bytes: sending.bytes - sending.unsent.length };
  const { head } = sending;
  if (tcb.congestion.duplicate(tcb.sndUna, tcb.sndNxt, outstanding) === 'retransmit head' && head)
    repeat(tcb, head, 'fast retransmission');
}

/** With nothing in flight an acknowledgement tells whether the window is still shut. tcp_ack_probe. */
function answerToProbe(tcb: ControlBlock): void {
  const { roundTrip, timers } = tcb;
  if (!timers.isSet('persist')) return;
  tcb.unansweredSince = undefined;
  if (tcb.sndWnd === 0) {
    timers.set('persist', roundTrip.timeoutUs);
    return;
  }
  roundTrip.forgetBackOff();
  timers.clear('persist');
  if (tcb.isProbing) tcb.sending.loseAll();
  tcb.isProbing = false;
}
