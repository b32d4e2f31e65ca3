/** The sockets of a running server in the form of `ss`. */
import type { VNode } from 'preact';
import type { LiveRow, LiveSocket } from '../model/live.ts';
import { amount, duration } from './live-words.ts';

/** What the table needs. */
export interface LiveTableProps {
  readonly sockets: readonly LiveSocket[];
  readonly rows: readonly LiveRow[];
}

const COLUMNS = ['Netid', 'State', 'Recv-Q', 'Send-Q', 'Local', 'Peer', 'Thread', 'In', 'Out', 'Age'];

/** The table. */
export function LiveTable({ sockets, rows }: LiveTableProps): VNode {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Table of sockets">
      <table>
        <thead>
          <tr>
            {COLUMNS.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sockets.map((socket) => (
            <tr key={socket.protocol}>
              <Place socket={socket} />
              <td colSpan={4} />
            </tr>
          ))}
          {rows.map((row) => (
            <tr key={row.key} class={row.isGone ? 'gone' : row.isNew ? 'lit' : ''}>
              <Place socket={row} />
              <td>{row.thread}</td>
              <td>{amount(row.bytesRead, 'B')}</td>
              <td>{amount(row.bytesWritten, 'B')}</td>
              <td>{duration(row.ageMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The columns of `ss`. */
function Place({ socket }: { readonly socket: LiveSocket }): VNode {
  const { protocol, state, receiveQueue, sendQueue, local, peer } = socket;
  return (
    <>
      <td>{protocol}</td>
      <td>{state}</td>
      <td>{receiveQueue ?? '–'}</td>
      <td>{sendQueue ?? '–'}</td>
      <td>{local}</td>
      <td>{peer}</td>
    </>
  );
}
