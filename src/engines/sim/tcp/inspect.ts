/** What can be seen of a host's sockets: a row of the table that `ss` prints, and a look into a connection. */
import type { TcpInfo } from '../../../posix/options.ts';
import { Connection } from './connection.ts';
import type { ControlBlock, Endpoint } from './control-block.ts';
import type { TcpHost } from './host.ts';
import { distance } from './sequence.ts';
import type { TcpState } from './state.ts';
import { stateNumber } from './state.ts';
import type { TimerName } from './timers.ts';

/** A socket, a connection or a request for one, as `ss -tan` shows it. */
export interface SocketRow {
  /** The number that the trace has for it. */
  readonly number: number;
  readonly state: TcpState;
  /** Bytes to read; on a welcome socket the connections that wait to be accepted. */
  readonly recvQ: number;
  /** Bytes not acknowledged; on a welcome socket its backlog. */
  readonly sendQ: number;
  readonly local: Endpoint;
  /** `undefined` on a welcome socket. */
  readonly peer: Endpoint | undefined;
  /** What the connection knows; `undefined` where there is no control block. */
  readonly connection: ConnectionSnapshot | undefined;
}

/** A look into a control block. Sizes are bytes, times microseconds. */
export interface ConnectionSnapshot {
  readonly congestionWindow: number;
  readonly slowStartThreshold: number;
  readonly phase: 'open' | 'recovery' | 'loss';
  readonly duplicateAcks: number;
  readonly sendWindow: number;
  readonly receiveWindow: number;
  readonly mss: number;
  readonly sndUna: number;
  readonly sndNxt: number;
  readonly rcvNxt: number;
  readonly iss: number;
  readonly irs: number;
  /** Bytes that wait ahead of a gap. */
  readonly outOfOrder: number;
  readonly smoothedRoundTripUs: number;
  readonly roundTripVariationUs: number;
  readonly timeoutUs: number;
  readonly retransmissions: number;
  /** The timers that run, with the time that is left. */
  readonly timers: Partial<Record<TimerName, number>>;
}

/** Every socket that has a state, in the order of their numbers. */
export function socketRows(host: TcpHost): readonly SocketRow[] {
  const rows: SocketRow[] = [];
  for (const { number, local, waiting, backlog } of host.demux.welcomers)
    rows.push({
      number,
      state: 'LISTEN',
      recvQ: waiting,
      sendQ: backlog,
      local,
      peer: undefined,
      connection: undefined,
    });
  for (const occupant of host.demux.occupants) {
    if (occupant instanceof Connection) rows.push(connectionRow(occupant.tcb));
    else {
      const { number, state, local, peer } = occupant;
      rows.push({ number, state, recvQ: 0, sendQ: 0, local, peer, connection: undefined });
    }
  }
  return rows.sort((a, b) => a.number - b.number);
}

/** A look into a connection. */
function snapshot(tcb: ControlBlock): ConnectionSnapshot {
  const { congestion, roundTrip } = tcb;
  return {
    congestionWindow: congestion.window,
    slowStartThreshold: congestion.threshold,
    phase: congestion.phase,
    duplicateAcks: congestion.duplicates,
    sendWindow: tcb.sndWnd,
    receiveWindow: tcb.windowLeft,
    mss: tcb.mss,
    sndUna: tcb.sndUna,
    sndNxt: tcb.sndNxt,
    rcvNxt: tcb.rcvNxt,
    iss: tcb.iss,
    irs: tcb.irs,
    outOfOrder: tcb.reassembly.length,
    smoothedRoundTripUs: Math.round(roundTrip.smoothedUs),
    roundTripVariationUs: Math.round(roundTrip.variationUs),
    timeoutUs: roundTrip.timeoutUs,
    retransmissions: tcb.totalRepeats,
    timers: tcb.timers.remaining(),
  };
}

/** The same as `TCP_INFO` gives it. */
export function tcpInfo(tcb: ControlBlock): TcpInfo {
  const { roundTrip, sending } = tcb;
  return {
    state: stateNumber(tcb.state),
    retransmits: sending.head?.repeats ?? 0,
    rto: roundTrip.timeoutUs,
    sndMss: tcb.mss,
    rcvMss: tcb.window.segmentBytes,
    unacked: sending.inFlight,
    rtt: Math.round(roundTrip.smoothedUs),
    rttvar: Math.round(roundTrip.variationUs),
    sndCwnd: Math.floor(tcb.congestion.window / tcb.mss),
    totalRetrans: tcb.totalRepeats,
  };
}

/** What `TCP_INFO` gives of a socket that is not connected. */
export const NO_INFO: TcpInfo = {
  state: stateNumber('CLOSED'),
  retransmits: 0,
  rto: 0,
  sndMss: 0,
  rcvMss: 0,
  unacked: 0,
  rtt: 0,
  rttvar: 0,
  sndCwnd: 0,
  totalRetrans: 0,
};

/** What it gives of a welcome socket: how many connections wait to be accepted. */
export function listenerInfo({ waiting }: { readonly waiting: number }): TcpInfo {
  return { ...NO_INFO, state: stateNumber('LISTEN'), unacked: waiting };
}

/** The bytes that `ss` shows as Send-Q: sent or not, the SYN and the FIN too. */
function connectionRow(tcb: ControlBlock): SocketRow {
  const { number, state, local, peer } = tcb;
  const isResting = state === 'TIME_WAIT';
  const sendQ = isResting ? 0 : distance(tcb.sndUna, tcb.sndNxt) + tcb.sending.unsent.length;
  const recvQ = isResting ? 0 : tcb.received.length;
  return { number, state, recvQ, sendQ, local, peer, connection: snapshot(tcb) };
}
