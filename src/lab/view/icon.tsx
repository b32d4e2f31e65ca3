/** The signs on buttons, drawn: fonts do not have all of them. */
import type { VNode } from 'preact';

const PATHS = {
  first: 'M3 3v10M13 3L6 8l7 5z',
  back: 'M12 3L5 8l7 5z',
  play: 'M4 2.5L13 8l-9 5.5z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  on: 'M4 3l7 5-7 5z',
  last: 'M13 3v10M3 3l7 5-7 5z',
  drop: 'M3 3l10 10M13 3L3 13',
  duplicate: 'M2.5 5.5h8v8h-8zM5.5 5.5v-3h8v8h-3',
  reorder: 'M5 13V3M2 6l3-3 3 3M11 3v10M8 10l3 3 3-3',
  corrupt: 'M9 1.5L4 9h4l-1 5.5L12 7H8z',
} as const;

/** What there is a sign for. */
export type IconName = keyof typeof PATHS;

const SOLID: ReadonlySet<IconName> = new Set(['first', 'back', 'play', 'pause', 'on', 'last', 'corrupt']);

/** Draws a sign as large as the text. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class={SOLID.has(name) ? 'icon solid' : 'icon'} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
