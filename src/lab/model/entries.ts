/** The run as sentences: one for each thing that a person can see, for the log, the caption and whoever can't see the picture. */
import type { TraceEvent } from '../../sim/index.ts';
import type { Flight } from './flights.ts';
import type { RecordedHost } from './recording.ts';

/** What a sentence is about, the most telling first. */
export const ENTRY_KINDS = [
  'host',
  'lost',
  'refused',
  'failed',
  'again',
  'prints',
  'arrives',
  'sent',
  'state',
  'returns',
  'calls',
  'program',
] as const;

export type EntryKind = (typeof ENTRY_KINDS)[number];

/** One sentence. */
export interface Entry {
  readonly timeUs: number;
  readonly kind: EntryKind;
  readonly host: string;
  readonly text: string;
  /** The packet that it is about. */
  readonly flight: number | undefined;
}

/** Why TCP or a link threw a packet away, in plain words; what is not here is said as the simulator says it. */
const REASONS: Readonly<Record<string, string>> = {
  lost: 'lost on its way',
  'nobody has the port': 'no socket has that port',
};

/** Writes them, in the order of the trace. */
export function entriesOf(
  events: readonly TraceEvent[],
  flights: readonly Flight[],
  hosts: readonly RecordedHost[],
): readonly Entry[] {
  const names = new Map(hosts.map(({ name, ip }) => [ip, name]));
  const plain = (text: string) => text.replace(/\b\d+\.\d+\.\d+\.\d+\b/g, (ip) => names.get(ip) ?? ip);
  const entries = [...events.flatMap((event) => ofEvent(event, plain)), ...flights.flatMap(ofFlight)];
  // a packet is sent by a call and arrives before a program can have it
  return entries.toSorted((a, b) => a.timeUs - b.timeUs);
}

function ofFlight(flight: Flight): readonly Entry[] {
  const { index, from, to, sentUs, endUs, title, fate, isAgain, isCopy, reason, match } = flight;
  const what = `${title} to ${to}`;
  const sent: Entry = isAgain
    ? { timeUs: sentUs, kind: 'again', host: from, text: `${from} sends ${what} again`, flight: index }
    : { timeUs: sentUs, kind: 'sent', host: from, text: `${from} sends ${what}`, flight: index };
  const why = REASONS[reason ?? ''] ?? reason ?? '';
  const end = { timeUs: endUs, host: to, flight: index };
  const came = isCopy ? `A copy of ${title}` : title;
  const socket = match ? `, for the ${socketName(match)}` : '';
  const ends: Readonly<Record<Flight['fate'], Entry>> = {
    arrives: { ...end, kind: 'arrives', text: `${came} arrives at ${to}${socket}` },
    lost: { ...end, kind: 'lost', text: `✕ ${what} is ${why.startsWith('lost') ? why : `lost: ${why}`}` },
    refused: { ...end, kind: 'refused', text: `✕ ${to} throws ${title} away: ${why}` },
  };
  return isCopy ? [ends[fate]] : [sent, ends[fate]];
}

/** `welcome socket *:12000`, `connection socket :12000`. */
export function socketName({ protocol, state, local }: NonNullable<Flight['match']>): string {
  const port = `:${local.split(':').at(-1)}`;
  if (protocol === 'udp') return `UDP socket ${port}`;
  return state === 'LISTEN' ? `welcome socket ${port}` : `connection socket ${port}`;
}

function ofEvent(event: TraceEvent, plain: (text: string) => string): readonly Entry[] {
  const { timeUs, host } = event;
  const entry = (kind: EntryKind, text: string): readonly Entry[] => [
    { timeUs, kind, host, text, flight: undefined },
  ];
  switch (event.kind) {
    case 'host':
      return entry('host', `✕ ${host}: ${event.text}`);
    case 'program':
      return event.text.startsWith('prints ')
        ? entry('prints', `${host} prints: ${event.text.slice(7)}`)
        : entry('program', `${event.program} on ${host} ${event.text}`);
    case 'call':
      return entry('calls', `${host} calls ${event.syscall}(${plain(event.text)})`);
    case 'return':
      return /^E[A-Z_]+$/.test(event.text)
        ? entry('failed', `✕ ${event.syscall}() on ${host} fails: ${event.text}`)
        : entry('returns', `${event.syscall}() on ${host} returns ${plain(event.text)}`.trimEnd());
    case 'tcp':
      return event.event.kind === 'state'
        ? entry('state', `${host}: ${event.event.from} becomes ${event.event.to}`)
        : [];
    default:
      return [];
  }
}
