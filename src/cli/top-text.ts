/** What `portico top` shows of one answer, and of how it differs from the one before. */
import type { CountName, ServerStats } from '../server/index.ts';

/** A label and seven numbers have room in 80 columns. */
const LABEL_WIDTH = 9;
const WIDTH = 10;
/** From here on a number is written short: `1.2M`. */
const COMPACT_MIN = 1_000_000;

/** Makes the text. @param before - the answer before; rates are since the start when there is none. */
export function topText(now: ServerStats, before?: ServerStats): string {
  const seconds = (now.uptimeMs - (before?.uptimeMs ?? 0)) / 1000;
  const rate = (name: CountName) => (seconds > 0 ? (now[name] - (before?.[name] ?? 0)) / seconds : 0);
  const row = (label: string, ...cells: string[]) =>
    `${label.padEnd(LABEL_WIDTH)}${cells.map((cell) => cell.padStart(WIDTH)).join('')}`;
  const perSecond = (name: CountName) => `${number(rate(name))}/s`;
  const known = (value: number | undefined) => (value === undefined ? '-' : number(value));
  const refused = now.deniedConnections + now.crowdedConnections + now.shedConnections;
  const cut = now.cutFirstByte + now.cutIdle + now.cutAge + now.cutQueue + now.cutDrain + now.cutThread;
  return [
    `portico: ${now.state}${now.full ? ', full' : ''}, up ${duration(now.uptimeMs)}, ${now.threads.length} threads`,
    '',
    row('TCP', 'open', 'accepted', 'closed', 'refused', 'cut', 'waiting', 'dropped'),
    row(
      '',
      number(now.open),
      perSecond('connections'),
      perSecond('closed'),
      number(refused),
      number(cut),
      known(now.tcpWaiting),
      known(now.tcpDropped),
    ),
    row('UDP', 'received', 'answered', 'loops', 'limited', 'denied', 'too long', 'dropped'),
    row(
      '',
      perSecond('datagrams'),
      perSecond('answers'),
      number(now.loops),
      number(now.limited),
      number(now.deniedDatagrams),
      number(now.longDatagrams),
      known(now.udpDropped),
    ),
    row('Failures', number(now.failures)),
    '',
    row('Thread', 'state', 'open', 'restarts', 'deaths'),
    ...now.threads.map(({ thread, state, connections, restarts, deaths }) =>
      row(`  ${thread}`, state, number(connections), number(restarts), number(deaths)),
    ),
  ].join('\n');
}

function number(value: number): string {
  if (value >= COMPACT_MIN)
    return value.toLocaleString('en', { notation: 'compact', maximumFractionDigits: 1 });
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const [days = 0, hours = 0, minutes = 0] = parts;
  const clock = [hours, minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
  return days > 0 ? `${days} d ${clock}` : clock;
}
