/** What there is to see at a time: a pure function of the recording and the time, so that playing, stepping back, scrubbing and printing are one thing. */
import type { SocketRow } from '../../sim/index.ts';
import type { Entry } from './entries.ts';
import { ENTRY_KINDS } from './entries.ts';
import type { Flight } from './flights.ts';
import { STAYS_US, staysUs } from './lanes.ts';
import type { LineMark, LineStep } from './lines.ts';
import { marksAt } from './lines.ts';
import type { Recording } from './recording.ts';
import { rowsAt } from './tables.ts';

/** A program at a time. */
export interface SeenProgram {
  readonly name: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly marks: readonly LineMark[];
  readonly python: { readonly lines: readonly string[]; readonly marks: readonly LineMark[] } | undefined;
  /** The call that it waits in: `recvfrom()`. */
  readonly waits: string | undefined;
  /** What there is to say of it instead: `30 open`. */
  readonly note?: string;
}

/** A host at a time. */
export interface SeenHost {
  readonly name: string;
  readonly ip: string;
  readonly isServer: boolean;
  readonly isUp: boolean;
  readonly programs: readonly SeenProgram[];
  readonly rows: readonly SocketRow[];
  /** The socket that has just been found for what arrived. */
  readonly lit: readonly SocketRow[];
}

/** A packet at a time. */
export interface SeenFlight {
  readonly flight: Flight;
  /** How far it is, from 0 to 1. */
  readonly progress: number;
  /** Whether it has arrived or was lost just now. */
  readonly isOver: boolean;
}

/** All that there is to see. */
export interface View {
  readonly timeUs: number;
  readonly hosts: readonly SeenHost[];
  readonly flights: readonly SeenFlight[];
  readonly entries: readonly Entry[];
  /** The sentence of the story, and what has just happened. */
  readonly caption: string;
  readonly news: Entry | undefined;
}

const LOST_AT = 0.6;

/** Looks at a run. */
export function viewAt(recording: Recording, timeUs: number): View {
  const { cues, entries } = recording;
  const past = entries.slice(0, countUntil(entries, timeUs));
  return {
    timeUs,
    hosts: hostsAt(recording, timeUs),
    flights: flightsAt(recording, timeUs),
    entries: past,
    caption: cues.findLast((cue) => cue.timeUs <= timeUs)?.text ?? '',
    news: newsAt(recording, past, timeUs),
  };
}

/** How many of a list in the order of time are not after it. */
export function countUntil(list: readonly { readonly timeUs: number }[], timeUs: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle]?.timeUs ?? 0) <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function hostsAt({ hosts, programs, tables, fates, flights, scale }: Recording, timeUs: number): SeenHost[] {
  const shown = scale.toShown(timeUs);
  return hosts.map(({ name, ip }) => {
    const fate = fates.findLast((one) => one.host === name && one.timeUs <= timeUs);
    const isUp = fate?.to !== 'crash';
    const marked = (steps: readonly LineStep[]) => (isUp ? marksAt(steps, fate?.timeUs ?? 0, timeUs) : []);
    return {
      name,
      ip,
      isServer: name === 'server',
      isUp,
      programs: programs
        .filter(({ host }) => host === name)
        .map(({ name: program, title, lines, steps, python }) => {
          const marks = marked(steps);
          const waits = marks.find(({ sinceUs }) => sinceUs !== undefined);
          const call = steps.findLast((step) => step.line === waits?.line && step.timeUs <= timeUs);
          return {
            name: program,
            title,
            lines,
            marks,
            python: python && { lines: python.lines, marks: marked(python.steps) },
            waits: call ? `${call.syscall}()` : undefined,
          };
        }),
      rows: rowsAt(tables.get(name), timeUs),
      lit: flights
        .filter(({ to, endUs }) => to === name && endUs <= timeUs && scale.toShown(endUs) > shown - STAYS_US)
        .flatMap(({ match }) => match ?? []),
    };
  });
}

function flightsAt({ flights, scale }: Recording, timeUs: number): SeenFlight[] {
  const shown = scale.toShown(timeUs);
  return flights
    .filter((flight) => flight.sentUs <= timeUs && scale.toShown(flight.endUs) > shown - staysUs(flight))
    .map((flight) => {
      const part = (timeUs - flight.sentUs) / Math.max(1, flight.endUs - flight.sentUs);
      const reach = flight.fate === 'lost' ? LOST_AT : 1;
      return { flight, progress: Math.min(1, part) * reach, isOver: timeUs >= flight.endUs };
    });
}

/** The most telling sentence of the moment. */
function newsAt({ moments }: Recording, past: readonly Entry[], timeUs: number): Entry | undefined {
  const moment = moments.findLast((one) => one <= timeUs) ?? 0;
  const before = moments.findLast((one) => one < moment) ?? -1;
  const fresh = past.filter((entry) => entry.timeUs > before);
  for (const kind of ENTRY_KINDS) {
    const entry = fresh.findLast((one) => one.kind === kind);
    if (entry) return entry;
  }
  return undefined;
}
