/** The sockets of a host as ss(8) shows them. */

import type { ConnectionSnapshot, SocketRow as TcpRow } from './tcp/inspect.ts';
import type { TcpState } from './tcp/state.ts';

/** One socket. */
export interface SocketRow {
  readonly protocol: 'udp' | 'tcp';
  /** As ss writes it: `LISTEN`, `ESTAB`, `SYN-SENT`, `UNCONN`, …. */
  readonly state: string;
  /** Bytes that wait to be read; of a listener, connections that wait for `accept`. */
  readonly receiveQueue: number;
  /** Of a UDP socket: the datagrams that wait to be read, each charged to the receive queue with what it takes to keep it. */
  readonly messages?: number | undefined;
  /** Bytes that are not acknowledged; of a listener, the backlog. */
  readonly sendQueue: number;
  /** `10.0.0.2:12000`, `*:12000`. */
  readonly local: string;
  readonly peer: string;
  /** The socket's number on its host, as in the trace; absent of a connection that no program has. */
  readonly socket?: number | undefined;
  /** Of a TCP connection: its numbers, windows and timers. */
  readonly connection?: ConnectionSnapshot | undefined;
}

const HEAD = ['Netid', 'State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port'];
/** The columns that hold numbers are aligned to the right, as ss does. */
const NUMBERS = new Set([2, 3]);

/** A table of sockets. */
export class SocketTable {
  readonly rows: readonly SocketRow[];

  constructor(rows: readonly SocketRow[]) {
    this.rows = rows;
  }

  /** Looks like the output of `ss -tuan`. */
  toString(): string {
    const cells = [HEAD, ...this.rows.map(cellsOf)];
    const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
    return cells
      .map((row) =>
        row
          .map((cell, column) =>
            NUMBERS.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
          )
          .join(' ')
          .trimEnd(),
      )
      .join('\n');
  }
}

function cellsOf({ protocol, state, receiveQueue, sendQueue, local, peer }: SocketRow): string[] {
  return [protocol, state, String(receiveQueue), String(sendQueue), local, peer];
}

/** The words of ss for the states of RFC 9293. */
const STATES: Readonly<Record<TcpState, string>> = {
  CLOSED: 'UNCONN',
  LISTEN: 'LISTEN',
  SYN_SENT: 'SYN-SENT',
  SYN_RECEIVED: 'SYN-RECV',
  ESTABLISHED: 'ESTAB',
  FIN_WAIT_1: 'FIN-WAIT-1',
  FIN_WAIT_2: 'FIN-WAIT-2',
  CLOSE_WAIT: 'CLOSE-WAIT',
  CLOSING: 'CLOSING',
  LAST_ACK: 'LAST-ACK',
  TIME_WAIT: 'TIME-WAIT',
};

/** The row of a TCP socket. */
export function tcpRow({ number, state, recvQ, sendQ, local, peer, connection }: TcpRow): SocketRow {
  return {
    protocol: 'tcp',
    state: STATES[state],
    receiveQueue: recvQ,
    sendQueue: sendQ,
    local: `${local.host}:${local.port}`,
    peer: peer ? `${peer.host}:${peer.port}` : '0.0.0.0:*',
    socket: number,
    connection,
  };
}
