/** A packet on the stage. Its kind is told by colour and word, its fate by shape: lost is dashed with a cross, sent again has a double line, a bare acknowledgement is an open arrow. */
import type { VNode } from 'preact';
import type { SeenFlight } from '../model/view.ts';
import { describeFlight, packetText } from './words.ts';

/** What a packet needs to be drawn. */
export interface PacketPictureProps {
  readonly seen: SeenFlight;
  readonly at: { readonly x: number; readonly y: number; readonly isForth: boolean };
  readonly isUpright: boolean;
  readonly isSelected: boolean;
  readonly isTabStop: boolean;
  readonly select: (flight: number) => void;
}

/** About this many pixels to a letter. */
const LETTER = 7;
const HALF_HEIGHT = 11;

/** Draws a packet: a button that selects it. */
export function PacketPicture(props: PacketPictureProps): VNode {
  const { seen, at, isUpright, isSelected, isTabStop, select } = props;
  const { flight, isOver } = seen;
  const { fate, kind, isAgain, index } = flight;
  const text = packetText(flight);
  const half = Math.max(22, (text.length * LETTER) / 2 + (isAgain ? 12 : 8));
  const isGone = isOver && fate !== 'arrives';
  const classes = ['packet', kind, ...(isGone ? ['gone'] : []), ...(isSelected ? ['selected'] : [])];
  const shape = arrowOf(at, half, isUpright, HALF_HEIGHT);
  return (
    <g
      class={classes.join(' ')}
      role="button"
      tabIndex={isTabStop ? 0 : -1}
      aria-pressed={isSelected}
      aria-label={describeFlight(flight)}
      data-flight={index}
      onClick={() => select(index)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        select(index);
      }}
    >
      {isSelected && <path class="halo" d={arrowOf(at, half + 5, isUpright, HALF_HEIGHT + 4)} />}
      <path class="body" d={shape} />
      {isAgain && <path class="double" d={arrowOf(at, half - 4, isUpright, HALF_HEIGHT - 3)} />}
      <text x={at.x} y={at.y + 4}>
        {text}
      </text>
      {isGone && <path class="cross" d={crossAt(at.x, at.y)} />}
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

function crossAt(x: number, y: number): string {
  return `M${x - 13} ${y - 13}L${x + 13} ${y + 13}M${x + 13} ${y - 13}L${x - 13} ${y + 13}`;
}
