/** What is in the selected packet, and by which of its fields the receiver found the socket. */
import type { VNode } from 'preact';
import { reasonText, socketName } from '../model/entries.ts';
import type { Flight } from '../model/flights.ts';
import { textOf } from '../model/flights.ts';
import type { View } from '../model/view.ts';
import { counted, timeText } from './words.ts';

interface Field {
  readonly name: string;
  readonly value: string;
  readonly isLit: boolean;
}

/** The inspector. */
export function Inspector({
  flight,
  view,
}: {
  readonly flight: Flight | undefined;
  readonly view: View;
}): VNode {
  return (
    <section class="inspector" aria-label="Inspector">
      <header>
        <h2>{flight ? titleOf(flight) : 'Inspect'}</h2>
      </header>
      <div class="scroll" tabIndex={0} role="group" aria-label="Fields">
        {flight ? (
          <Fields flight={flight} timeUs={view.timeUs} />
        ) : (
          <p class="quiet">Select a packet to look inside.</p>
        )}
      </div>
    </section>
  );
}

function titleOf({ title, kind, isCopy }: Flight): string {
  const name = kind === 'datagram' ? 'Datagram' : kind === 'icmp' ? 'Message' : 'Segment';
  return `${isCopy ? 'Copy: ' : ''}${name} ${title}`;
}

function Fields({ flight, timeUs }: { readonly flight: Flight; readonly timeUs: number }): VNode {
  const isOver = timeUs >= flight.endUs;
  return (
    <>
      <p>{isOver ? fateOf(flight) : `On its way since ${timeText(flight.sentUs)}.`}</p>
      <dl>
        {fieldsOf(flight, isOver).map(({ name, value, isLit }) => (
          <div key={name} class={isLit ? 'lit' : ''}>
            <dt>{name}</dt>
            <dd>
              {isLit && <span aria-hidden="true">✓ </span>}
              {value}
              {isLit && <span class="sr"> (matches)</span>}
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function fieldsOf(flight: Flight, isOver: boolean): readonly Field[] {
  const { packet, match, sourcePort, destinationPort, kind } = flight;
  const isFound = isOver && match !== undefined && flight.fate === 'arrives';
  const isByFour = isFound && match.protocol === 'tcp' && match.state !== 'LISTEN';
  const field = (name: string, value: string | number, isLit = false): Field => ({
    name,
    value: String(value),
    isLit,
  });
  if (kind === 'icmp')
    return [
      field('Source', packet.source),
      field('Destination', packet.destination),
      field('Says', flight.title),
    ];
  return [
    field('Source address', packet.source, isByFour),
    field('Source port', sourcePort, isByFour),
    field('Destination address', packet.destination, isByFour),
    field('Destination port', destinationPort, isFound),
    ...segmentFields(flight, field),
  ];
}

function segmentFields(
  { packet: { payload }, flags, seq, ack, length, label }: Flight,
  field: (name: string, value: string | number) => Field,
): readonly Field[] {
  if (payload.protocol === 'udp')
    return [field('Data', textOf(payload.data)), field('Length', counted(payload.data.length, 'byte'))];
  if (payload.protocol !== 'tcp') return [];
  return [
    field('Flags', FLAG_NAMES.flatMap(([letter, name]) => (flags.includes(letter) ? [name] : [])).join(' ')),
    field('Sequence number', seq),
    ...(flags.includes('A') ? [field('Acknowledges up to', ack)] : []),
    field('Window', counted(payload.segment.window, 'byte')),
    ...(length > 0 ? [field('Data', textOf(payload.segment.data))] : []),
    ...(label ? [field('This is a', label)] : []),
  ];
}

const FLAG_NAMES: readonly (readonly [string, string])[] = [
  ['S', 'SYN'],
  ['F', 'FIN'],
  ['R', 'RST'],
  ['P', 'PSH'],
  ['A', 'ACK'],
];

function fateOf({ fate, match, to, endUs, reason }: Flight): string {
  if (fate === 'lost') return '✕ Lost on its way: nobody is told.';
  if (fate === 'refused')
    return `✕ Arrived at ${to} at ${timeText(endUs)} and was thrown away: ${reasonText(reason)}.`;
  if (!match) return `Arrived at ${timeText(endUs)}.`;
  const name = socketName(match);
  if (match.protocol === 'udp')
    return `Found the ${name} by its port alone${to === 'server' ? ': one socket for every client' : ''}.`;
  return match.state === 'LISTEN'
    ? `No connection fits its four fields, so the ${name} takes it.`
    : `All four fields fit: it is for the ${name} of ${match.peer}.`;
}
