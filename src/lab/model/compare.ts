/** Two runs beside each other: one time for both, and what each has cost so far; of UDP and TCP, the notes' last table. */
import { comparison } from '../../scenarios/index.ts';
import type { Flight } from './flights.ts';
import type { Pair } from './pair.ts';
import type { Recording } from './recording.ts';
import { record } from './recording.ts';
import type { Timescale } from './timescale.ts';
import { timescaleOf } from './timescale.ts';
import { countUntil } from './view.ts';

/** Two runs with one time. */
export interface Comparison {
  readonly left: Recording;
  readonly right: Recording;
  readonly scale: Timescale;
  readonly moments: readonly number[];
  readonly endUs: number;
}

/** A line of the table. */
export interface Contrast {
  readonly what: string;
  readonly left: string;
  readonly right: string;
}

/** Plays both. */
export async function recordComparison({ left: one, right: other }: Pair): Promise<Comparison> {
  const [left, right] = [await record(one), await record(other)];
  const moments = [...new Set([...left.moments, ...right.moments])].sort((a, b) => a - b);
  const endUs = Math.max(left.endUs, right.endUs);
  const scale = timescaleOf(moments, [...left.flights, ...right.flights]);
  return { left: { ...left, scale, endUs }, right: { ...right, scale, endUs }, scale, moments, endUs };
}

/** What each has cost until a time; of UDP and TCP the notes' last table. */
export function contrastsAt({ left, right }: Comparison, timeUs: number): readonly Contrast[] {
  const line = (what: string, count: (recording: Recording) => string): Contrast => ({
    what,
    left: count(left),
    right: count(right),
  });
  const isNotes = left.scenario === comparison;
  return [
    line('Sockets of the server', (recording) => socketsOf(recording, timeUs)),
    line('Packets before the first data', (recording) => `${beforeData(recording, timeUs)}`),
    ...(isNotes ? [line('Address given', addressGiven)] : []),
    line('Packets sent', ({ flights }) => `${flights.filter(({ sentUs }) => sentUs <= timeUs).length}`),
    line(
      'Lost',
      ({ flights }) => `${flights.filter((one) => one.fate === 'lost' && one.endUs <= timeUs).length}`,
    ),
    line(
      'Sent again',
      ({ flights }) => `${flights.filter((one) => one.isAgain && one.sentUs <= timeUs).length}`,
    ),
    ...(isNotes
      ? [line('The program received', (recording) => receivedAt(recording, timeUs) || 'nothing yet')]
      : [
          line('Answers', (recording) => `${answersAt(recording, timeUs)}`),
          line('The last program ended', (recording) => endAt(recording, timeUs)),
        ]),
  ];
}

function addressGiven({ setup }: Recording): string {
  return setup.variant === 'udp' ? 'with every sendto' : 'once, to connect';
}

/** What the server has printed so far, in one word: `0124`. */
export function receivedAt({ entries }: Recording, timeUs: number): string {
  return entries
    .slice(0, countUntil(entries, timeUs))
    .flatMap(({ kind, text }) => (kind === 'prints' ? [text.replace(/^.*prints: /, '')] : []))
    .join('');
}

/** Data of the server that has arrived. */
function answersAt({ flights }: Recording, timeUs: number): number {
  const isAnswer = ({ from, kind, fate, endUs }: Flight) =>
    from === 'server' && (kind === 'data' || kind === 'datagram') && fate === 'arrives' && endUs <= timeUs;
  return flights.filter(isAnswer).length;
}

function endAt({ entries }: Recording, timeUs: number): string {
  const ends = entries.filter(({ kind, text }) => kind === 'program' && text.endsWith(' ends'));
  const last = ends.findLast((entry) => entry.timeUs <= timeUs);
  return last ? `${last.text.replace(/ ends$/, '')}, at ${(last.timeUs / 1000).toFixed(1)} ms` : 'none yet';
}

function socketsOf({ tables }: Recording, timeUs: number): string {
  const rows = tables.get('server')?.findLast((table) => table.timeUs <= timeUs)?.rows ?? [];
  const welcome = rows.filter(({ state }) => state === 'LISTEN');
  if (welcome.length === 0) return `${rows.length} for all clients`;
  const waiting = welcome.reduce((sum, { receiveQueue }) => sum + receiveQueue, 0);
  const others = rows.length - welcome.length;
  return `${welcome.length} to welcome, ${others} for ${others === 1 ? 'its client' : 'clients'}${waiting > 0 ? `, ${waiting} waiting` : ''}`;
}

function beforeData({ flights }: Recording, timeUs: number): number {
  const first = flights.findIndex(({ kind }) => kind === 'data' || kind === 'datagram');
  return flights.slice(0, Math.max(0, first)).filter(({ sentUs }) => sentUs <= timeUs).length;
}
