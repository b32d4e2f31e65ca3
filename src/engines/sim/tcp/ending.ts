/** Ends of a connection: TIME_WAIT, failure, reset. RFC 9293 section 3.6 and 3.10.7.4. */
import type { ErrorCode } from '../../../posix/errno.ts';
import type { ControlBlock } from './control-block.ts';
import { emitReset } from './emit.ts';
import type { TcpState } from './state.ts';

/** Both directions have ended: the four-tuple rests, so that nothing old reaches a new connection. */
export function enterTimeWait(tcb: ControlBlock): void {
  tcb.timers.clearAll();
  tcb.sending.clear();
  tcb.become('TIME_WAIT');
  tcb.timers.set('time-wait', tcb.profile.timeWaitUs);
  tell(tcb);
}

/** The connection is over; what was received can still be read. The next call is told `error`. */
export function fail(tcb: ControlBlock, error: ErrorCode | undefined): void {
  if (tcb.state === 'CLOSED') return;
  tcb.error = error;
  tcb.sending.clear();
  tcb.reassembly.clear();
  tcb.become('CLOSED');
  tell(tcb);
}

/** The peer's RST came. tcp_reset. */
export function resetByPeer(tcb: ControlBlock): void {
  const isUnseen = tcb.state === 'TIME_WAIT' || tcb.isOrphan;
  fail(tcb, isUnseen ? undefined : resetCode(tcb.state));
}

function resetCode(state: TcpState): ErrorCode {
  if (state === 'SYN_SENT') return 'ECONNREFUSED';
  return state === 'CLOSE_WAIT' ? 'EPIPE' : 'ECONNRESET';
}

/** Drops everything and resets the peer. */
export function abort(tcb: ControlBlock, error: ErrorCode | undefined): void {
  emitReset(tcb);
  fail(tcb, error);
}

function tell({ user }: ControlBlock): void {
  user?.onConnected();
  user?.onReadable();
  user?.onWritable();
  user?.onDrained();
}
