/**
 * Decides what goes out: lost segments first, then new ones, as far as the peer's window, the congestion window,
 * Nagle's rule and the avoidance of silly windows let them. RFC 9293 section 3.8.6, RFC 896, RFC 5681.
 */
import type { ControlBlock } from './control-block.ts';
import { emit } from './emit.ts';
import type { SegmentLabel } from './environment.ts';
import { ACK, FIN, PSH, SYN } from './segment.ts';
import type { Sent } from './send-queue.ts';
import { distance, isAfter, plus } from './sequence.ts';
import type { TcpState } from './state.ts';

/** The states in which data or the FIN may go out. */
const SENDING: ReadonlySet<TcpState> = new Set<TcpState>([
  'ESTABLISHED',
  'CLOSE_WAIT',
  'FIN_WAIT_1',
  'CLOSING',
  'LAST_ACK',
]);

/** Sends what may be sent, and sets the timer that goes with it. */
export function output(tcb: ControlBlock): void {
  if (!SENDING.has(tcb.state)) return;
  if (tcb.isProbing) return;
  repeatLost(tcb);
  const isIdle = tcb.sending.inFlight === 0;
  const from = tcb.sndNxt;
  while (sendNext(tcb, isIdle));
  if (tcb.sndNxt !== from) tcb.congestion.inFlight(tcb.sending.pipe, tcb.sndUna, tcb.sndNxt);
  const waits = tcb.sending.unsent.length > 0 || (tcb.finAsked && !tcb.finSent);
  if (tcb.sending.inFlight === 0 && waits && !tcb.timers.isSet('persist'))
    tcb.timers.set('persist', Math.max(tcb.roundTrip.baseUs, tcb.profile.timeoutUsMin));
  if (tcb.sending.inFlight > 0) tcb.timers.clear('persist');
}

/** Sends a segment of the flight again. */
export function repeat(tcb: ControlBlock, sent: Sent, label: SegmentLabel): void {
  if (tcb.profile.joinsRepeats && sent === tcb.sending.head) tcb.sending.collapse(tcb.mssNow);
  tcb.sending.repeated(sent);
  tcb.totalRepeats += 1;
  const push = sent.data.length > 0 ? PSH : 0;
  const acknowledges = tcb.state === 'SYN_SENT' ? 0 : ACK;
  emit(tcb, sent.seq, sent.flags | acknowledges | push, sent.data, label);
  armRetransmission(tcb);
}

/** Puts a segment into flight and sends it. */
export function sendNew(tcb: ControlBlock, flags: number, data: Uint8Array): void {
  const now = tcb.environment.now();
  const seq = tcb.sndNxt;
  const sent: Sent = { seq, data, flags: flags & (FIN | SYN), sentAt: now, repeats: 0, lost: false };
  tcb.sending.sent(sent);
  tcb.sndNxt = plus(seq, data.length + (flags & (FIN | SYN) ? 1 : 0));
  if (data.length > 0) {
    if (data.length < tcb.mssNow) tcb.sndSml = tcb.sndNxt;
    tcb.acks.dataSent(now);
  }
  emit(tcb, seq, flags, data);
  armRetransmission(tcb);
}

/** Sends what the window takes, however little: the override of silly window avoidance, when a timer runs out. */
export function sendWhatFits(tcb: ControlBlock): boolean {
  const usable = usableWindow(tcb);
  const { unsent } = tcb.sending;
  if (usable <= 0 || unsent.length === 0) return false;
  const data = unsent.take(Math.min(usable, unsent.length, tcb.mssNow));
  sendNew(tcb, ACK | PSH, data);
  return true;
}

/** Bytes of the peer's window that are not used. */
function usableWindow(tcb: ControlBlock): number {
  return tcb.sndWnd - distance(tcb.sndUna, tcb.sndNxt);
}

function armRetransmission(tcb: ControlBlock): void {
  if (!tcb.timers.isSet('retransmission')) tcb.timers.set('retransmission', tcb.roundTrip.timeoutUs);
}

/** After a timeout everything in flight counts as lost and goes out again as the window grows. */
function repeatLost(tcb: ControlBlock): void {
  for (let lost = tcb.sending.firstLost; lost; lost = tcb.sending.firstLost) {
    if (!tcb.congestion.allows(tcb.sending.pipe, lost.data.length)) return;
    repeat(tcb, lost, 'retransmission');
  }
}

/** Sends one new segment; false when there is none to send now. */
function sendNext(tcb: ControlBlock, isIdle: boolean): boolean {
  const { unsent, pipe } = tcb.sending;
  const endsHere = tcb.finAsked && !tcb.finSent;
  if (unsent.length === 0 && !endsHere) return false;
  const length = lengthToSend(tcb, endsHere);
  if (length === undefined || !tcb.congestion.allows(pipe, length)) return false;
  tcb.congestion.sending(tcb.environment.now(), isIdle, tcb.roundTrip.baseUs);
  const data = unsent.take(length);
  const isLast = endsHere && unsent.length === 0 && usableWindow(tcb) > data.length;
  if (isLast) tcb.finSent = true;
  const push = data.length > 0 && unsent.length === 0 ? PSH : 0;
  sendNew(tcb, ACK | push | (isLast ? FIN : 0), data);
  return !tcb.finSent;
}

/** How many bytes the next segment carries; `undefined` when it has to wait. */
function lengthToSend(tcb: ControlBlock, endsHere: boolean): number | undefined {
  const queued = tcb.sending.unsent.length;
  const usable = usableWindow(tcb);
  const mss = tcb.mssNow;
  if (queued === 0) return usable > 0 ? 0 : undefined;
  if (usable <= 0) return undefined;
  const length = Math.min(queued, mss);
  if (length === mss && length <= usable) return length;
  const isWhole = length <= usable;
  if (isWhole) return endsHere || !isHeldBack(tcb) ? length : undefined;
  // A part of what is there, because the window ends: Linux waits, RFC 9293 sends it when it is half the largest window.
  const part = Math.min(length, usable);
  return tcb.profile.nagle === 'any' && part * 2 >= tcb.sndWndMax ? part : undefined;
}

/** Nagle: whether a small segment waits until what is in flight has arrived. */
function isHeldBack(tcb: ControlBlock): boolean {
  if (tcb.options.noDelay || tcb.sending.inFlight === 0) return false;
  return tcb.profile.nagle === 'any' || isAfter(tcb.sndSml, tcb.sndUna);
}
