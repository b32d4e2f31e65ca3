/** On a small screen one panel is shown at a time. */
import type { VNode } from 'preact';

/** A panel. */
export type Tab = 'stage' | 'code' | 'side' | 'ladder' | 'log';

const TABS: readonly (readonly [Tab, string])[] = [
  ['stage', 'Stage'],
  ['code', 'Programs'],
  ['side', 'Sockets'],
  ['ladder', 'Ladder'],
  ['log', 'Events'],
];

/** The choice of the panel. A wide screen shows all of them, and not this. */
export function Tabs({ tab, setTab }: { readonly tab: Tab; readonly setTab: (tab: Tab) => void }): VNode {
  return (
    <nav class="tabs" aria-label="Panels">
      {TABS.map(([name, title]) => (
        <button type="button" key={name} aria-pressed={name === tab} onClick={() => setTab(name)}>
          {title}
        </button>
      ))}
    </nav>
  );
}
