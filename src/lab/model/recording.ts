/** A run that has been played to its end, kept so that every moment of it can be shown: the trace, and the sockets of each host whenever they changed. */
import type { PlayEnd, Scenario, ScenarioVariant } from '../../scenarios/index.ts';
import { play } from '../../scenarios/index.ts';
import type { SimNet, TraceEvent } from '../../sim/index.ts';
import { trace } from '../../sim/index.ts';
import { applyChanges } from './change.ts';
import type { Entry } from './entries.ts';
import { entriesOf } from './entries.ts';
import type { Flight } from './flights.ts';
import { flightsOf } from './flights.ts';
import type { LineStep } from './lines.ts';
import { lineSteps } from './lines.ts';
import type { Setup } from './setup.ts';
import { scenarioOf, variantOf } from './setup.ts';
import type { Cue } from './story.ts';
import { cuesOf, untilChanged } from './story.ts';
import type { Table } from './tables.ts';
import { TableRecorder } from './tables.ts';
import type { Timescale } from './timescale.ts';
import { momentsOf, timescaleOf } from './timescale.ts';
import type { SenderWindows } from './windows.ts';
import { windowsOf } from './windows.ts';

/** A program as the code panel shows it. */
interface RecordedProgram {
  readonly host: string;
  readonly name: string;
  /** Its name in the notes: `UDPServer`. */
  readonly title: string;
  readonly lines: readonly string[];
  readonly steps: readonly LineStep[];
  /** The same in the Python of the notes, where they have it. */
  readonly python: { readonly lines: readonly string[]; readonly steps: readonly LineStep[] } | undefined;
}

/** A host. */
interface RecordedHost {
  readonly name: string;
  readonly ip: string;
}

/** Something that befell a host or one of its connections: a crash, a restart, a new state. */
interface Turn {
  readonly timeUs: number;
  readonly host: string;
  readonly to: string;
}

/** A retransmission timer that ran out. */
interface Timeout {
  readonly host: string;
  readonly fromUs: number;
  readonly toUs: number;
}

/** A run. */
export interface Recording {
  readonly setup: Setup;
  readonly scenario: Scenario;
  readonly variant: ScenarioVariant;
  readonly hosts: readonly RecordedHost[];
  readonly programs: readonly RecordedProgram[];
  readonly events: readonly TraceEvent[];
  /** What befell hosts. */
  readonly fates: readonly Turn[];
  /** The states that connections went into. */
  readonly states: readonly Turn[];
  readonly timeouts: readonly Timeout[];
  readonly tables: ReadonlyMap<string, readonly Table[]>;
  /** Of the sender that the scenario is about. */
  readonly windows: SenderWindows | undefined;
  readonly flights: readonly Flight[];
  readonly entries: readonly Entry[];
  readonly cues: readonly Cue[];
  /** The times at which something happens that can be seen, ascending; the first is 0. */
  readonly moments: readonly number[];
  readonly scale: Timescale;
  readonly endUs: number;
  readonly hash: string;
  readonly end: PlayEnd;
  readonly capture: () => Uint8Array | undefined;
}

/** Plays it. */
export async function record(setup: Setup): Promise<Recording> {
  const scenario = scenarioOf(setup.scenario);
  const recorder = new TableRecorder();
  const { variant, sim, programs, wires, end } = await play(scenario, {
    seed: setup.seed,
    profile: setup.profile,
    variant: variantOf(scenario, setup.variant).name,
    input: setup.input,
    // also without a change: a line that was typed can leave a program waiting for ever
    change: (made) => applyChanges(made, setup.changes),
    watch: (net) => recorder.watch(net),
  });
  const { events, hash } = trace(sim);
  const hosts = sim.hosts.map(({ name, ip }) => ({ name, ip }));
  const names = new Map(hosts.map(({ name, ip }) => [ip, name]));
  const tables = recorder.tables;
  const flights = flightsOf(events, names, tables);
  const entries = entriesOf(events, flights, names);
  const moments = momentsOf(events, flights);
  const before = setup.changes.length > 0 ? await record({ ...setup, changes: [] }) : undefined;
  const [wire] = wires;
  return {
    setup,
    scenario,
    variant,
    hosts,
    programs: programs.map(({ host, name, program }) => ({
      host: host.name,
      name,
      title: program.name,
      lines: program.lines,
      steps: lineSteps(events, host.name, name, program.lines),
      python: program.python && {
        lines: program.python,
        steps: lineSteps(events, host.name, name, program.python),
      },
    })),
    events,
    fates: events.flatMap((event) =>
      event.kind === 'host' ? [{ timeUs: event.timeUs, host: event.host, to: event.text }] : [],
    ),
    states: events.flatMap((event) =>
      event.kind === 'tcp' && event.event.kind === 'state'
        ? [{ timeUs: event.timeUs, host: event.host, to: event.event.to }]
        : [],
    ),
    timeouts: timeoutsOf(events, flights),
    tables,
    windows:
      scenario.sender === undefined ? undefined : windowsOf(scenario.sender, tables.get(scenario.sender)),
    flights,
    entries,
    cues: before ? untilChanged(before, events) : cuesOf(scenario, variant, events, flights),
    moments,
    scale: timescaleOf(moments, flights),
    endUs: moments.at(-1) ?? 0,
    hash,
    end,
    capture: () => (wire ? captureOf(sim) : undefined),
  };
}

/** Most timers are set again before they run out; the last that was set for the time of a retransmission did. */
function timeoutsOf(events: readonly TraceEvent[], flights: readonly Flight[]): readonly Timeout[] {
  const again = new Set(
    flights.flatMap(({ isAgain, from, sentUs }) => (isAgain ? [`${from} ${sentUs}`] : [])),
  );
  const timeouts = new Map<string, Timeout>();
  for (const entry of events) {
    if (entry.kind !== 'tcp' || entry.event.kind !== 'timer' || entry.event.timer !== 'retransmission')
      continue;
    const { host, timeUs: fromUs } = entry;
    const toUs = fromUs + entry.event.delayUs;
    if (again.has(`${host} ${toUs}`)) timeouts.set(`${host} ${toUs}`, { host, fromUs, toUs });
  }
  return [...timeouts.values()];
}

function captureOf(sim: SimNet): Uint8Array | undefined {
  const [wire] = sim.wires;
  return wire ? sim.pcap(wire) : undefined;
}
