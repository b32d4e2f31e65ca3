/** What the signs mean: always to be seen, for none of them is told by colour alone. */
import type { VNode } from 'preact';
import type { Flight } from '../model/flights.ts';

interface Sign {
  readonly look: string;
  readonly sign?: string;
  readonly text: string;
}

const WELCOME: Sign = { look: 'door', sign: '◎', text: 'welcome socket' };
const CONNECTION: Sign = { look: 'door', sign: '●', text: 'connection' };
const UDP: Sign = { look: 'door', sign: '○', text: 'UDP' };
const PACKETS: readonly (readonly [Flight['kind'], Sign])[] = [
  ['datagram', { look: 'swatch datagram', text: 'datagram' }],
  ['handshake', { look: 'swatch handshake', text: 'handshake' }],
  ['data', { look: 'swatch data', text: 'data' }],
  ['ack', { look: 'swatch ack', text: 'ACK' }],
  ['end', { look: 'swatch end', text: 'FIN' }],
  ['reset', { look: 'swatch reset', text: 'RST' }],
  ['icmp', { look: 'swatch reset', text: 'ICMP' }],
];
const LOST: Sign = { look: 'swatch lost', sign: '✕', text: 'lost' };
const AGAIN: Sign = { look: 'swatch again', text: 'again' };
/** Of a running server, whose packets are not seen. */
const LIVE: readonly Sign[] = [
  WELCOME,
  CONNECTION,
  UDP,
  { look: 'swatch data', text: 'bytes moved just now' },
];

/** The legend. @param flights - of the run, whose signs alone are explained; without them those of a running server are. */
export function Legend({ flights }: { readonly flights?: readonly Flight[] }): VNode {
  return (
    <ul class="legend" aria-label="Legend">
      {(flights ? signsOf(flights) : LIVE).map(({ look, sign, text }) => (
        <li key={text}>
          <span class={look} aria-hidden="true">
            {sign}
          </span>
          {text}
        </li>
      ))}
    </ul>
  );
}

function signsOf(flights: readonly Flight[]): readonly Sign[] {
  const kinds = new Set(flights.map(({ kind }) => kind));
  return [
    ...(kinds.has('handshake') ? [WELCOME, CONNECTION] : []),
    ...(kinds.has('datagram') ? [UDP] : []),
    ...PACKETS.filter(([kind]) => kinds.has(kind)).map(([, sign]) => sign),
    ...(flights.some(({ fate }) => fate !== 'arrives') ? [LOST] : []),
    ...(flights.some(({ isAgain }) => isAgain) ? [AGAIN] : []),
  ];
}
