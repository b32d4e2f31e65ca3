/** Words that several panels use: times, endpoints, packets. */
import { reasonText, socketName } from '../model/entries.ts';
import type { Flight } from '../model/flights.ts';

/** `0.025100 s` is too long for a class: `25.1 ms`, `1.05 s`. */
export function timeText(timeUs: number): string {
  if (timeUs < 1_000_000) return `${(timeUs / 1000).toFixed(1)} ms`;
  return `${(timeUs / 1_000_000).toFixed(3)} s`;
}

/** `1 byte`, `0 bytes`, `2 sockets`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What is written on a packet. */
export function packetText({ title, isAgain, isCopy }: Flight): string {
  return `${title}${isAgain ? ' again' : ''}${isCopy ? ' copy' : ''}`;
}

/** A packet in one sentence. */
export function describeFlight(flight: Flight): string {
  const { from, to, fate, reason, match, kind } = flight;
  const what = packetText(flight);
  const how = kind === 'datagram' ? 'datagram' : kind === 'icmp' ? 'message' : 'segment';
  const end =
    fate === 'arrives'
      ? match
        ? `, for the ${socketName(match)}`
        : ''
      : `, ${fate === 'lost' ? 'lost' : 'thrown away'}${reason && reason !== 'lost' ? `: ${reasonText(reason)}` : ''}`;
  return `${what}, ${how} from ${from} to ${to}${end}`;
}
