/** The stage: hosts with their processes, doors and kernel queues, and the packets between them. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { PacketFault } from '../model/change.ts';
import type { Flight } from '../model/flights.ts';
import type { Recording } from '../model/recording.ts';
import type { SeenHost, View } from '../model/view.ts';
import { HostPicture } from './host-picture.tsx';
import { PacketMenu } from './packet-menu.tsx';
import { PacketPicture } from './packet-picture.tsx';
import type { StagePlaces } from './stage-layout.ts';
import { bundlePlace, packetPlace, placesOf } from './stage-layout.ts';
import { useSize } from './use-size.ts';
import { counted } from './words.ts';

/** What the stage needs. */
export interface StageProps {
  readonly recording: Recording;
  readonly view: View;
  readonly selected: number | undefined;
  /** Called for a packet that is clicked; without it packets are no buttons. */
  readonly select?: (flight: number) => void;
  /** What makes a fault befall a packet; without it a packet has no menu. */
  readonly meet?: ((kind: PacketFault, flight: Flight) => void) | undefined;
}

/** The height of a stage at its natural scale; larger panels show it larger. */
const NATURAL = { width: 690, height: 370 } as const;

/** Draws the stage. */
export function Stage({ recording, view, selected, select, meet }: StageProps): VNode {
  const [clicked, setClicked] = useState<{ readonly flight: Flight; readonly beside: DOMRect }>();
  const click = (index: number, picture: Element) => {
    select?.(index);
    const flight = recording.flights[index];
    if (flight) setClicked({ flight, beside: picture.getBoundingClientRect() });
  };
  return (
    <>
      <Network hosts={view.hosts}>
        {(places) => <Packets {...{ view, selected, places }} click={select && click} />}
      </Network>
      {clicked && meet && <PacketMenu {...clicked} meet={meet} close={() => setClicked(undefined)} />}
    </>
  );
}

/** What a drawing of hosts needs. */
export interface NetworkProps {
  readonly hosts: readonly SeenHost[];
  /** Whether sockets that have no room for words are drawn as doors. */
  readonly isCrowd?: boolean;
  /** What is drawn above the hosts. */
  readonly children?: (places: StagePlaces) => VNode;
}

/** Draws hosts and the wires between them. */
export function Network({ hosts, isCrowd = false, children }: NetworkProps): VNode {
  const { ref, width, height } = useSize();
  const scale = Math.max(1, Math.min(1.7, width / NATURAL.width, height / NATURAL.height));
  const places = placesOf(hosts, width / scale, height / scale, isCrowd);
  return (
    <div class="stage" ref={ref}>
      <svg viewBox={`0 0 ${places.width} ${places.height}`} role="group" aria-label="The network">
        {[...places.wires.values()].map(({ x1, y1, x2, y2 }) => (
          <line key={`${x1} ${y1}`} class="wire" x1={x1} y1={y1} x2={x2} y2={y2} />
        ))}
        {places.hosts.map((place) => (
          <HostPicture key={place.host.name} place={place} isUpright={places.isUpright} />
        ))}
        {places.more.count > 0 && (
          <text class="quiet" x={places.more.x} y={places.more.y}>
            and {counted(places.more.count, 'more client')}
          </text>
        )}
        {children?.(places)}
      </svg>
    </div>
  );
}

interface PacketsProps extends Pick<StageProps, 'view' | 'selected'> {
  readonly click: ((flight: number, picture: Element) => void) | undefined;
  readonly places: StagePlaces;
}

function Packets({ view, selected, click, places }: PacketsProps): VNode {
  const near = view.flights.filter(
    (seen) => seen.flight.lane < places.lanes && packetPlace(places, seen) !== undefined,
  );
  const first = near.find(({ flight }) => flight.index === selected) ?? near[0];
  const pictures = near.flatMap((seen) => {
    const { flight } = seen;
    const at = packetPlace(places, seen);
    if (!at) return [];
    return [
      <PacketPicture
        key={flight.index}
        seen={seen}
        at={at}
        isUpright={places.isUpright}
        isSelected={flight.index === selected}
        isTabStop={seen === first}
        click={click}
      />,
    ];
  });
  return <>{[...pictures, ...bundles(view, places)]}</>;
}

/** What has no room beside the others is counted. */
function bundles(view: View, places: StagePlaces): readonly VNode[] {
  const ways = new Map<
    string,
    { readonly count: number; readonly part: number; readonly from: string; readonly to: string }
  >();
  for (const { flight, progress } of view.flights) {
    if (flight.lane < places.lanes) continue;
    const { from, to } = flight;
    const known = ways.get(`${from}>${to}`) ?? { count: 0, part: 0, from, to };
    ways.set(`${from}>${to}`, { ...known, count: known.count + 1, part: known.part + progress });
  }
  return [...ways.values()].flatMap(({ count, part, from, to }) => {
    const at = bundlePlace(places, { from, to }, part / count);
    if (!at) return [];
    return [
      <text key={`${from}>${to}`} class="bundle" x={at.x} y={at.y}>
        {places.isUpright ? `+ ${count}` : `and ${count} more`}
      </text>,
    ];
  });
}
