/** What the signs mean: always to be seen, for none of them is told by colour alone. */
import type { VNode } from 'preact';

const SIGNS: readonly (readonly [string, string, string])[] = [
  ['door', '◎', 'welcome socket'],
  ['door', '●', 'connection'],
  ['door', '○', 'UDP'],
  ['swatch datagram', '', 'datagram'],
  ['swatch data', '', 'data'],
  ['swatch handshake', '', 'handshake'],
  ['swatch ack', '', 'ACK'],
  ['swatch lost', '✕', 'lost'],
  ['swatch again', '', 'again'],
];

const LIVE_SIGNS: typeof SIGNS = [
  ...SIGNS.filter(([kind]) => kind === 'door'),
  ['swatch data', '', 'bytes moved just now'],
];

/** The legend. @param isLive - whether doors are all that there is to see. */
export function Legend({ isLive = false }: { readonly isLive?: boolean }): VNode {
  const signs = isLive ? LIVE_SIGNS : SIGNS;
  return (
    <ul class="legend" aria-label="Legend">
      {signs.map(([kind, sign, text]) => (
        <li key={text}>
          <span class={kind} aria-hidden="true">
            {sign}
          </span>
          {text}
        </li>
      ))}
    </ul>
  );
}
