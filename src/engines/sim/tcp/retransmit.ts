/** What happens when a timer runs out. RFC 6298 section 5, RFC 9293 sections 3.8.3, 3.8.4 and 3.8.6.1. */
import { NO_BYTES } from './byte-queue.ts';
import type { ControlBlock } from './control-block.ts';
import { emit, emitAck } from './emit.ts';
import { abort, fail } from './ending.ts';
import { repeat, sendNew, sendWhatFits } from './output.ts';
import { ACK, FIN, PSH } from './segment.ts';
import { plus } from './sequence.ts';
import type { TimerName } from './timers.ts';

/** Does what the timer was set for. */
export function onTimer(tcb: ControlBlock, name: TimerName): void {
  switch (name) {
    case 'retransmission':
      if (tcb.state === 'SYN_SENT') onSynTimeout(tcb);
      else onRetransmissionTimeout(tcb);
      return;
    case 'persist':
      onPersistTimeout(tcb);
      return;
    case 'delayed ack':
      tcb.acks.ranOut(tcb.roundTrip.baseUs);
      emitAck(tcb);
      return;
    case 'keep-alive':
      onKeepAliveTimeout(tcb);
      return;
    case 'fin-wait-2':
    case 'time-wait':
      fail(tcb, undefined);
      return;
    case 'linger':
      tcb.user?.onDrained();
      return;
  }
}

/** Starts to watch an idle connection, or stops: SO_KEEPALIVE. */
export function watchIdle(tcb: ControlBlock): void {
  if (tcb.options.keepAlive) tcb.timers.set('keep-alive', tcb.options.keepIdleUs);
  else tcb.timers.clear('keep-alive');
}

/** A SYN was not answered. The first few are repeated at the same pace: `tcp_syn_linear_timeouts`. */
function onSynTimeout(tcb: ControlBlock): void {
  const { options, profile, roundTrip, sending } = tcb;
  const { head } = sending;
  if (!head) return;
  if (tcb.synRepeats >= options.synRetries + profile.synLinearTimeouts || isUserTimeout(tcb, head.sentAt)) {
    fail(tcb, tcb.softError ?? 'ETIMEDOUT');
    return;
  }
  tcb.synRepeats += 1;
  if (tcb.synRepeats > profile.synLinearTimeouts) roundTrip.backOff();
  repeat(tcb, head, 'retransmission');
}

function onRetransmissionTimeout(tcb: ControlBlock): void {
  const { congestion, roundTrip, sending } = tcb;
  const { head } = sending;
  if (!head) return;
  tcb.unansweredSince ??= head.sentAt;
  if (isGivenUp(tcb, tcb.unansweredSince)) {
    fail(tcb, tcb.softError ?? 'ETIMEDOUT');
    return;
  }
  const { inFlight, bytes, unsent } = sending;
  congestion.timedOut(tcb.sndNxt, { segments: inFlight, bytes: bytes - unsent.length }, head.repeats > 0);
  sending.loseAll();
  roundTrip.backOff();
  repeat(tcb, head, 'retransmission');
  tcb.noteWindows();
}

function isGivenUp(tcb: ControlBlock, since: number): boolean {
  const { giveUpUs, orphanGiveUpUs } = tcb.profile;
  const elapsed = tcb.environment.now() - since;
  return elapsed >= (tcb.isOrphan ? orphanGiveUpUs : giveUpUs) || isUserTimeout(tcb, since);
}

function isUserTimeout(tcb: ControlBlock, since: number): boolean {
  const { userTimeoutUs } = tcb.options;
  return userTimeoutUs > 0 && tcb.environment.now() - since >= userTimeoutUs;
}

/** The peer's window has been shut for a while: asks whether it still is. */
function onPersistTimeout(tcb: ControlBlock): void {
  tcb.unansweredSince ??= tcb.environment.now();
  if (isProbedEnough(tcb) || isUserTimeout(tcb, tcb.unansweredSince)) {
    fail(tcb, tcb.softError ?? 'ETIMEDOUT');
    return;
  }
  if (!tcb.isProbing && sendWhatFits(tcb)) return;
  tcb.probesOut += 1;
  tcb.roundTrip.backOff();
  probe(tcb);
  tcb.timers.set('persist', tcb.roundTrip.timeoutUs);
}

/** A peer that answers may keep its window shut for ever, but not to a socket that was closed: tcp_probe_timer. */
function isProbedEnough({ isOrphan, probesOut, profile, roundTrip }: ControlBlock): boolean {
  return probesOut >= profile.probesMax || (isOrphan && roundTrip.timeoutUs >= profile.timeoutUsMax);
}

/** Linux asks with a segment that can't be new; RFC 9293 sends the next byte, which may find room. */
function probe(tcb: ControlBlock): void {
  const { head } = tcb.sending;
  if (tcb.profile.probeBytes === 0) emit(tcb, plus(tcb.sndUna, -1), ACK);
  else if (head) repeat(tcb, head, 'retransmission');
  else {
    const data = tcb.sending.unsent.take(1);
    if (data.length === 0) tcb.finSent = true;
    sendNew(tcb, ACK | (data.length > 0 ? PSH : FIN), data);
    tcb.isProbing = true;
  }
  tcb.timers.clear('retransmission');
}

function onKeepAliveTimeout(tcb: ControlBlock): void {
  const { environment, options } = tcb;
  if (!options.keepAlive) return;
  const idle = environment.now() - tcb.lastArrivalAt;
  const isBusy = tcb.sending.bytes > 0;
  if (isBusy || idle < options.keepIdleUs) {
    tcb.timers.set('keep-alive', isBusy ? options.keepIdleUs : options.keepIdleUs - idle);
    return;
  }
  const { userTimeoutUs } = options;
  const isOver =
    userTimeoutUs > 0 ? tcb.probesOut > 0 && idle >= userTimeoutUs : tcb.probesOut >= options.keepCount;
  if (isOver) {
    abort(tcb, tcb.softError ?? 'ETIMEDOUT');
    return;
  }
  tcb.probesOut += 1;
  emit(tcb, plus(tcb.sndUna, -1), ACK, NO_BYTES);
  tcb.timers.set('keep-alive', options.keepIntervalUs);
}
