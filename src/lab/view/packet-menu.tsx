/** What can befall a packet, in a menu beside the packet that was clicked. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PacketFault } from '../model/change.ts';
import type { Flight } from '../model/flights.ts';
import { Icon } from './icon.tsx';

/** The faults, by the words of their buttons. */
export const FAULTS: readonly (readonly [PacketFault, string])[] = [
  ['drop', 'Drop'],
  ['duplicate', 'Duplicate'],
  ['reorder', 'Delay behind the next'],
  ['corrupt', 'Corrupt'],
];

/** What the menu needs. */
export interface PacketMenuProps {
  readonly flight: Flight;
  /** Where the packet is, in the window. */
  readonly beside: DOMRect;
  readonly meet: (kind: PacketFault, flight: Flight) => void;
  readonly close: () => void;
}

/** How far it stays from the packet and from the edges of the window, in pixels. */
const GAP = 8;

/** The menu: below the packet, above it where there is no room. A click elsewhere or Escape closes it. */
export function PacketMenu({ flight, beside, meet, close }: PacketMenuProps): VNode {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const menu = ref.current;
    if (!menu) return;
    menu.showPopover();
    const { width, height } = menu.getBoundingClientRect();
    const below = beside.bottom + GAP;
    const top = below + height + GAP <= innerHeight ? below : beside.top - GAP - height;
    menu.style.left = `${Math.max(GAP, Math.min(beside.left, innerWidth - width - GAP))}px`;
    menu.style.top = `${Math.max(GAP, top)}px`;
  }, [beside]);
  return (
    <div
      ref={ref}
      class="packet-menu"
      popover="auto"
      role="group"
      aria-label={`Break ${flight.title}`}
      onToggle={({ newState }) => newState === 'closed' && close()}
    >
      {FAULTS.map(([kind, name]) => (
        <button
          type="button"
          key={kind}
          onClick={() => {
            // the focus goes back to the packet
            ref.current?.hidePopover();
            meet(kind, flight);
          }}
        >
          <Icon name={kind} /> {name}
        </button>
      ))}
    </div>
  );
}
