/** The page: its panels around one run. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { scenarios } from '../../scenarios/index.ts';
import type { PacketFault } from '../model/change.ts';
import { faultOf } from '../model/change.ts';
import type { Flight } from '../model/flights.ts';
import { pairOf, writePair } from '../model/pair.ts';
import type { Recording } from '../model/recording.ts';
import type { Setup } from '../model/setup.ts';
import { readSetup, setupOf } from '../model/setup.ts';
import { BreakIt } from './break-it.tsx';
import { Caption, Opening } from './caption.tsx';
import { CodePanel } from './code-panel.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { Inspector } from './inspector.tsx';
import { Ladder } from './ladder.tsx';
import { Legend } from './legend.tsx';
import { LogPanel } from './log-panel.tsx';
import { saveLadder, savePcap } from './save.ts';
import { SocketsPanel } from './sockets-panel.tsx';
import { Stage } from './stage.tsx';
import type { Tab } from './tabs.tsx';
import { Tabs } from './tabs.tsx';
import { Transport } from './transport.tsx';
import { isEmbedded, useAddress, useBack } from './use-address.ts';
import type { Keys } from './use-keys.ts';
import { useKeys } from './use-keys.ts';
import { useLink } from './use-link.ts';
import { useMenus } from './use-menus.ts';
import { usePlayer } from './use-player.ts';
import type { Run } from './use-run.ts';
import { useRun } from './use-run.ts';

/** A page as wide as this has room for the Python beside the program. */
const PYTHON_WIDTH = 1600;

/** The page. */
export function Lab(): VNode | null {
  const run = useRun();
  const player = usePlayer(run.recording, run.timeUs, run.go);
  const [tab, setTab] = useState<Tab>('stage');
  const [hasPython, setPython] = useState(innerWidth >= PYTHON_WIDTH);
  const [isDown, setDown] = useState(false);
  const [isHelping, setHelping] = useState(false);
  const step = (by: 1 | -1) => {
    player.pause();
    run.step(by);
  };
  const go = (timeUs: number) => {
    player.pause();
    run.go(timeUs);
  };
  const select = (index: number) => {
    player.pause();
    run.select(index);
  };
  const meet = (kind: PacketFault, packet: Flight) => run.add(faultOf(kind, packet), packet.sentUs);
  const keepPlace = useAddress(run.address, player.isPlaying);
  const open = (next: Setup) => {
    player.pause();
    keepPlace();
    run.open(next);
  };
  useBack((query) => {
    player.pause();
    run.show(readSetup(query));
  });
  useKeys(keysOf({ run, step, go, open, meet, toggle: player.toggle, help: () => setHelping(true) }));
  useMenus();
  const link = useLink(run.address);
  const { recording, view, setup, flight } = run;
  if (!recording || !view) return null;
  return (
    <div class={isEmbedded ? 'lab embedded' : 'lab'} data-tab={tab}>
      <Header
        {...{ setup, open, ...link, isComparing: false }}
        compare={() => location.assign('?view=compare')}
        compareWith={() => location.assign(writePair(pairOf(setup), run.timeUs))}
        savePcap={() => savePcap(recording)}
        help={() => setHelping(true)}
      />
      <main>
        <Caption recording={recording} view={view} hasBegun={run.hasBegun} lack={run.lack} />
        <Tabs tab={tab} setTab={setTab} />
        <CodePanel view={view} hasPython={hasPython} togglePython={() => setPython(!hasPython)} />
        <section class="stage-panel" aria-label="Stage">
          {isDown ? (
            <Ladder isDown recording={recording} timeUs={run.timeUs} selected={flight?.index} />
          ) : (
            <Stage
              {...{ recording, view, select }}
              meet={isEmbedded ? undefined : meet}
              selected={flight?.index}
            />
          )}
          <Legend flights={recording.flights} />
          {!run.hasBegun && <Opening recording={recording} play={player.toggle} />}
        </section>
        <div class="side">
          <SocketsPanel view={view} />
          <Inspector flight={flight} view={view} />
        </div>
        <section class="ladder" aria-label="Ladder">
          <header>
            <h2>Ladder</h2>
            <span>
              <button
                type="button"
                aria-pressed={isDown}
                title="As in textbooks, in the place of the stage"
                onClick={() => setDown(!isDown)}
              >
                Time downward
              </button>
              <button
                type="button"
                title="Save the ladder so far as a picture"
                onClick={() => saveLadder(recording, run.timeUs, isDown)}
              >
                SVG
              </button>
            </span>
          </header>
          <Ladder recording={recording} timeUs={run.timeUs} selected={flight?.index} />
        </section>
        <LogPanel entries={view.entries} isSpoken={!player.isPlaying} />
      </main>
      <footer>
        <Transport
          {...{ recording, go, step, isPlaying: player.isPlaying, timeUs: run.timeUs }}
          play={player.toggle}
          slowness={player.slowness}
          setSlowness={player.setSlowness}
        />
        <BreakIt
          {...{ recording, view, flight, meet, add: run.add }}
          undo={() => run.fork({ ...setup, changes: setup.changes.slice(0, -1) }, run.timeUs)}
          type={(input) => open({ ...setup, input })}
        />
      </footer>
      {isHelping && <Help close={() => setHelping(false)} run={nameOf(recording)} />}
    </div>
  );
}

/** Two runs with one name are the same run, in any browser and on the command line. */
function nameOf({ setup, hash }: Recording): string {
  return `${setup.scenario}, ${setup.variant}, seed ${setup.seed}, hash ${hash}`;
}

interface Actions {
  readonly run: Run;
  readonly toggle: () => void;
  readonly step: (by: 1 | -1) => void;
  readonly go: (timeUs: number) => void;
  readonly open: (setup: Setup) => void;
  readonly meet: (kind: PacketFault, flight: Flight) => void;
  readonly help: () => void;
}

function keysOf({ run, toggle, step, go, open, meet, help }: Actions): Keys {
  const { recording, view, flight } = run;
  const another = (by: number) => {
    const around = view?.flights ?? [];
    const at = around.findIndex((seen) => seen.flight === flight);
    const next = around[(at + by + around.length) % around.length];
    if (next) run.select(next.flight.index);
  };
  const drop = () => flight && meet('drop', flight);
  const numbers = scenarios.slice(0, 9).map(({ name }, index) => [`${index + 1}`, () => open(setupOf(name))]);
  return {
    ' ': toggle,
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => another(-1),
    ArrowDown: () => another(1),
    Home: () => go(recording?.moments[0] ?? 0),
    End: () => go(recording?.endUs ?? 0),
    '?': help,
    // where there are no menus, nothing could be taken back
    ...(isEmbedded ? {} : { d: drop, D: drop, ...Object.fromEntries(numbers) }),
  };
}
