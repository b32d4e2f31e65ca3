/** The ladder: a rail for each host, an arrow for each packet, time to the right or, as in textbooks, down. Only what has happened is drawn; what comes is for the class to predict. */
import type { VNode } from 'preact';
import { Component } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Recording } from '../model/recording.ts';
import type { ArrowPlace, LadderLayout, Stretch } from './ladder-layout.ts';
import { ladderOf, startOf, windowStart } from './ladder-layout.ts';
import { textScale, useSize } from './use-size.ts';
import { WindowStrip } from './window-strip.tsx';
import { timeText } from './words.ts';

/** About this many pixels to a letter of a name, and to a line. */
const LETTER = 7.4;
const LINE = 13;

/** What the ladder needs. */
export interface LadderProps {
  readonly recording: Recording;
  readonly timeUs: number;
  readonly selected: number | undefined;
  readonly isDown?: boolean;
}

/** The ladder, as large as its panel. */
export function Ladder({ recording, timeUs, selected, isDown = false }: LadderProps): VNode {
  const { ref, ...panel } = useSize();
  const letters = textScale();
  const [width, height] = [panel.width / letters, panel.height / letters];
  const [size, breadth] = isDown ? [height, width] : [width, height];
  const layout = useMemo(
    () => ladderOf(recording, breadth, isDown, size),
    [recording, breadth, isDown, size],
  );
  const from = windowStart(layout, timeUs, size);
  const { windows } = recording;
  return (
    <>
      <div class="drawing" ref={ref}>
        <LadderPicture {...{ layout, timeUs, selected, from, size }} />
      </div>
      {windows && !isDown && <WindowStrip {...{ windows, layout, timeUs, from, size }} />}
    </>
  );
}

/** What is drawn of a ladder. */
export interface LadderPictureProps {
  readonly layout: LadderLayout;
  readonly timeUs: number;
  readonly selected: number | undefined;
  /** The part of it that is in the picture, in pixels. */
  readonly from: number;
  readonly size: number;
}

/** The ladder as an SVG picture. */
export function LadderPicture({ layout, timeUs, selected, from, size }: LadderPictureProps): VNode {
  const { isDown, breadth, along, at } = layout;
  const [width, height] = isDown ? [breadth, size] : [size, breadth];
  const start = startOf(isDown);
  // a state that is reached at once stands beside the beginning of its rail
  const edge = start - (isDown ? 14 : 2);
  const begun = layout.arrows.filter(({ flight }) => flight.sentUs <= timeUs);
  const isNear = (fromUs: number, toUs: number) => along(toUs) > from && along(fromUs) < from + size;
  const now = along(timeUs);
  const [nowFrom, nowTo] = [at(now, isDown ? 0 : 4), at(now, breadth - 4)];
  return (
    <svg
      class={isDown ? 'ladder-picture down' : 'ladder-picture'}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Ladder: ${begun.flatMap(({ flights }) => flights).length} packets until ${timeText(timeUs)}`}
    >
      <svg
        role="presentation"
        {...(isDown ? { y: edge, height: rest(size, edge) } : { x: edge, width: rest(size, edge) })}
      >
        <g transform={isDown ? `translate(0 ${-from - edge})` : `translate(${-from - edge} 0)`}>
          {layout.breaks
            .filter(({ fromUs, toUs }) => fromUs < timeUs && isNear(fromUs, toUs))
            .map((stretch) => (
              <Break key={stretch.fromUs} {...{ stretch, layout, timeUs }} />
            ))}
          <line class="now" x1={nowFrom.x} y1={nowFrom.y} x2={nowTo.x} y2={nowTo.y} />
          {[...layout.rails].map(([name, across]) => {
            const [a, b] = [at(start, across), at(Math.max(now, layout.length, from + size), across)];
            return <line key={name} class="rail" x1={a.x} y1={a.y} x2={b.x} y2={b.y} />;
          })}
          {layout.timeouts
            .filter(({ fromUs, toUs }) => fromUs < timeUs && isNear(fromUs, toUs))
            .map((stretch) => (
              <Timeout key={`${stretch.across} ${stretch.fromUs}`} {...{ stretch, layout, timeUs }} />
            ))}
          {begun
            .filter(({ flight }) => isNear(flight.sentUs, flight.endUs))
            .map((place) => (
              <Arrow
                key={place.flight.index}
                place={place}
                timeUs={Math.min(timeUs, place.flight.endUs)}
                isSelected={place.flights.some(({ index }) => index === selected)}
              />
            ))}
          {layout.states
            .filter((state) => state.timeUs <= timeUs && isNear(state.timeUs, state.timeUs))
            .map(({ x, y, text }) => (
              <text key={`${x} ${y}`} class="state" x={x} y={y}>
                {text}
              </text>
            ))}
        </g>
      </svg>
      {namedRails(layout).map(([name, across]) => {
        const place = isDown ? { x: across, y: edge - 10 } : { x: start - 8, y: across + 4 };
        return (
          <text key={name} class="rail-name" {...place}>
            {name}
          </text>
        );
      })}
    </svg>
  );
}

/** Those whose names have room; the last is the server. */
function namedRails({ rails, isDown }: LadderLayout): readonly (readonly [string, number])[] {
  const named: (readonly [string, number])[] = [];
  const room = (one: string, other: string) =>
    isDown ? ((one.length + other.length) / 2 + 1) * LETTER : LINE;
  for (const [name, across] of [...rails].toReversed()) {
    const [last, at] = named.at(-1) ?? ['', Number.POSITIVE_INFINITY];
    if (at - across >= room(name, last)) named.push([name, across]);
  }
  return named;
}

function rest(size: number, start: number): number {
  return Math.max(0, size - start);
}

interface StretchProps {
  readonly stretch: Stretch;
  readonly layout: LadderLayout;
  readonly timeUs: number;
}

function Break({
  stretch: { fromUs, toUs, label },
  layout: { at, along, breadth },
  timeUs,
}: StretchProps): VNode {
  const [a, b] = [at(along(fromUs), 0), at(along(Math.min(toUs, timeUs)), breadth)];
  return (
    <g class="break">
      <rect x={a.x} y={a.y} width={Math.max(0, b.x - a.x)} height={Math.max(0, b.y - a.y)} />
      {label && toUs <= timeUs && (
        <text x={label.x} y={label.y}>
          {label.text}
        </text>
      )}
    </g>
  );
}

function Timeout({
  stretch: { fromUs, toUs, across, label },
  layout: { at, along },
  timeUs,
}: StretchProps): VNode {
  const [a, b] = [at(along(fromUs), across), at(along(Math.min(toUs, timeUs)), across)];
  return (
    <g class="timeout">
      <line x1={a.x} y1={a.y} x2={b.x} y2={b.y} />
      {label && (
        <text x={label.x} y={label.y}>
          {label.text}
        </text>
      )}
    </g>
  );
}

interface ArrowProps {
  readonly place: ArrowPlace;
  /** Not after its end: an arrow that has arrived does not change. */
  readonly timeUs: number;
  readonly isSelected: boolean;
}

class Arrow extends Component<ArrowProps> {
  override shouldComponentUpdate({ place, timeUs, isSelected }: ArrowProps): boolean {
    const { props } = this;
    return props.place !== place || props.timeUs !== timeUs || props.isSelected !== isSelected;
  }

  override render({ place, timeUs, isSelected }: ArrowProps): VNode {
    const { flight, from, to, label } = place;
    const { sentUs, endUs, fate, kind, isAgain } = flight;
    const part = Math.min(1, (timeUs - sentUs) / Math.max(1, endUs - sentUs));
    const [x, y] = [from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part];
    const isGone = timeUs >= endUs && fate !== 'arrives';
    const classes = ['arrow', kind, ...(isGone ? ['gone'] : []), ...(isSelected ? ['selected'] : [])];
    const aside = Math.abs(to.x - from.x) > Math.abs(to.y - from.y) ? { x: 0, y: 4 } : { x: 4, y: 0 };
    const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    return (
      <g class={classes.join(' ')}>
        <line x1={from.x} y1={from.y} x2={x} y2={y} />
        {isAgain && <line x1={from.x + aside.x} y1={from.y + aside.y} x2={x + aside.x} y2={y + aside.y} />}
        {isGone ? (
          <path class="cross" d={`M${x - 5} ${y - 5}l10 10m0 -10l-10 10`} />
        ) : (
          <path class="tip" transform={`translate(${x} ${y}) rotate(${angle})`} d="M-8 -4.5L0 0L-8 4.5" />
        )}
        {label && label.atUs <= timeUs && (
          <text x={label.x} y={label.y}>
            {label.text}
          </text>
        )}
      </g>
    );
  }
}
