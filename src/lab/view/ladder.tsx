/** The ladder: a rail for each host, time to the right, an arrow for each packet. Only what has happened is drawn; what comes is for the class to predict. */
import type { VNode } from 'preact';
import type { Flight } from '../model/flights.ts';
import type { RecordedHost, Recording } from '../model/recording.ts';
import type { View } from '../model/view.ts';
import { useSize } from './use-size.ts';
import { timeText } from './words.ts';

/** What the ladder needs. */
export interface LadderProps {
  readonly recording: Recording;
  readonly view: View;
  readonly selected: number | undefined;
}

/** Where the rails begin: the names stand before them. */
const LEFT = 76;
/** Pixels to a millisecond of shown time. */
const PER_MS = 2.6;
/** The time that is now stands at this part of the width, once there is so much to see. */
const NOW_AT = 0.72;
/** A label has room when the next one of its way is so far. */
const LABEL_ROOM = 46;

/** Draws the ladder. */
export function Ladder({ recording, view, selected }: LadderProps): VNode {
  const { ref, width, height } = useSize();
  const { scale, hosts } = recording;
  const shownX = (timeUs: number) => (scale.toShown(timeUs) / 1000) * PER_MS;
  const nowX = shownX(view.timeUs);
  const room = width - LEFT - 16;
  const offset = Math.max(0, Math.min(nowX - room * NOW_AT, shownX(recording.endUs) - room));
  const xOf = (timeUs: number) => LEFT + shownX(timeUs) - offset;
  const rails = railsOf(hosts, height);
  const drawn = recording.flights.filter(
    ({ sentUs, endUs }) => sentUs <= view.timeUs && xOf(endUs) > LEFT - 40 && xOf(sentUs) < width + 40,
  );
  return (
    <section class="ladder" aria-label="Ladder">
      <div class="drawing" ref={ref}>
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Ladder: ${drawn.length} packets until ${timeText(view.timeUs)}`}>
          <clipPath id="ladder-room">
            <rect x={LEFT - 2} y="0" width={Math.max(0, width - LEFT)} height={height} />
          </clipPath>
          <g clip-path="url(#ladder-room)">
            <Breaks {...{ recording, view, xOf, height }} />
            <line class="now" x1={xOf(view.timeUs)} x2={xOf(view.timeUs)} y1="4" y2={height - 4} />
            {drawn.map((flight) => (
              <Arrow key={flight.index} {...{ flight, view, xOf, rails }} isSelected={flight.index === selected} isLabelled={hasRoom(drawn, flight, xOf)} />
            ))}
          </g>
          {[...rails].map(([name, y]) => (
            <g key={name}>
              <line class="rail" x1={LEFT} x2={width - 8} y1={y} y2={y} />
              <text class="rail-name" x={LEFT - 8} y={y + 4}>
                {name}
              </text>
            </g>
          ))}
          <g clip-path="url(#ladder-room)">
            <States {...{ recording, view, xOf, rails }} />
          </g>
        </svg>
      </div>
    </section>
  );
}

/** The clients above, the server below. */
function railsOf(hosts: readonly RecordedHost[], height: number): ReadonlyMap<string, number> {
  const names = hosts.map(({ name }) => name).sort((a, b) => Number(a === 'server') - Number(b === 'server'));
  const [top, bottom] = [30, height - 30];
  const last = Math.max(1, names.length - 1);
  // the clients are closer to each other than to the server: arrows need the room
  const share = names.length > 2 ? 0.42 : 1;
  return new Map(
    names.map((name, index) => {
      const part = index === names.length - 1 ? 1 : (index / Math.max(1, last - 1)) * share;
      return [name, top + (bottom - top) * (names.length > 2 ? part : index / last)];
    }),
  );
}

function hasRoom(drawn: readonly Flight[], flight: Flight, xOf: (timeUs: number) => number): boolean {
  const before = drawn.findLast(
    ({ index, from, to }) => index < flight.index && from === flight.from && to === flight.to,
  );
  return !before || xOf(flight.sentUs) - xOf(before.sentUs) > LABEL_ROOM;
}

interface ArrowProps {
  readonly flight: Flight;
  readonly view: View;
  readonly xOf: (timeUs: number) => number;
  readonly rails: ReadonlyMap<string, number>;
  readonly isSelected: boolean;
  readonly isLabelled: boolean;
}

function Arrow({ flight, view, xOf, rails, isSelected, isLabelled }: ArrowProps): VNode | null {
  const [y1, y2] = [rails.get(flight.from), rails.get(flight.to)];
  if (y1 === undefined || y2 === undefined) return null;
  const isOver = view.timeUs >= flight.endUs;
  const isLost = flight.fate === 'lost';
  const [x1, xEnd] = [xOf(flight.sentUs), xOf(flight.endUs)];
  const part = Math.min(1, (view.timeUs - flight.sentUs) / Math.max(1, flight.endUs - flight.sentUs));
  const reach = (isLost ? 0.6 : 1) * part;
  const [x, y] = [x1 + (xEnd - x1) * part, y1 + (y2 - y1) * reach];
  const isGone = isOver && flight.fate !== 'arrives';
  const classes = ['arrow', flight.kind, ...(isGone ? ['gone'] : []), ...(isSelected ? ['selected'] : [])];
  const angle = (Math.atan2(y2 - y1, xEnd - x1) * 180) / Math.PI;
  return (
    <g class={classes.join(' ')}>
      <line x1={x1} y1={y1} x2={x} y2={y} />
      {flight.isAgain && <line x1={x1 + 4} y1={y1} x2={x + 4} y2={y} />}
      {isGone ? (
        <path class="cross" d={`M${x - 5} ${y - 5}l10 10m0 -10l-10 10`} />
      ) : (
        <path class="tip" transform={`translate(${x} ${y}) rotate(${angle})`} d="M-8 -4.5L0 0L-8 4.5" />
      )}
      {isLabelled && (
        <text x={x1 + 6 + (xEnd - x1) * 0.22} y={y1 + (y2 - y1) * 0.22 + (y2 > y1 ? 2 : 6)}>
          {flight.title}
          {flight.isAgain ? ' again' : ''}
        </text>
      )}
    </g>
  );
}

interface MarksProps {
  readonly recording: Recording;
  readonly view: View;
  readonly xOf: (timeUs: number) => number;
}

/** Waits that were shortened. */
function Breaks({ recording, view, xOf, height }: MarksProps & { readonly height: number }): readonly VNode[] {
  return recording.scale.breaks
    .filter(({ fromUs }) => fromUs < view.timeUs)
    .map(({ fromUs, toUs }) => {
      const [x1, x2] = [xOf(fromUs), xOf(Math.min(toUs, view.timeUs))];
      return (
        <g key={fromUs} class="break">
          <rect x={x1} y="0" width={Math.max(0, x2 - x1)} height={height} />
          {toUs <= view.timeUs && (
            <text x={(x1 + x2) / 2} y={height / 2 + 4}>
              {timeText(toUs - fromUs)}
            </text>
          )}
        </g>
      );
    });
}

/** The states of connections, at the rails, where they do not cover each other. */
function States({
  recording,
  view,
  xOf,
  rails,
}: MarksProps & { readonly rails: ReadonlyMap<string, number> }): readonly VNode[] {
  const ends = new Map<string, number>();
  return recording.states.flatMap(({ timeUs, host, to }) => {
    if (timeUs > view.timeUs) return [];
    const y = rails.get(host);
    const x = xOf(timeUs);
    if (y === undefined || x < LEFT - 80 || x < (ends.get(host) ?? Number.NEGATIVE_INFINITY)) return [];
    ends.set(host, x + to.length * 6.2 + 14);
    const isBottom = y === Math.max(...rails.values());
    return [
      <text key={`${host} ${timeUs} ${to}`} class="state" x={x + 3} y={isBottom ? y + 15 : y - 6}>
        {to}
      </text>,
    ];
  });
}
