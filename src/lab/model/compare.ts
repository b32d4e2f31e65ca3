/** Two runs beside each other, over UDP and over TCP: one time for both, and the notes' last table with what was counted. */
import type { Recording } from './recording.ts';
import { record } from './recording.ts';
import { setupOf } from './setup.ts';
import type { Timescale } from './timescale.ts';
import { timescaleOf } from './timescale.ts';
import { countUntil } from './view.ts';

/** Two runs with one time. */
export interface Comparison {
  readonly udp: Recording;
  readonly tcp: Recording;
  readonly scale: Timescale;
  readonly moments: readonly number[];
  readonly endUs: number;
}

/** A line of the table. */
export interface Contrast {
  readonly what: string;
  readonly udp: string;
  readonly tcp: string;
}

/** Plays both. */
export async function recordComparison(seed: number): Promise<Comparison> {
  const [udp, tcp] = [await recordOf('udp', seed), await recordOf('tcp', seed)];
  const moments = [...new Set([...udp.moments, ...tcp.moments])].sort((a, b) => a - b);
  const endUs = Math.max(udp.endUs, tcp.endUs);
  const scale = timescaleOf(moments, [...udp.flights, ...tcp.flights]);
  return { udp: { ...udp, scale, endUs }, tcp: { ...tcp, scale, endUs }, scale, moments, endUs };
}

function recordOf(variant: 'udp' | 'tcp', seed: number): Promise<Recording> {
  return record({ ...setupOf('compare', variant), seed });
}

/** The notes' last table, counted at a time. */
export function contrastsAt({ udp, tcp }: Comparison, timeUs: number): readonly Contrast[] {
  const line = (what: string, count: (recording: Recording) => string): Contrast => ({
    what,
    udp: count(udp),
    tcp: count(tcp),
  });
  return [
    line('Sockets of the server', (recording) => socketsOf(recording, timeUs)),
    line('Packets before the first data', (recording) => `${beforeData(recording, timeUs)}`),
    line('Address given', ({ setup }) =>
      setup.variant === 'udp' ? 'with every sendto' : 'once, to connect',
    ),
    line('Packets sent', ({ flights }) => `${flights.filter(({ sentUs }) => sentUs <= timeUs).length}`),
    line(
      'Lost',
      ({ flights }) => `${flights.filter((one) => one.fate === 'lost' && one.endUs <= timeUs).length}`,
    ),
    line(
      'Sent again',
      ({ flights }) => `${flights.filter((one) => one.isAgain && one.sentUs <= timeUs).length}`,
    ),
    line('The program received', (recording) => receivedAt(recording, timeUs) || 'nothing yet'),
  ];
}

/** What the server has printed so far, in one word: `0124`. */
export function receivedAt({ entries }: Recording, timeUs: number): string {
  return entries
    .slice(0, countUntil(entries, timeUs))
    .flatMap(({ kind, text }) => (kind === 'prints' ? [text.replace(/^.*prints: /, '')] : []))
    .join('');
}

function socketsOf({ tables }: Recording, timeUs: number): string {
  const rows = tables.get('server')?.findLast((table) => table.timeUs <= timeUs)?.rows ?? [];
  const welcome = rows.filter(({ state }) => state === 'LISTEN').length;
  if (welcome === 0) return `${rows.length} for all clients`;
  return `${welcome} to welcome, ${rows.length - welcome} for its client`;
}

function beforeData({ flights }: Recording, timeUs: number): number {
  const first = flights.findIndex(({ kind }) => kind === 'data' || kind === 'datagram');
  return flights.slice(0, Math.max(0, first)).filter(({ sentUs }) => sentUs <= timeUs).length;
}
