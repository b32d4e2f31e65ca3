/** Where everything on the ladder stands: rails, arrows, labels that do not cover each other. Numbers only. Time runs along, hosts stand across; only the last step says which of the two is the width. */
import type { Flight } from '../model/flights.ts';
import type { RecordedHost, Recording } from '../model/recording.ts';
import { packetText } from './words.ts';

/** The picture to fill. */
export interface LadderFrame {
  readonly width: number;
  readonly height: number;
  /** Whether time runs down, as in textbooks. */
  readonly isDown: boolean;
  /** Whether all of the run is drawn, and not only what fits around the time that is now. */
  readonly isWhole: boolean;
}

/** A point of the picture. */
interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rail. */
interface RailPlace {
  readonly name: string;
  readonly from: Point;
  readonly to: Point;
  readonly label: Point;
}

/** An arrow as far as it has come. */
export interface ArrowPlace {
  readonly flight: Flight;
  readonly from: Point;
  readonly to: Point;
  readonly isGone: boolean;
  /** Where its label stands; `undefined` where there is no room. */
  readonly label: Point | undefined;
}

/** Words at a place. */
interface Words extends Point {
  readonly text: string;
}

/** A stretch of time, across the whole picture or on a rail. */
export interface Stretch {
  readonly from: Point;
  readonly to: Point;
  readonly label: Words | undefined;
}

/** The ladder. */
export interface LadderPlaces {
  readonly rails: readonly RailPlace[];
  readonly arrows: readonly ArrowPlace[];
  readonly states: readonly Words[];
  /** Waits that were shortened. */
  readonly breaks: readonly Stretch[];
  /** Retransmission timers that run out. */
  readonly timeouts: readonly Stretch[];
  readonly now: readonly [Point, Point];
}

/** Room before the beginning of the rails, for their names. */
export const BEFORE: Readonly<Record<'across' | 'down', number>> = { across: 76, down: 30 };
const AFTER = 16;
/** Pixels to a millisecond of shown time: enough for a label between a packet and its answer. */
const PER_MS = 2.6;
/** The time that is now stands at this part of the length, once there is so much to see. */
const NOW_AT = 0.72;
/** Where a packet is lost: this part of its way. */
const LOST_AT = 0.6;
/** About this many pixels to a letter of a label, and to a line. */
const LETTER = 6.4;
const LINE = 13;
/** Where on an arrow its label may stand, the best first. */
const LABEL_PARTS = [0.24, 0.4, 0.58, 0.12, 0.74];

/** How long the whole ladder of a run is, in pixels. */
export function ladderLength(recording: Recording, isDown: boolean): number {
  const shown = recording.scale.toShown(recording.endUs) / 1000;
  // the state after the last packet has to be readable
  return BEFORE[isDown ? 'down' : 'across'] + shown * PER_MS + (isDown ? 40 : 110);
}

/** Places everything. */
export function ladderPlaces(recording: Recording, timeUs: number, frame: LadderFrame): LadderPlaces {
  const { isDown, isWhole, width, height } = frame;
  const [length, breadth] = isDown ? [height, width] : [width, height];
  const before = BEFORE[isDown ? 'down' : 'across'];
  const shown = (time: number) => (recording.scale.toShown(time) / 1000) * PER_MS;
  const room = length - before - AFTER;
  const offset = isWhole
    ? 0
    : Math.max(0, Math.min(shown(timeUs) - room * NOW_AT, shown(recording.endUs) - room));
  const along = (time: number) => before + shown(time) - offset;
  const at = (a: number, b: number): Point => (isDown ? { x: b, y: a } : { x: a, y: b });
  const rails = railsOf(recording.hosts, breadth, isDown);
  const words = new Room();
  const plan: Plan = { recording, timeUs, isDown, before, length, along, at, rails, words };
  const end = Math.max(along(timeUs), length - 8);
  const places = [...rails].map(([name, across]) => ({
    name,
    from: at(before, across),
    to: at(end, across),
    label: isDown ? { x: across, y: before - 10 } : { x: before - 8, y: across + 4 },
  }));
  const timeouts = timeoutsOf(plan);
  const states = statesOf(plan);
  return {
    rails: places,
    states,
    timeouts,
    arrows: arrowsOf(plan),
    breaks: breaksOf(plan, breadth),
    now: [at(along(timeUs), isDown ? before : 4), at(along(timeUs), breadth - 4)],
  };
}

interface Plan {
  readonly recording: Recording;
  readonly timeUs: number;
  readonly isDown: boolean;
  readonly before: number;
  readonly length: number;
  readonly along: (timeUs: number) => number;
  readonly at: (along: number, across: number) => Point;
  readonly rails: ReadonlyMap<string, number>;
  readonly words: Room;
}

/** The clients first, the server last; clients are closer to each other than to the server, for arrows need the room. */
function railsOf(
  hosts: readonly RecordedHost[],
  breadth: number,
  isDown: boolean,
): ReadonlyMap<string, number> {
  const names = hosts.map(({ name }) => name).sort((a, b) => Number(a === 'server') - Number(b === 'server'));
  const [first, last] = isDown ? [breadth * 0.2, breadth * 0.8] : [30, breadth - 30];
  const clients = Math.max(1, names.length - 1);
  const share = clients > 1 ? 0.45 : 0;
  return new Map(
    names.map((name, index) => {
      const part = name === 'server' || index === clients ? 1 : (index / Math.max(1, clients - 1)) * share;
      return [name, first + (last - first) * part];
    }),
  );
}

function arrowsOf({
  recording,
  timeUs,
  before,
  length,
  along,
  at,
  rails,
  words,
}: Plan): readonly ArrowPlace[] {
  return recording.flights.flatMap((flight) => {
    const [start, end] = [rails.get(flight.from), rails.get(flight.to)];
    if (start === undefined || end === undefined || flight.sentUs > timeUs) return [];
    const [a1, a2] = [along(flight.sentUs), along(flight.endUs)];
    if (a2 < 0 || a1 > length + 40) return [];
    const part = Math.min(1, (timeUs - flight.sentUs) / Math.max(1, flight.endUs - flight.sentUs));
    const reach = flight.fate === 'lost' ? LOST_AT : 1;
    const place = (share: number) => at(a1 + (a2 - a1) * share, start + (end - start) * share * reach);
    const spots = LABEL_PARTS.filter((share) => a1 + (a2 - a1) * share > before).map((share) => {
      const { x, y } = place(share);
      return { x: x + 6, y: y + 4, share };
    });
    const label = words.take(packetText(flight), spots);
    return [
      {
        flight,
        from: place(0),
        to: place(part),
        isGone: timeUs >= flight.endUs && flight.fate !== 'arrives',
        // it is there when the arrow has come so far
        label: label && label.share <= part ? label : undefined,
      },
    ];
  });
}

/** The states of connections, at the rails. */
function statesOf({ recording, timeUs, isDown, before, along, at, rails, words }: Plan): readonly Words[] {
  const last = Math.max(...rails.values());
  return recording.states.flatMap(({ timeUs: time, host, to: text }) => {
    const across = rails.get(host);
    if (time > timeUs || across === undefined || along(time) < before) return [];
    const { x, y } = at(along(time), across);
    const isLast = across === last;
    const side = isLast ? x + 7 : x - 7 - text.length * LETTER;
    const spot = isDown ? { x: side, y: y + 4 } : { x: x + 3, y: isLast ? y + 15 : y - 6 };
    const place = words.take(text, [spot]);
    return place ? [{ ...place, text }] : [];
  });
}

function breaksOf(
  { recording, timeUs, isDown, before, along, at }: Plan,
  breadth: number,
): readonly Stretch[] {
  return recording.scale.breaks
    .filter(({ fromUs, toUs }) => fromUs < timeUs && along(toUs) > before)
    .map(({ fromUs, toUs }) => {
      const [from, to] = [along(fromUs), along(Math.min(toUs, timeUs))];
      const text = toUs <= timeUs ? `${secondsText(toUs - fromUs)} pass` : '';
      const middle = at((from + to) / 2, isDown ? breadth - 40 : breadth / 2);
      return {
        from: at(from, isDown ? 0 : 2),
        to: at(to, breadth - 2),
        label: text ? { ...middle, text } : undefined,
      };
    });
}

function timeoutsOf({ recording, timeUs, before, along, at, rails, words }: Plan): readonly Stretch[] {
  return recording.timeouts.flatMap(({ host, fromUs, toUs }) => {
    const across = rails.get(host);
    if (across === undefined || fromUs > timeUs || along(toUs) < before) return [];
    const [from, to] = [at(along(fromUs), across), at(along(Math.min(toUs, timeUs)), across)];
    const text = `timer ${secondsText(toUs - fromUs)}`;
    const spot = words.take(text, [
      { x: from.x + 8, y: from.y + 16 },
      { x: from.x + 40, y: from.y + 16 },
    ]);
    return [{ from, to, label: spot && { ...spot, text } }];
  });
}

function secondsText(us: number): string {
  return us < 1_000_000 ? `${Math.round(us / 1000)} ms` : `${(us / 1_000_000).toFixed(1)} s`;
}

/** Gives words a place where no others stand. */
class Room {
  readonly #taken: {
    readonly x: number;
    readonly y: number;
    readonly right: number;
    readonly top: number;
  }[] = [];

  /** @param spots Where the words may begin, at their base line, the best first. */
  take<Spot extends Point>(text: string, spots: readonly Spot[]): Spot | undefined {
    const width = text.length * LETTER + 6;
    const free = spots.find(({ x, y }) =>
      this.#taken.every(
        (other) => x + width < other.x || x > other.right || y < other.top || y - LINE > other.y,
      ),
    );
    if (free) this.#taken.push({ x: free.x, y: free.y, right: free.x + width, top: free.y - LINE });
    return free;
  }
}
