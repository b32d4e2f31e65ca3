/** The tab Live: a running server as it is now. */
import type { VNode } from 'preact';
import type { Figure, Live as LiveModel } from '../model/live.ts';
import { hostsOf } from '../model/live-hosts.ts';
import { Legend } from './legend.tsx';
import { LiveTable } from './live-table.tsx';
import { amount, duration } from './live-words.ts';
import { Pages } from './pages.tsx';
import { Sparkline } from './sparkline.tsx';
import { Network } from './stage.tsx';
import type { LiveState } from './use-live.ts';
import { eventsPath, useLive } from './use-live.ts';

/** The tab, or how to come to it. */
export function Live(): VNode {
  const path = eventsPath();
  return path === undefined ? <Unserved /> : <Served path={path} />;
}

function Unserved(): VNode {
  return (
    <div class="lab live">
      <header class="head">
        <h1>Portico Lab</h1>
        <Pages isLive />
      </header>
      <main class="unserved">
        <h2>See your own server here</h2>
        <p>Start it with --lab, and open the address that it prints:</p>
        <pre>npx portico serve upper --lab</pre>
        <p class="quiet">A module of yours in the place of upper is served the same way.</p>
      </main>
    </div>
  );
}

function Served({ path }: { readonly path: string }): VNode {
  const state = useLive(path);
  const { live, isPaused, setPaused } = state;
  return (
    <div class="lab live">
      <header class="head">
        <h1>Portico Lab</h1>
        <Pages isLive />
        <output aria-live="polite">{stateText(state)}</output>
        {live && <span class="quiet">{whereText(live)}</span>}
        <span class="tools">
          <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            Pause
          </button>
        </span>
      </header>
      {live ? <Panels live={live} /> : <main class="unserved" />}
    </div>
  );
}

function stateText({ live, link, isPaused }: LiveState): string {
  if (link === 'ended') return 'The server has ended; these are its last figures';
  if (isPaused) return 'Paused: the server is asked for nothing';
  if (link === 'lost') return 'The server does not answer; trying again';
  if (link === 'connecting' || !live) return 'Connecting';
  const { state, full } = live.snapshot.stats;
  return full ? `${state}, all places taken` : state;
}

function whereText({ snapshot: { stats, sockets } }: LiveModel): string {
  const places = [...new Set(sockets.map(({ local }) => local))];
  return [...places, `up ${duration(stats.uptimeMs)}`].join(' · ');
}

function Panels({ live }: { readonly live: LiveModel }): VNode {
  const { figures, leftOut, snapshot, drops, threads, rows } = live;
  const shown = snapshot.connections.length;
  const dropped = drops.filter(({ count }) => count > 0);
  return (
    <main>
      <section class="figures" aria-label="Rates">
        <ul>
          {figures.map((figure) => (
            <FigureTile key={figure.name} figure={figure} />
          ))}
        </ul>
      </section>
      <section class="live-stage" aria-label="Stage">
        <Network hosts={hostsOf(live)} isCrowd />
        <Legend />
      </section>
      <div class="live-side">
        <section aria-label="Threads">
          <h2>Threads</h2>
          <div class="scroll" tabIndex={0} role="group" aria-label="Table of threads">
            <table>
              <thead>
                <tr>
                  {['Thread', 'State', 'Open', 'In', 'Out', 'Datagrams', 'Restarts', 'Deaths'].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {threads.map((one) => (
                  <tr key={one.thread}>
                    <td>{one.thread}</td>
                    <td>{one.state}</td>
                    <td>{amount(one.open)}</td>
                    <td>{amount(one.bytesReadRate, 'B/s')}</td>
                    <td>{amount(one.bytesWrittenRate, 'B/s')}</td>
                    <td>{amount(one.datagrams)}</td>
                    <td>{one.restarts}</td>
                    <td>{one.deaths}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
        <section aria-label="Drops">
          <h2>Dropped, refused, cut since the start</h2>
          <dl>
            {dropped.map(({ name, count }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{amount(count)}</dd>
              </div>
            ))}
          </dl>
          {dropped.length === 0 && <p class="quiet">Nothing</p>}
        </section>
      </div>
      <section class="live-sockets" aria-label="Sockets">
        <header>
          <h2>Sockets</h2>
          <p class="quiet">
            {leftOut > 0
              ? `${amount(shown)} connections, the oldest of each thread; ${amount(leftOut)} more are open: they count above, and are not shown one by one`
              : `${amount(shown)} ${shown === 1 ? 'connection' : 'connections'}, the oldest first`}
          </p>
        </header>
        <LiveTable sockets={snapshot.sockets} rows={rows} />
      </section>
    </main>
  );
}

function FigureTile({ figure: { name, unit, now, points } }: { readonly figure: Figure }): VNode {
  return (
    <li>
      <span class="name">{name}</span>
      <span class="now">{amount(now, unit)}</span>
      <Sparkline points={points} />
    </li>
  );
}
