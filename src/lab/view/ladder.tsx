/** The ladder: a rail for each host, an arrow for each packet, time to the right or, as in textbooks, down. Only what has happened is drawn; what comes is for the class to predict. */
import type { VNode } from 'preact';
import type { Recording } from '../model/recording.ts';
import type { ArrowPlace, LadderFrame, LadderPlaces, Stretch } from './ladder-layout.ts';
import { BEFORE, ladderPlaces } from './ladder-layout.ts';
import { useSize } from './use-size.ts';
import { packetText, timeText } from './words.ts';

/** What the ladder needs. */
export interface LadderProps {
  readonly recording: Recording;
  readonly timeUs: number;
  readonly selected: number | undefined;
  readonly isDown?: boolean;
}

/** The ladder, as large as its panel. */
export function Ladder({ isDown = false, ...props }: LadderProps): VNode {
  const { ref, width, height } = useSize();
  return (
    <div class="drawing" ref={ref}>
      <LadderDrawing {...props} frame={{ width, height, isDown, isWhole: false }} />
    </div>
  );
}

/** What is drawn, and how large. */
export type LadderDrawingProps = Omit<LadderProps, 'isDown'> & { readonly frame: LadderFrame };

/** The ladder as an SVG picture. */
export function LadderDrawing({ recording, timeUs, selected, frame }: LadderDrawingProps): VNode {
  const { width, height, isDown } = frame;
  const places = ladderPlaces(recording, timeUs, frame);
  const before = BEFORE[isDown ? 'down' : 'across'] - 2;
  const id = `ladder-${recording.setup.variant}-${isDown}`;
  return (
    <svg
      class={isDown ? 'ladder-picture down' : 'ladder-picture'}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`Ladder: ${places.arrows.length} packets until ${timeText(timeUs)}`}
    >
      <clipPath id={id}>
        <rect
          {...(isDown ? { x: 0, y: before } : { x: before, y: 0 })}
          width={Math.max(0, isDown ? width : width - before)}
          height={Math.max(0, isDown ? height - before : height)}
        />
      </clipPath>
      <g clip-path={`url(#${id})`}>
        {places.breaks.map((stretch) => (
          <Break key={`${stretch.from.x} ${stretch.from.y}`} {...stretch} />
        ))}
        <line
          class="now"
          x1={places.now[0].x}
          y1={places.now[0].y}
          x2={places.now[1].x}
          y2={places.now[1].y}
        />
        <Rails places={places} />
        {places.timeouts.map(({ from, to, label }) => (
          <g key={`${from.x} ${from.y}`} class="timeout">
            <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
            {label && (
              <text x={label.x} y={label.y}>
                {label.text}
              </text>
            )}
          </g>
        ))}
        {places.arrows.map((place) => (
          <Arrow key={place.flight.index} place={place} isSelected={place.flight.index === selected} />
        ))}
        {places.states.map(({ x, y, text }) => (
          <text key={`${x} ${y}`} class="state" x={x} y={y}>
            {text}
          </text>
        ))}
      </g>
      {places.rails.map(({ name, label }) => (
        <text key={name} class="rail-name" x={label.x} y={label.y}>
          {name}
        </text>
      ))}
    </svg>
  );
}

function Rails({ places }: { readonly places: LadderPlaces }): VNode {
  return (
    <>
      {places.rails.map(({ name, from, to }) => (
        <line key={name} class="rail" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      ))}
    </>
  );
}

function Break({ from, to, label }: Stretch): VNode {
  return (
    <g class="break">
      <rect x={from.x} y={from.y} width={Math.max(0, to.x - from.x)} height={Math.max(0, to.y - from.y)} />
      {label && (
        <text x={label.x} y={label.y + 4}>
          {label.text}
        </text>
      )}
    </g>
  );
}

function Arrow({ place, isSelected }: { readonly place: ArrowPlace; readonly isSelected: boolean }): VNode {
  const { flight, from, to, isGone, label } = place;
  const classes = ['arrow', flight.kind, ...(isGone ? ['gone'] : []), ...(isSelected ? ['selected'] : [])];
  const angle = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
  return (
    <g class={classes.join(' ')}>
      <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
      {flight.isAgain && <line x1={from.x + 4} y1={from.y} x2={to.x + 4} y2={to.y} />}
      {isGone ? (
        <path class="cross" d={`M${to.x - 5} ${to.y - 5}l10 10m0 -10l-10 10`} />
      ) : (
        <path class="tip" transform={`translate(${to.x} ${to.y}) rotate(${angle})`} d="M-8 -4.5L0 0L-8 4.5" />
      )}
      {label && (
        <text x={label.x} y={label.y}>
          {packetText(flight)}
        </text>
      )}
    </g>
  );
}
