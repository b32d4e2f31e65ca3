/** The sockets of a host as `ss` prints them, the row that an arrival was matched with, and what TCP keeps of a connection. */
import type { VNode } from 'preact';
import { Component } from 'preact';
import { useState } from 'preact/hooks';
import type { SocketRow } from '../../sim/index.ts';
import type { View } from '../model/view.ts';
import { ConnectionDetails } from './connection-details.tsx';

/** More rows than this tell a person nothing. */
const ROWS_MAX = 60;

/** The panel. */
export function SocketsPanel({ view }: { readonly view: View }): VNode {
  const [wanted, setWanted] = useState('server');
  const [opened, setOpened] = useState('');
  const host = view.hosts.find(({ name }) => name === wanted) ?? view.hosts[0];
  const rows = host?.rows ?? [];
  return (
    <section class="sockets" aria-label="Sockets">
      <header>
        <h2>Sockets</h2>
        <label>
          <span class="sr">Host</span>
          <select value={host?.name} onChange={(event) => setWanted(event.currentTarget.value)}>
            {view.hosts.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </header>
      <div class="scroll" tabIndex={0} role="group" aria-label={`Sockets of ${host?.name ?? ''}`}>
        {rows.length === 0 ? (
          <p class="quiet">No socket.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Recv-Q</th>
                <th scope="col">Send-Q</th>
                <th scope="col">Local</th>
                <th scope="col">Peer</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, ROWS_MAX).map((row) => {
                const key = `${row.protocol} ${row.socket} ${row.local} ${row.peer}`;
                return (
                  <Row
                    key={key}
                    row={row}
                    isLit={
                      host?.lit.some(({ local, peer }) => local === row.local && peer === row.peer) ?? false
                    }
                    isOpen={key === opened}
                    toggle={() => setOpened(key === opened ? '' : key)}
                  />
                );
              })}
            </tbody>
          </table>
        )}
        {rows.length > ROWS_MAX && <p class="quiet">and {rows.length - ROWS_MAX} more</p>}
      </div>
    </section>
  );
}

interface RowProps {
  readonly row: SocketRow;
  readonly isLit: boolean;
  /** Whether what TCP keeps of it stands below it. */
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

class Row extends Component<RowProps> {
  override shouldComponentUpdate({ row, isLit, isOpen }: RowProps): boolean {
    return this.props.row !== row || this.props.isLit !== isLit || this.props.isOpen !== isOpen;
  }

  override render({ row, isLit, isOpen, toggle }: RowProps): VNode {
    const { state, connection } = row;
    return (
      <>
        <tr class={isLit ? 'lit' : ''}>
          <td>
            {connection ? (
              <button
                type="button"
                aria-expanded={isOpen}
                title="What TCP keeps of this connection"
                onClick={toggle}
              >
                {state}
              </button>
            ) : (
              state
            )}
          </td>
          <td>{row.receiveQueue}</td>
          <td>{row.sendQueue}</td>
          <td>{endpoint(row.local)}</td>
          <td>{endpoint(row.peer)}</td>
        </tr>
        {isOpen && connection && (
          <tr>
            <td colSpan={5}>
              <ConnectionDetails connection={connection} />
            </td>
          </tr>
        )}
      </>
    );
  }
}

/** `10.0.0.2:12000`, which may go on in the next line after the colon. */
function endpoint(text: string): VNode {
  const [, address = '', port = ''] = /^(.*:)([^:]*)$/.exec(text) ?? [];
  return (
    <>
      {address.replace('0.0.0.0:', '*:')}
      <wbr />
      {port}
    </>
  );
}
