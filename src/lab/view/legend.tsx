/** What the signs mean: always to be seen, for none of them is told by colour alone. */
import type { VNode } from 'preact';

const SIGNS: readonly (readonly [string, string, string])[] = [
  ['door', '◎', 'welcome socket'],
  ['door', '●', 'connection socket'],
  ['door', '○', 'UDP socket'],
  ['swatch data', '', 'data'],
  ['swatch handshake', '', 'handshake'],
  ['swatch ack', '', 'ACK'],
  ['swatch lost', '✕', 'lost'],
  ['swatch again', '', 'again'],
];

/** The legend. */
export function Legend(): VNode {
  return (
    <ul class="legend" aria-label="Legend">
      {SIGNS.map(([kind, sign, text]) => (
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
