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
 * sentence before. A sentence whose thing never happens is not told.
 */
const STORIES: Readonly<Record<string, readonly string[]>> = {
  'udp-echo/echo': ['1 sent', '1 arrives', '1 prints'],
  'udp-loss/thirty-percent': ['1 lost', '1 failed'],
  'udp-reorder/two-one-one-three': ['1 arrives', '1 arrives'],
  'tcp-handshake/before-and-after': ['2 SYN', '1 ACK'],
  'tcp-handshake/syn-lost': ['1 again', '1 ESTABLISHED'],
  'tcp-handshake/syn-ack-lost': ['1 again'],
  'welcome-socket/three-clients': ['1 accept', '1 data'],
  'four-tuple/tcp': ['3 SYN', '1 data'],
  'four-tuple/udp': ['1 arrives'],
  'tcp-loss/timeout': ['1 again', '1 again'],
  'tcp-loss/fast-retransmit': ['1 lost', '1 again', '1 ACK'],
  'backlog/syn-dropped': ['1 refused', '1 accept'],
  'backlog/ack-dropped': ['1 refused', '1 again'],
  'backlog/cookies': ['4 ESTABLISHED', '1 refused'],
  'slow-reader/zero-window': ['1 probe', '1 update'],
  'close/half-close': ['1 FIN_WAIT_2', '1 TIME_WAIT'],
  'close/rebind': ['1 failed', '1 bind'],
  'reset/unread-data': ['1 RST'],
  'reset/linger': ['1 failed'],
  'reset/reboot': ['1 crash', '1 RST'],
  'stream-or-message/tcp': ['1 recv'],
  'stream-or-message/udp': ['1 recvfrom'],
  'hundred-clients/one-thread': ['5 data'],
  'hundred-clients/eight-threads': ['20 data'],
};

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
    const [count, name = ''] = (waits[index - 1] ?? '').split(' ');
    if (index > 0) at = find(happenings, at, Number(count), name);
    const happening = happenings[Math.max(0, at - 1)];
    if (at < 0 || (index > 0 && !happening)) break;
    cues.push({ timeUs: index === 0 ? 0 : (happening?.timeUs ?? 0), text });
  }
  return cues;
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

function ofFlight({ sentUs, endUs, kind, title, fate, isAgain, label }: Flight): readonly Happening[] {
  const names = ['sent', kind, title];
  if (isAgain) names.push('again');
  if (label !== undefined && PROBES.has(label)) names.push('probe');
  if (label === 'window update') names.push('update');
  return [
    { timeUs: sentUs, names },
    { timeUs: endUs, names: kind === 'icmp' ? [] : [fate] },
  ];
}

function ofEvent(event: TraceEvent): readonly Happening[] {
  const { timeUs } = event;
  if (event.kind === 'program' && event.text.startsWith('prints ')) return [{ timeUs, names: ['prints'] }];
  if (event.kind === 'tcp' && event.event.kind === 'state') return [{ timeUs, names: [event.event.to] }];
  if (event.kind === 'host') return [{ timeUs, names: [event.text] }];
  if (event.kind !== 'return') return [];
  return [{ timeUs, names: [/^E[A-Z_]+$/.test(event.text) ? 'failed' : event.syscall] }];
}
