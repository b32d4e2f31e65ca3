/** The sockets of a host as `ss` prints them, and the row that an arrival was matched with. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { View } from '../model/view.ts';

/** More rows than this tell a person nothing. */
const ROWS_MAX = 60;

/** The panel. */
export function SocketsPanel({ view }: { readonly view: View }): VNode {
  const [wanted, setWanted] = useState('server');
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
          <p class="quiet">No socket yet.</p>
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
                const isLit = host?.lit.some(({ local, peer }) => local === row.local && peer === row.peer);
                return (
                  <tr
                    key={`${row.protocol} ${row.socket} ${row.local} ${row.peer}`}
                    class={isLit ? 'lit' : ''}
                  >
                    <td>{row.state}</td>
                    <td>{row.receiveQueue}</td>
                    <td>{row.sendQueue}</td>
                    <td>{endpoint(row.local)}</td>
                    <td>{endpoint(row.peer)}</td>
                  </tr>
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
