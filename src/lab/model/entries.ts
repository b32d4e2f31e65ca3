/** The run as sentences: one for each thing that a person can see, for the log, the caption and whoever can't see the picture. */
import type { TraceEvent } from '../../sim/index.ts';
import type { Flight } from './flights.ts';

/** What a sentence is about, the most telling first. */
export const ENTRY_KINDS = [
  'host',
  'lost',
  'failed',
  'prints',
  'refused',
  'again',
  'arrives',
  'sent',
  'state',
  'returns',
  'calls',
  'program',
] as const;

type EntryKind = (typeof ENTRY_KINDS)[number];

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
  'queue full': 'the queue of the link is full',
  'SYN on a connection': 'it has the connection already',
};

/** Why a packet was thrown away, in plain words. */
export function reasonText(reason = ''): string {
  return REASONS[reason] ?? reason;
}

/** What befalls a host. */
const FATES: Readonly<Record<string, (host: string) => string>> = {
  crash: (host) => `✕ ${host} crashes`,
  restart: (host) => `${host} starts again`,
};

/** Writes them, in the order of the trace. */
export function entriesOf(
  events: readonly TraceEvent[],
  flights: readonly Flight[],
  names: ReadonlyMap<string, string>,
): readonly Entry[] {
  const plain = (text: string) => text.replace(/\b\d+\.\d+\.\d+\.\d+\b/g, (ip) => names.get(ip) ?? ip);
  const placed = [
    ...events.flatMap((event, place) => ofEvent(event, plain).map((entry) => ({ entry, place }))),
    ...flights.flatMap((flight) => [
      ...(flight.isCopy ? [] : [{ entry: sentence(flight), place: flight.sentPlace }]),
      { entry: ending(flight), place: flight.endPlace },
    ]),
  ];
  return placed
    .sort((a, b) => a.entry.timeUs - b.entry.timeUs || a.place - b.place)
    .map(({ entry }) => entry);
}

function sentence({ index, from, to, sentUs, title, isAgain }: Flight): Entry {
  const text = `${from} sends ${title} to ${to}${isAgain ? ' again' : ''}`;
  return { timeUs: sentUs, kind: isAgain ? 'again' : 'sent', host: from, text, flight: index };
}

function ending({ index, to, endUs, title, fate, isCopy, reason, match }: Flight): Entry {
  const end = { timeUs: endUs, host: to, flight: index };
  const why = reasonText(reason);
  switch (fate) {
    case 'arrives': {
      const socket = match ? `, for the ${socketName(match)}` : '';
      return {
        ...end,
        kind: 'arrives',
        text: `${isCopy ? 'A copy of ' : ''}${title} arrives at ${to}${socket}`,
      };
    }
    case 'lost':
      return {
        ...end,
        kind: 'lost',
        text: `✕ ${title} to ${to} is ${why.startsWith('lost') ? why : `lost: ${why}`}`,
      };
    case 'refused':
      return { ...end, kind: 'refused', text: `✕ ${to} throws ${title} away: ${why}` };
  }
}

/** `welcome socket *:12000`, `connection socket :12000`. */
export function socketName({ protocol, state, local }: NonNullable<Flight['match']>): string {
  const port = `:${local.split(':').at(-1)}`;
  if (protocol === 'udp') return `UDP socket ${port}`;
  return state === 'LISTEN' ? `welcome socket ${port}` : `connection socket ${port}`;
}

/** The welcome socket stays in LISTEN: what leaves it is the connection that begins there. */
function stateText(host: string, { from, to }: { readonly from: string; readonly to: string }): string {
  return from === 'LISTEN' && to !== 'CLOSED'
    ? `${host}: a new connection is in ${to}`
    : `${host}: ${from} becomes ${to}`;
}

function ofEvent(event: TraceEvent, plain: (text: string) => string): readonly Entry[] {
  const { timeUs, host } = event;
  const entry = (kind: EntryKind, text: string): readonly Entry[] => [
    { timeUs, kind, host, text, flight: undefined },
  ];
  switch (event.kind) {
    case 'host':
      return entry('host', FATES[event.text]?.(host) ?? `${host}: ${event.text}`);
    case 'program':
      return event.text.startsWith('prints ')
        ? entry('prints', `${host} prints: ${event.text.slice(7)}`)
        : entry('program', `${event.program} on ${host} ${event.text}`);
    case 'call':
      return entry('calls', `${host} calls ${event.syscall}(${plain(event.text)})`);
    case 'return': {
      if (/^E[A-Z_]+$/.test(event.text))
        return entry('failed', `✕ ${event.syscall}() on ${host} fails: ${event.text}`);
      // what a name was looked up for is the address
      const result = event.syscall === 'getaddrinfo' ? event.text : plain(event.text);
      return entry('returns', `${event.syscall}() on ${host} returns ${result}`.trimEnd());
    }
    case 'tcp':
      return event.event.kind === 'state' ? entry('state', stateText(host, event.event)) : [];
    default:
      return [];
  }
}
