/** What a sender may have under way, and what it has: by its congestion window and by its peer's, from moment to moment. */
import type { Table } from './tables.ts';

/** From a time on, in bytes. */
export interface WindowStep {
  readonly timeUs: number;
  /** The congestion window (RFC 5681, cwnd). */
  readonly congestion: number;
  /** What the peer has room for (RFC 9293, SND.WND). */
  readonly peer: number;
  /** Sent and not acknowledged. */
  readonly underWay: number;
}

/** The windows of one connection. */
export interface SenderWindows {
  readonly host: string;
  /** In the order of time; each differs from the one before. */
  readonly steps: readonly WindowStep[];
  /** The most that it ever might have under way, or had. */
  readonly most: number;
}

/** Follows the first connection of a host, from when it is open. */
export function windowsOf(host: string, tables: readonly Table[] | undefined): SenderWindows | undefined {
  const steps: WindowStep[] = [];
  for (const { timeUs, rows } of tables ?? []) {
    const row = rows.find(({ connection, state }) => connection && state !== 'SYN-SENT');
    if (!row?.connection) continue;
    const { congestionWindow: congestion, sendWindow: peer, sndNxt, sndUna } = row.connection;
    const step = { timeUs, congestion, peer, underWay: (sndNxt - sndUna) >>> 0 };
    const last = steps.at(-1);
    if (last?.congestion !== congestion || last.peer !== peer || last.underWay !== step.underWay)
      steps.push(step);
  }
  const most = Math.max(
    ...steps.map(({ congestion, peer, underWay }) => Math.max(Math.min(congestion, peer), underWay)),
  );
  return steps.length > 0 ? { host, steps, most } : undefined;
}
