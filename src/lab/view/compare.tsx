/** The page that compares: UDP and TCP under the same losses, drawn and counted. */
import type { VNode } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { comparison as scenario } from '../../scenarios/index.ts';
import type { Comparison } from '../model/compare.ts';
import { contrastsAt, recordComparison } from '../model/compare.ts';
import type { Recording } from '../model/recording.ts';
import { setupOf } from '../model/setup.ts';
import { viewAt } from '../model/view.ts';
import { Opening } from './caption.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { Ladder } from './ladder.tsx';
import { Legend } from './legend.tsx';
import { Stage } from './stage.tsx';
import { Transport } from './transport.tsx';
import { useKeys } from './use-keys.ts';
import { usePlayer } from './use-player.ts';
import { stepped } from './use-run.ts';

/** The page that compares. */
export function Compare(): VNode | null {
  const words = useMemo(() => new URLSearchParams(location.search), []);
  const [seed, setSeed] = useState(Number(words.get('seed') ?? 1) || 1);
  const [comparison, setComparison] = useState<Comparison>();
  const [timeUs, setTime] = useState(Number(words.get('t') ?? 0) || 0);
  const [hasBegun, setBegun] = useState(words.has('t'));
  const [isHelping, setHelping] = useState(false);
  useEffect(() => void recordComparison(seed).then(setComparison), [seed]);
  const seek = useCallback((time: number) => {
    setTime(time);
    setBegun(true);
  }, []);
  const player = usePlayer(comparison, timeUs, seek);
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
  const { udp, tcp } = comparison;
  const address = `?view=compare&seed=${seed}&t=${Math.round(timeUs)}`;
  return (
    <div class="lab comparing">
      <Header
        setup={{ ...setupOf('compare', 'udp'), seed }}
        isComparing
        open={(next) => {
          if (next.scenario !== scenario.name) location.assign(`?scenario=${next.scenario}`);
          setSeed(next.seed);
        }}
        compare={() => {}}
        copyLink={() => void navigator.clipboard?.writeText(new URL(address, location.href).href)}
        savePcap={() => {}}
        help={() => setHelping(true)}
        notice=""
      />
      <main>
        <div class="sides">
          <Side name="UDP" recording={udp} timeUs={timeUs} />
          <Side name="TCP" recording={tcp} timeUs={timeUs} />
          {!hasBegun && <Opening recording={udp} play={player.toggle} />}
        </div>
        <Legend />
        <Contrasts comparison={comparison} timeUs={timeUs} />
      </main>
      <footer>
        <Transport
          {...{ recording: udp, timeUs, go, step, isPlaying: player.isPlaying }}
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
}

function Side({ name, recording, timeUs }: SideProps): VNode {
  const view = viewAt(recording, timeUs);
  const flight = view.flights.at(-1)?.flight.index;
  return (
    <section class="comparison-side" aria-label={name}>
      <h2>
        {name} <span>{view.news?.text ?? ''}</span>
      </h2>
      <div class="stage-panel">
        <Stage recording={recording} view={view} selected={flight} select={() => {}} />
      </div>
      <section class="ladder" aria-label={`Ladder, ${name}`}>
        <Ladder recording={recording} timeUs={timeUs} selected={flight} />
      </section>
    </section>
  );
}

function Contrasts({
  comparison,
  timeUs,
}: {
  readonly comparison: Comparison;
  readonly timeUs: number;
}): VNode {
  return (
    <div class="contrasts">
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">UDP</th>
            <th scope="col">TCP</th>
          </tr>
        </thead>
        <tbody>
          {contrastsAt(comparison, timeUs).map(({ what, udp, tcp }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{udp}</td>
              <td>{tcp}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
