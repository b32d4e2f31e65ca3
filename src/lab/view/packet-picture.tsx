/** A packet on the stage. Its kind is told by colour and word, its fate by shape: lost is dashed with a cross, sent again has a double line, a bare acknowledgement is an open arrow. */
import type { SVGAttributes, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { SeenFlight } from '../model/view.ts';
import type { PacketPlace } from './stage-layout.ts';
import { describeFlight } from './words.ts';

/** What a packet needs to be drawn. */
export interface PacketPictureProps {
  readonly seen: SeenFlight;
  readonly at: PacketPlace;
  readonly isUpright: boolean;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly click: ((flight: number, picture: Element) => void) | undefined;
}

const HALF_HEIGHT = 11;

/** Draws a packet: a button where a click does something. */
export function PacketPicture(props: PacketPictureProps): VNode {
  const { seen, at, isUpright, isSelected, isTabStop, click } = props;
  const { half, text } = at;
  const ref = useRef<SVGGElement>(null);
  useLayoutEffect(() => {
    // from packet to packet the focus goes with the selection
    if (isSelected && document.activeElement?.matches('.packet')) ref.current?.focus();
  }, [isSelected]);
  const { flight, isOver } = seen;
  const { fate, kind, isAgain, index } = flight;
  const isGone = isOver && fate !== 'arrives';
  const classes = ['packet', kind, ...(isGone ? ['gone'] : []), ...(isSelected ? ['selected'] : [])];
  const shape = arrowOf(at, half, isUpright, HALF_HEIGHT);
  const button: SVGAttributes<SVGGElement> = {
    role: 'button',
    tabindex: isTabStop ? 0 : -1,
    'aria-pressed': isSelected,
    onClick: ({ currentTarget }) => click?.(index, currentTarget),
    onKeyDown: (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      click?.(index, event.currentTarget);
    },
  };
  return (
    <g
      ref={ref}
      class={classes.join(' ')}
      aria-label={describeFlight(flight)}
      {...(click ? button : { role: 'img' })}
    >
      {isSelected && <path class="halo" d={arrowOf(at, half + 5, isUpright, HALF_HEIGHT + 4)} />}
      <path class="body" d={shape} />
      {isAgain && <path class="double" d={arrowOf(at, half - 4, isUpright, HALF_HEIGHT - 3)} />}
      <text x={at.x} y={at.y + 4}>
        {text}
      </text>
      {isGone && <path class="cross" d={crossAt(at.x + (at.isForth || isUpright ? half : -half), at.y)} />}
    </g>
  );
}

/** A box with a point in the direction of travel. */
function arrowOf(
  { x, y, isForth }: PacketPictureProps['at'],
  half: number,
  isUpright: boolean,
  tall: number,
): string {
  const [left, right, top, bottom] = [x - half, x + half, y - tall, y + tall];
  if (isUpright) {
    const tip = isForth ? bottom + 5 : top - 5;
    return isForth
      ? `M${left} ${top}H${right}V${bottom}H${x + 6}L${x} ${tip}L${x - 6} ${bottom}H${left}z`
      : `M${left} ${bottom}H${right}V${top}H${x + 6}L${x} ${tip}L${x - 6} ${top}H${left}z`;
  }
  return isForth
    ? `M${left} ${top}H${right}L${right + 9} ${y}L${right} ${bottom}H${left}z`
    : `M${right} ${top}H${left}L${left - 9} ${y}L${left} ${bottom}H${right}z`;
}

/** At the front of a packet, or at its side: what it was can still be read. */
function crossAt(x: number, y: number): string {
  return `M${x - 8} ${y - 8}l16 16m0 -16l-16 16`;
}
