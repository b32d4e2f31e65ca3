/** A segment arrives at a connection, in each of its states. RFC 9293 section 3.10.7.4, RFC 5961. */
import { acknowledge, wakeWriter } from './acknowledge.ts';
import type { ControlBlock } from './control-block.ts';
import { acknowledgeIfDue, deliver } from './deliver.ts';
import { emitAck, emitChallenge, emitRefusal } from './emit.ts';
import { abort, enterTimeWait, fail, resetByPeer } from './ending.ts';
import { arrivesInSynSent, establish } from './handshake.ts';
import { output } from './output.ts';
import type { Segment } from './segment.ts';
import { ACK, FIN, RST, SYN } from './segment.ts';
import { endOf, isAfter, isBefore, plus } from './sequence.ts';

/** Takes a segment that the four-tuple has brought here. */
export function arrive(tcb: ControlBlock, segment: Segment): void {
  tcb.lastArrivalAt = tcb.environment.now();
  if (tcb.state === 'SYN_SENT') arrivesInSynSent(tcb, segment);
  else if (tcb.state === 'TIME_WAIT') arrivesInTimeWait(tcb, segment);
  else if (tcb.state !== 'CLOSED') arrivesSynchronized(tcb, segment);
}

function arrivesSynchronized(tcb: ControlBlock, segment: Segment): void {
  if (isCrossing(tcb, segment)) {
    establish(tcb, segment.ack);
    emitAck(tcb);
    return;
  }
  // a SYN-ACK that comes again stands there too, but asks for nothing
  const isSyn = (segment.flags & SYN) !== 0;
  tcb.wasProbed = !isSyn && segment.data.length <= 1 && segment.seq === plus(tcb.rcvNxt, -1);
  if (!isInPlace(tcb, segment)) return;
  if (tcb.state === 'SYN_RECEIVED' && !finishHandshake(tcb, segment)) return;
  if (!acknowledge(tcb, segment)) {
    drop(tcb, 'acknowledges what was not sent', segment);
    return;
  }
  advance(tcb);
  if (tcb.state === 'CLOSED' || refusesData(tcb, segment)) return;
  deliver(tcb, segment);
  wakeWriter(tcb);
  output(tcb);
  acknowledgeIfDue(tcb);
}

/** Both sides opened: the other's SYN comes again, with the acknowledgement of ours. RFC 9293 figure 7. */
function isCrossing(tcb: ControlBlock, { ack, flags, seq }: Segment): boolean {
  const bits = flags & (SYN | ACK | RST | FIN);
  return tcb.state === 'SYN_RECEIVED' && bits === (SYN | ACK) && seq === tcb.irs && ack === tcb.sndNxt;
}

/** The first four steps: sequence number, RST, SYN, ACK. */
function isInPlace(tcb: ControlBlock, segment: Segment): boolean {
  const { flags, seq } = segment;
  const isInWindow = !isBefore(endOf(segment), tcb.rcvWup) && !isAfter(seq, plus(tcb.rcvNxt, tcb.windowLeft));
  if (flags & RST) {
    if (seq === tcb.rcvNxt) resetByPeer(tcb);
    else if (isInWindow) emitChallenge(tcb);
    else drop(tcb, 'reset out of the window', segment);
    return false;
  }
  if (flags & SYN) {
    emitChallenge(tcb);
    drop(tcb, 'SYN on a connection', segment);
    return false;
  }
  if (!isInWindow) {
    // a repeated segment or a probe has its answer each time; what else is out of place has one now and then
    if (endOf(segment) !== seq || tcb.wasProbed) emitAck(tcb);
    else emitChallenge(tcb);
    drop(tcb, 'out of the window', segment);
    return false;
  }
  if (flags & ACK) return true;
  drop(tcb, 'no acknowledgement', segment);
  return false;
}

/** SYN_RECEIVED: an acknowledgement of our SYN makes a connection, any other is refused. */
function finishHandshake(tcb: ControlBlock, segment: Segment): boolean {
  const { ack, seq, window } = segment;
  if (!isAfter(ack, tcb.sndUna) || isAfter(ack, tcb.sndNxt)) {
    emitRefusal(tcb.environment, segment);
    return false;
  }
  tcb.takeWindow(seq, ack, window);
  establish(tcb, ack);
  return true;
}

/** Goes on to the next state when the FIN has been acknowledged. */
function advance(tcb: ControlBlock): void {
  if (!tcb.finSent || tcb.sndUna !== tcb.sndNxt) return;
  switch (tcb.state) {
    case 'FIN_WAIT_1':
      enterFinWait2(tcb);
      return;
    case 'CLOSING':
      enterTimeWait(tcb);
      return;
    case 'LAST_ACK':
      fail(tcb, undefined);
      return;
    default:
      return;
  }
}

/** An orphan does not wait for ever for the peer to end: `tcp_fin_timeout`. */
function enterFinWait2(tcb: ControlBlock): void {
  tcb.become('FIN_WAIT_2');
  tcb.user?.onDrained();
  if (!tcb.isOrphan) return;
  if (tcb.options.finWait2Us < 0) abort(tcb, undefined);
  else tcb.timers.set('fin-wait-2', tcb.options.finWait2Us);
}

/** Data that nobody will read resets the peer: RFC 9293 section 3.6.1. */
function refusesData(tcb: ControlBlock, segment: Segment): boolean {
  const isShut = tcb.isOrphan || tcb.isReadShut;
  const isWaiting = tcb.state === 'FIN_WAIT_1' || tcb.state === 'FIN_WAIT_2';
  const dataEnd = plus(segment.seq, segment.data.length);
  if (!isShut || !isWaiting || segment.data.length === 0 || !isAfter(dataEnd, tcb.rcvNxt)) return false;
  emitRefusal(tcb.environment, segment);
  fail(tcb, tcb.isOrphan ? undefined : 'ECONNRESET');
  return true;
}

function arrivesInTimeWait(tcb: ControlBlock, segment: Segment): void {
  const { flags, seq } = segment;
  if (flags & RST) {
    if (seq === tcb.rcvNxt) fail(tcb, undefined);
    return;
  }
  if (flags & FIN && !isAfter(endOf(segment), tcb.rcvNxt))
    tcb.timers.set('time-wait', tcb.profile.timeWaitUs);
  if (endOf(segment) !== seq || seq !== tcb.rcvNxt) emitAck(tcb);
}

function drop(tcb: ControlBlock, reason: string, segment: Segment): void {
  tcb.environment.note({ kind: 'drop', socket: tcb.number, reason, segment });
}
