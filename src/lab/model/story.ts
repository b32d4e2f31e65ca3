/** When each sentence of a variant's story is told: at a thing that happens, so that it holds for other seeds and after changes too. */
import type { Scenario, ScenarioVariant } from '../../scenarios/index.ts';
import type { TraceEvent } from '../../sim/index.ts';
import type { Flight } from './flights.ts';
import { PROBES } from './flights.ts';

/** A sentence, and from when on. */
export interface Cue {
  readonly timeUs: number;
  readonly text: string;
}

/**
 * What each sentence after the first waits for, in the order of the captions. `2 arrives` is the second arrival after the
 * sentence before, `1 server ESTABLISHED` the next connection that is open at the server. A sentence whose thing never
 * happens is not told, nor those after it.
 */
const STORIES: Readonly<Record<string, readonly string[]>> = {
  'udp-echo/echo': ['1 sent', '1 arrives', '1 prints'],
  'udp-loss/thirty-percent': ['1 lost', '1 failed'],
  'udp-reorder/two-one-one-three': ['1 arrives', '2 arrives'],
  'tcp-handshake/before-and-after': ['1 RST', '1 failed', '1 listen', '1 ESTABLISHED'],
  'tcp-handshake/syn-lost': ['1 lost', '1 again', '1 ESTABLISHED'],
  'tcp-handshake/syn-ack-lost': ['1 arrives', '1 lost', '1 again', '1 SYN ACK', '1 ESTABLISHED'],
  'welcome-socket/three-clients': ['1 arrives', '1 accept', '1 data'],
  'four-tuple/tcp': ['3 SYN', '1 data'],
  'four-tuple/udp': ['1 arrives'],
  'tcp-loss/timeout': ['1 lost', '1 again', '1 again', '1 ACK'],
  'tcp-loss/fast-retransmit': ['1 data', '1 lost', '3 ACK', '1 again', '1 ACK'],
  'backlog/syn-dropped': ['2 server ESTABLISHED', '1 refused', '1 accept', '1 server SYN_RECEIVED'],
  'backlog/ack-dropped': [
    '2 server ESTABLISHED',
    '2 server SYN_RECEIVED',
    '1 refused',
    '1 again',
    '1 accept',
    '1 server ESTABLISHED',
  ],
  'backlog/cookies': ['1 arrives', '4 client ESTABLISHED', '1 refused'],
  'slow-reader/zero-window': ['1 ACK, full', '1 probe', '1 update', '1 client prints'],
  'close/half-close': ['1 FIN', '1 CLOSE_WAIT', '1 FIN_WAIT_2', '1 TIME_WAIT', '1 client CLOSED'],
  'close/rebind': ['1 TIME_WAIT', '1 failed', '1 bind'],
  'reset/unread-data': ['1 data arrives', '1 RST', '1 failed'],
  'reset/linger': ['1 RST', '1 failed'],
  'reset/reboot': ['1 prints', '1 crash', '1 restart', '1 RST'],
  'stream-or-message/tcp': ['1 data', '1 data', '1 recv'],
  'stream-or-message/udp': ['3 arrives', '1 recvfrom'],
  'hundred-clients/one-thread': ['1 data arrives', '1 server data'],
  'hundred-clients/eight-threads': ['8 server data'],
};

/** Told from where a change makes it another run than the one of the story. */
const CHANGED = 'Here the run was changed. From now on it is the events that tell what happens.';

interface Happening {
  readonly timeUs: number;
  readonly names: readonly string[];
}

/** Finds the time of each sentence. */
export function cuesOf(
  scenario: Scenario,
  variant: ScenarioVariant,
  events: readonly TraceEvent[],
  flights: readonly Flight[],
): readonly Cue[] {
  const happenings = [...events.flatMap(ofEvent), ...flights.flatMap(ofFlight)].toSorted(
    (a, b) => a.timeUs - b.timeUs,
  );
  const waits = STORIES[`${scenario.name}/${variant.name}`] ?? [];
  const cues: Cue[] = [];
  let at = 0;
  for (const [index, text] of variant.captions.entries()) {
    const [, count, name = ''] = /^(\d+) (.*)$/.exec(waits[index - 1] ?? '') ?? [];
    if (index > 0) at = find(happenings, at, Number(count), name);
    const happening = happenings[Math.max(0, at - 1)];
    if (at < 0 || (index > 0 && !happening)) break;
    cues.push({ timeUs: index === 0 ? 0 : (happening?.timeUs ?? 0), text });
  }
  return cues;
}

/** The story of a run that was changed: that of the run without the changes, as long as they are the same. */
export function untilChanged(
  before: { readonly cues: readonly Cue[]; readonly events: readonly TraceEvent[] },
  events: readonly TraceEvent[],
): readonly Cue[] {
  const timeUs = partingOf(before.events, events);
  if (timeUs === undefined) return before.cues;
  return [...before.cues.filter((cue) => cue.timeUs < timeUs), { timeUs, text: CHANGED }];
}

/** The time of the first thing that happens in one run only. */
function partingOf(one: readonly TraceEvent[], other: readonly TraceEvent[]): number | undefined {
  const length = Math.max(one.length, other.length);
  for (let place = 0; place < length; place++) {
    const [a, b] = [one[place], other[place]];
    if (a && b && a.timeUs === b.timeUs && wordsOf(a) === wordsOf(b)) continue;
    return Math.min(...[a, b].flatMap((event) => event?.timeUs ?? []));
  }
  return undefined;
}

function wordsOf(event: TraceEvent): string {
  const { kind, host } = event;
  switch (event.kind) {
    case 'sent':
    case 'received':
      return `${kind} ${host} ${event.packet.id}`;
    case 'dropped':
      return `${kind} ${host} ${event.packet.id} ${event.reason}`;
    case 'tcp':
      return `${kind} ${host} ${event.event.kind}`;
    case 'call':
    case 'return':
      return `${kind} ${host} ${event.program} ${event.syscall} ${event.text}`;
    default:
      return `${kind} ${host} ${event.text}`;
  }
}

/** @returns The place behind the one that was looked for; -1 when there is none. */
function find(happenings: readonly Happening[], from: number, count: number, name: string): number {
  let left = count;
  for (let at = from; at < happenings.length; at++) {
    if (!happenings[at]?.names.includes(name)) continue;
    left -= 1;
    if (left === 0) return at + 1;
  }
  return -1;
}

function ofFlight({ from, to, sentUs, endUs, ...flight }: Flight): readonly Happening[] {
  const { kind, title, fate, isAgain, label } = flight;
  const names = ['sent', kind, title];
  if (isAgain) names.push('again');
  if (label !== undefined && PROBES.has(label)) names.push('probe');
  if (label === 'window update') names.push('update');
  return [
    happening(sentUs, from, ...names),
    happening(endUs, to, ...(kind === 'icmp' ? [] : [fate, `${kind} ${fate}`])),
  ];
}

function ofEvent(event: TraceEvent): readonly Happening[] {
  const { timeUs, host } = event;
  if (event.kind === 'program' && event.text.startsWith('prints '))
    return [happening(timeUs, host, 'prints')];
  if (event.kind === 'tcp' && event.event.kind === 'state') return [happening(timeUs, host, event.event.to)];
  if (event.kind === 'host') return [happening(timeUs, host, event.text)];
  if (event.kind !== 'return') return [];
  return [happening(timeUs, host, /^E[A-Z_]+$/.test(event.text) ? 'failed' : event.syscall)];
}

/** Each name is known with its host, too. */
function happening(timeUs: number, host: string, ...names: readonly string[]): Happening {
  return { timeUs, names: names.flatMap((name) => [name, `${host} ${name}`]) };
}
