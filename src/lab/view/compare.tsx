/** The page that compares: UDP and TCP under the same losses, or two runs of a scenario, drawn and counted. */
import type { ComponentChildren, VNode } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { Comparison } from '../model/compare.ts';
import { contrastsAt, recordComparison } from '../model/compare.ts';
import type { Pair } from '../model/pair.ts';
import { bothTransports, isTransports, namesOf, readPair, writePair } from '../model/pair.ts';
import type { Recording } from '../model/recording.ts';
import type { Setup } from '../model/setup.ts';
import { writeSetup } from '../model/setup.ts';
import { stepped } from '../model/timescale.ts';
import { viewAt } from '../model/view.ts';
import { Opening } from './caption.tsx';
import { Header, SeedField, VariantMenu } from './header.tsx';
import { Help } from './help.tsx';
import { Ladder } from './ladder.tsx';
import { Legend } from './legend.tsx';
import { Stage } from './stage.tsx';
import { Transport } from './transport.tsx';
import { isEmbedded, useAddress } from './use-address.ts';
import { useKeys } from './use-keys.ts';
import { useLink } from './use-link.ts';
import { useMenus } from './use-menus.ts';
import { usePlayer } from './use-player.ts';

/** The page that compares. */
export function Compare(): VNode | null {
  const first = useMemo(() => readPair(location.search), []);
  const [pair, setPair] = useState<Pair>(first.pair);
  const [comparison, setComparison] = useState<Comparison>();
  const [timeUs, setTime] = useState(first.timeUs ?? 0);
  const [hasBegun, setBegun] = useState(first.timeUs !== undefined);
  const [isHelping, setHelping] = useState(false);
  useEffect(() => {
    let isNewest = true;
    void recordComparison(pair).then((next) => isNewest && setComparison(next));
    return () => {
      isNewest = false;
    };
  }, [pair]);
  const seek = useCallback((time: number) => {
    setTime(time);
    setBegun(true);
  }, []);
  const player = usePlayer(comparison, timeUs, seek);
  const address = writePair(pair, hasBegun ? timeUs : 0);
  useAddress(address, player.isPlaying);
  useMenus();
  const link = useLink(address);
  const go = (time: number) => {
    player.pause();
    seek(time);
  };
  const step = (by: 1 | -1) => comparison && go(stepped(comparison.moments, timeUs, by));
  useKeys({
    ' ': player.toggle,
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Home: () => go(0),
    End: () => go(comparison?.endUs ?? 0),
    '?': () => setHelping(true),
  });
  if (!comparison) return null;
  const { left, right } = comparison;
  // what is drawn is named, and not what is still being played
  const names = namesOf({ left: left.setup, right: right.setup });
  const areTransports = isTransports(pair);
  const sides = (['left', 'right'] as const).map((side, index) => (
    <Side key={side} name={names[index] ?? ''} recording={comparison[side]} timeUs={timeUs}>
      {!areTransports && !isEmbedded && (
        <Choices setup={pair[side]} choose={(setup) => setPair({ ...pair, [side]: setup })} />
      )}
    </Side>
  ));
  return (
    <div class={isEmbedded ? 'lab comparing embedded' : 'lab comparing'}>
      <Header
        setup={pair.left}
        isComparing
        open={(next) => {
          if (next.scenario !== pair.left.scenario) location.assign(`?scenario=${next.scenario}`);
          else setPair(bothTransports(next.seed));
        }}
        compare={() => location.assign(writePair(bothTransports(1), 0))}
        compareWith={
          areTransports ? undefined : () => location.assign(writeSetup(pair.left, hasBegun ? timeUs : 0))
        }
        {...link}
        help={() => setHelping(true)}
      />
      <main>
        <div class="sides">
          {sides}
          {!hasBegun && <Opening recording={left} play={player.toggle} />}
        </div>
        <Legend flights={[...left.flights, ...right.flights]} />
        <Contrasts comparison={comparison} names={names} timeUs={timeUs} />
      </main>
      <footer>
        <Transport
          {...{ recording: left, timeUs, go, step, isPlaying: player.isPlaying }}
          play={player.toggle}
          slowness={player.slowness}
          setSlowness={player.setSlowness}
        />
      </footer>
      {isHelping && <Help close={() => setHelping(false)} />}
    </div>
  );
}

interface SideProps {
  readonly name: string;
  readonly recording: Recording;
  readonly timeUs: number;
  readonly children: ComponentChildren;
}

/** One of the two runs. */
function Side({ name, recording, timeUs, children }: SideProps): VNode {
  const view = viewAt(recording, timeUs);
  const flight = view.flights.at(-1)?.flight.index;
  return (
    <section class="comparison-side" aria-label={name}>
      <header>
        <h2>{name}</h2>
        {children}
        <p class="news">{view.news?.text ?? ''}</p>
      </header>
      <div class="stage-panel">
        <Stage recording={recording} view={view} selected={flight} />
      </div>
      <section class="ladder" aria-label={`Ladder, ${name}`}>
        <Ladder recording={recording} timeUs={timeUs} selected={flight} />
      </section>
    </section>
  );
}

/** Which run one side shows. */
function Choices({
  setup,
  choose,
}: {
  readonly setup: Setup;
  readonly choose: (setup: Setup) => void;
}): VNode {
  return (
    <span class="choices">
      <VariantMenu setup={setup} open={choose} />
      <SeedField setup={setup} open={choose} />
    </span>
  );
}

function Contrasts({
  comparison,
  names,
  timeUs,
}: {
  readonly comparison: Comparison;
  readonly names: readonly [string, string];
  readonly timeUs: number;
}): VNode {
  return (
    <div class="contrasts">
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{names[0]}</th>
            <th scope="col">{names[1]}</th>
          </tr>
        </thead>
        <tbody>
          {contrastsAt(comparison, timeUs).map(({ what, left, right }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{left}</td>
              <td>{right}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
