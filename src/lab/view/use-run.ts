/** What the page holds: which run, at which time, what is selected. Everything on the page follows from these. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Change } from '../model/change.ts';
import { formatChanges } from '../model/change.ts';
import type { Flight } from '../model/flights.ts';
import type { Recording } from '../model/recording.ts';
import { record } from '../model/recording.ts';
import type { Read, Setup } from '../model/setup.ts';
import { readSetup, writeSetup } from '../model/setup.ts';
import { stepped } from '../model/timescale.ts';
import type { View } from '../model/view.ts';
import { viewAt } from '../model/view.ts';

/** A run on the page. */
export interface Run {
  readonly setup: Setup;
  readonly recording: Recording | undefined;
  readonly view: View | undefined;
  readonly timeUs: number;
  /** The packet that was selected while it is on the stage, else the one of the news, else the newest. */
  readonly flight: Flight | undefined;
  readonly hasBegun: boolean;
  /** What the address named that there is not, until something is done. */
  readonly lack: string;
  readonly go: (timeUs: number) => void;
  readonly step: (by: 1 | -1) => void;
  readonly open: (setup: Setup) => void;
  /** Opens what an address says. */
  readonly show: (read: Read) => void;
  readonly fork: (setup: Setup, atUs: number) => void;
  readonly add: (change: Change, atUs: number) => void;
  readonly select: (flight: number) => void;
  /** The address of this run at this time. */
  readonly address: string;
}

/** Holds the run that the address names. */
export function useRun(): Run {
  const first = useMemo(() => readSetup(location.search), []);
  const [setup, setSetup] = useState(first.setup);
  const [recording, setRecording] = useState<Recording>();
  const [timeUs, setTime] = useState(first.timeUs ?? 0);
  const [selected, setSelected] = useState<number>();
  const [hasBegun, setBegun] = useState(first.timeUs !== undefined);
  const [lack, setLack] = useState(first.lack);
  const newest = useRef<Setup | undefined>(undefined);
  useEffect(() => {
    newest.current = setup;
    void record(setup).then((next) => {
      if (newest.current !== setup) return;
      setRecording(next);
      setTime((time) => Math.max(next.moments[0] ?? 0, Math.min(time, next.endUs)));
    });
  }, [setup]);
  const view = useMemo(() => recording && viewAt(recording, timeUs), [recording, timeUs]);
  const go = useCallback((time: number) => {
    setTime(time);
    setBegun(true);
    setLack('');
  }, []);
  const show = (read: Read) => {
    setSetup(read.setup);
    setTime(read.timeUs ?? 0);
    setSelected(undefined);
    setBegun(read.timeUs !== undefined);
    setLack(read.lack);
  };
  const fork = (next: Setup, atUs: number) => {
    setSetup(next);
    go(atUs);
  };
  return {
    setup,
    recording,
    view,
    timeUs,
    flight: flightOf(recording, view, selected),
    hasBegun,
    lack,
    go,
    step: (by) => recording && go(stepped(recording.moments, timeUs, by)),
    open: (next) => show({ setup: next, timeUs: undefined, lack: '' }),
    show,
    fork,
    add: (change, atUs) => {
      const isNew = !setup.changes.some((one) => formatChanges([one]) === formatChanges([change]));
      fork(isNew ? { ...setup, changes: [...setup.changes, change] } : setup, atUs);
    },
    select: setSelected,
    address: writeSetup(setup, hasBegun ? timeUs : 0),
  };
}

function flightOf(
  recording: Recording | undefined,
  view: View | undefined,
  selected: number | undefined,
): Flight | undefined {
  const chosen = selected === undefined ? undefined : recording?.flights[selected];
  if (chosen && view?.flights.some((seen) => seen.flight === chosen)) return chosen;
  const told = recording?.flights[view?.news?.flight ?? -1];
  return told ?? view?.flights.at(-1)?.flight;
}
