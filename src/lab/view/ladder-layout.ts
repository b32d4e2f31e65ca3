/**
 * Where everything on the ladder of a run stands: rails, arrows, labels that do not cover each other. Numbers only, worked
 * out once for a run; a time only says how much of it is drawn, and which part is in the window. Time runs along, hosts
 * stand across; the last step says which of the two is the width.
 */
import type { Flight } from '../model/flights.ts';
import type { Recording } from '../model/recording.ts';
import { packetText } from './words.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Words extends Point {
  readonly text: string;
}

/** An arrow, from its beginning to where the packet arrives or is lost. */
export interface ArrowPlace {
  /** The first of those that it stands for. */
  readonly flight: Flight;
  readonly flights: readonly Flight[];
  readonly from: Point;
  readonly to: Point;
  /** It is written when the packet has come to it. */
  readonly label: (Words & { readonly atUs: number }) | undefined;
}

/** A stretch of time, across the picture or on a rail. */
export interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
  readonly across: number;
  readonly label: Words | undefined;
}

/** The ladder of a whole run. */
export interface LadderLayout {
  readonly isDown: boolean;
  readonly breadth: number;
  /** Its length, in pixels. */
  readonly length: number;
  /** How far across each rail is, by its host. */
  readonly rails: ReadonlyMap<string, number>;
  readonly arrows: readonly ArrowPlace[];
  readonly states: readonly (Words & { readonly timeUs: number })[];
  /** Waits that were shortened. */
  readonly breaks: readonly Stretch[];
  /** Retransmission timers that run out. */
  readonly timeouts: readonly Stretch[];
  /** How far along a time is. */
  readonly along: (timeUs: number) => number;
  readonly at: (along: number, across: number) => Point;
}

/** Room before the rails begin, for their names. */
const BEFORE: Readonly<Record<'across' | 'down', number>> = { across: 76, down: 44 };
/** Room behind the last packet: the states after it have to be readable. */
const AFTER: Readonly<Record<'across' | 'down', number>> = { across: 110, down: 40 };
/** Pixels to a millisecond of shown time, at least: enough for a label between a packet and its answer. */
const PER_MS = 2.6;
/** The time that is now stands at this part of the window, once there is so much to see. */
const NOW_AT = 0.72;
/** Where a packet is lost: this part of its way. */
const LOST_AT = 0.6;
/** About this many pixels to a letter of a label, and to a line. */
const LETTER = 6.4;
const LINE = 13;
/** The part of the picture that lines of states may take, outside each of the outer rails. */
const OUTSIDE_MAX = 0.27;
/** The longest state takes so much of a line. */
const STATE_WIDTH = 83;
/** A state may stand so much later than it begins, where there is no room before. */
const STATE_SHIFTS = [0, 14, 28];
/** Rails are never closer than this: the server stays below its clients, however low the picture. */
const APART_MIN = 16;
/** So far from an arrow its label begins, and so high its letters are. */
const BESIDE = 6;
const LETTERS_ABOVE = 9;
/** A label that more lines would run through is left out: nobody could read it. */
const LINES_MAX = 1;
/** Where on an arrow its label may stand, the best first. */
const LABEL_PARTS = [0.24, 0.4, 0.58, 0.12, 0.74];
/** Where across the picture the label of a shortened wait may stand, its middle there. */
const BREAK_PARTS = [0.5, 0.36, 0.64, 0.25, 0.75, 0.14, 0.86];

/** Places everything. @param size - the length of the window: a short run takes all of it. */
export function ladderOf(recording: Recording, breadth: number, isDown: boolean, size = 0): LadderLayout {
  const direction = isDown ? 'down' : 'across';
  const { scale, endUs } = recording;
  const room = size - BEFORE[direction] - AFTER[direction];
  const perMs = Math.max(PER_MS, (room * 1000) / Math.max(1, scale.toShown(endUs)));
  const along = (timeUs: number) => BEFORE[direction] + (scale.toShown(timeUs) / 1000) * perMs;
  const at = (a: number, b: number): Point => (isDown ? { x: b, y: a } : { x: a, y: b });
  const frame = { breadth, isDown, along, at };
  const rails = railsOf(recording, frame);
  const site: Site = { ...frame, recording, rails, room: new Room() };
  const states = statesOf(site);
  const timeouts = timeoutsOf(site);
  const length = along(endUs) + AFTER[direction];
  return {
    isDown,
    breadth,
    length,
    rails,
    timeouts,
    states,
    arrows: arrowsOf(site),
    breaks: breaksOf(site),
    along,
    at,
  };
}

/** By how much a window of this length is moved along the ladder at a time. */
export function windowStart({ along, length, isDown }: LadderLayout, timeUs: number, size: number): number {
  const before = startOf(isDown);
  const wanted = along(timeUs) - before - (size - before) * NOW_AT;
  return Math.max(0, Math.min(wanted, length - size));
}

/** Where the rails begin. */
export function startOf(isDown: boolean): number {
  return BEFORE[isDown ? 'down' : 'across'];
}

interface Site {
  readonly recording: Recording;
  readonly breadth: number;
  readonly isDown: boolean;
  readonly along: (timeUs: number) => number;
  readonly at: (along: number, across: number) => Point;
  readonly rails: ReadonlyMap<string, number>;
  readonly room: Room;
}

/** The clients first, the server last; clients are closer to each other than to the server, for arrows need the room. */
function railsOf(
  { hosts, states }: Recording,
  { breadth, isDown, along }: Omit<Site, 'recording' | 'rails' | 'room'>,
): ReadonlyMap<string, number> {
  const names = hosts.map(({ name }) => name).sort((a, b) => Number(a === 'server') - Number(b === 'server'));
  const outside = (name: string | undefined) =>
    Math.min(breadth * OUTSIDE_MAX, roomOf(Math.max(2, linesOf(turnsOf(states, name), along))));
  const first = isDown ? breadth * 0.2 : outside(names[0]);
  const last = isDown ? breadth * 0.8 : Math.max(first + APART_MIN, breadth - outside(names.at(-1)));
  const clients = names.length - 1;
  const share = clients > 1 ? 0.45 / (clients - 1) : 0;
  return new Map(
    names.map((name, index) => [name, first + (last - first) * (index === clients ? 1 : index * share)]),
  );
}

/** What a host's connections become at one instant. */
interface InstantTurns {
  readonly timeUs: number;
  readonly texts: readonly string[];
}

/** By instant, each state once. */
function turnsOf(states: Recording['states'], host: string | undefined): readonly InstantTurns[] {
  const turns = new Map<number, Set<string>>();
  for (const { timeUs, to } of states.filter((state) => state.host === host))
    turns.set(timeUs, (turns.get(timeUs) ?? new Set()).add(to));
  return [...turns].map(([timeUs, texts]) => ({ timeUs, texts: [...texts] }));
}

/** How many lines it takes, so that none covers another. */
function linesOf(turns: readonly InstantTurns[], along: Site['along']): number {
  const near = (one: InstantTurns, other: InstantTurns) =>
    one.timeUs <= other.timeUs && along(other.timeUs) - along(one.timeUs) < STATE_WIDTH;
  return Math.max(
    0,
    ...turns.map((turn) => turns.filter((one) => near(one, turn)).flatMap(({ texts }) => texts).length),
  );
}

function arrowsOf(site: Site): readonly ArrowPlace[] {
  const { recording, along, at, rails } = site;
  const bare = groupsOf(recording.flights).flatMap((flights) => {
    const [flight] = flights;
    const { sentUs, endUs } = flight;
    const [start, end] = [rails.get(flight.from), rails.get(flight.to)];
    if (start === undefined || end === undefined) return [];
    const [a1, a2] = [along(sentUs), along(endUs)];
    const reach = flight.fate === 'lost' ? LOST_AT : 1;
    const [from, to] = [at(a1, start), at(a2, start + (end - start) * reach)];
    return [{ flight, flights, from, to, label: undefined }];
  });
  return bare.map((arrow) => ({ ...arrow, label: labelOf(site, arrow, bare) }));
}

/** Beside its arrow, where it has room: on the side and at the part of it where the fewest lines run through it. */
function labelOf(
  site: Site,
  { flight, flights, from, to }: ArrowPlace,
  arrows: readonly ArrowPlace[],
): ArrowPlace['label'] {
  const { sentUs, endUs } = flight;
  const text = `${packetText(flight)}${flights.length > 1 ? ` ×${flights.length}` : ''}`;
  const width = text.length * LETTER;
  const reach = BESIDE + (site.isDown ? LINE : width);
  const axis = site.isDown ? 'y' : 'x';
  const near = arrows.filter(
    (other) =>
      other.flight !== flight && other.from[axis] < to[axis] + reach && other.to[axis] > from[axis] - reach,
  );
  const edge = site.isDown ? 0 : startOf(false);
  const fall = ((to.y - from.y) / (to.x - from.x)) * BESIDE;
  const side = (aside: number, below: number) =>
    LABEL_PARTS.map((part) => ({
      x: from.x + (to.x - from.x) * part + aside,
      y: from.y + (to.y - from.y) * part + below,
      atUs: sentUs + (endUs - sentUs) * part,
      text,
    }));
  const before = side(-BESIDE - width, belowLine(-fall)).filter(({ x }) => x > edge);
  const spots = [...side(BESIDE, belowLine(fall)), ...before];
  const linesAt = (spot: Point) =>
    near.filter((other) => runsThrough(other, spot, width)).length + (isClear(site, spot, width) ? 0 : 1);
  const best = spots
    .map((spot) => ({ spot, lines: linesAt(spot) }))
    .filter(({ lines }) => lines <= LINES_MAX)
    .sort((a, b) => a.lines - b.lines);
  return site.room.take(
    text,
    best.map(({ spot }) => spot),
  );
}

/** How far below a point of its arrow a label has to stand, beside which the arrow falls by so much, so that it does not run through it. */
function belowLine(fall: number): number {
  return fall > 0 ? Math.min(4, fall - 2) : Math.max(4, fall + 10);
}

/** Whether an arrow runs through words there. */
function runsThrough({ from, to }: ArrowPlace, { x, y }: Point, width: number): boolean {
  const [left, right, top, bottom] = [x - 1, x + width + 1, y - LETTERS_ABOVE, y + 2];
  if (Math.max(from.x, to.x) < left || Math.min(from.x, to.x) > right) return false;
  if (Math.max(from.y, to.y) < top || Math.min(from.y, to.y) > bottom) return false;
  // on which side of the line each corner is
  const sides = [
    [left, top],
    [right, top],
    [left, bottom],
    [right, bottom],
  ].map(([cornerX = 0, cornerY = 0]) =>
    Math.sign((to.x - from.x) * (cornerY - from.y) - (to.y - from.y) * (cornerX - from.x)),
  );
  return new Set(sides).size > 1;
}

/** What is sent at the same time on the same way, and looks the same, is one arrow. */
function groupsOf(flights: readonly Flight[]): readonly (readonly [Flight, ...Flight[]])[] {
  const groups = new Map<string, [Flight, ...Flight[]]>();
  for (const flight of flights) {
    const { from, to, sentUs, endUs, fate, kind } = flight;
    const key = [from, to, sentUs, endUs, fate, kind, packetText(flight)].join(' ');
    const group = groups.get(key);
    if (group) group.push(flight);
    else groups.set(key, [flight]);
  }
  return [...groups.values()];
}

/** The states of connections, on the outer side of the rails, those of one instant in lines under each other. */
function statesOf(site: Site): LadderLayout['states'] {
  return [...site.rails.keys()].flatMap((host) =>
    turnsOf(site.recording.states, host).flatMap((turns) => instantStates(site, host, turns)),
  );
}

function instantStates(
  { isDown, breadth, along, at, rails, room }: Site,
  host: string,
  { timeUs, texts }: InstantTurns,
): LadderLayout['states'] {
  const all = [...rails.values()];
  const across = rails.get(host) ?? 0;
  const isLast = across === Math.max(...all);
  const { x, y } = at(along(timeUs), across);
  const outside = isLast ? breadth - across : across - Math.max(0, ...all.filter((other) => other < across));
  const count = isDown ? texts.length + 1 : linesIn(outside);
  // the last one is true from then on, and the first to have a place; there it is the lowest line
  return texts.toReversed().flatMap((text, index) => {
    const line = isDown || isLast ? Math.max(0, Math.min(count, texts.length) - 1 - index) : index;
    const side = isLast ? x + 7 : x - 7 - text.length * LETTER;
    const spots = STATE_SHIFTS.flatMap((shift) =>
      Array.from({ length: count }, (_, nth) => {
        const lines = ((line + nth) % count) * LINE;
        if (isDown) return { x: side, y: y + 4 + lines + shift };
        return { x: x + 3 + shift, y: isLast ? y + 15 + lines : y - 6 - lines };
      }),
    );
    const spot = room.take(text, spots);
    return spot ? [{ ...spot, text, timeUs }] : [];
  });
}

/** The room outside a rail that so many lines take, and the reverse. */
function roomOf(lines: number): number {
  return lines * LINE + 6;
}
function linesIn(room: number): number {
  return Math.max(1, Math.floor((room - 6) / LINE));
}

/** Whether no rail runs through words there. */
function isClear({ isDown, rails }: Site, { x, y }: Point, width: number): boolean {
  const [from, to] = isDown ? [x - 3, x + width + 3] : [y - LINE, y + 5];
  return [...rails.values()].every((across) => across < from || across > to);
}

function breaksOf(site: Site): readonly Stretch[] {
  const { recording, breadth, along, at, room } = site;
  return recording.scale.breaks.map(({ fromUs, toUs }) => {
    const text = `${waitText(toUs - fromUs)} pass`;
    const middle = (along(fromUs) + along(toUs)) / 2 + 4;
    const width = text.length * LETTER;
    const spots = BREAK_PARTS.map((part) => {
      const label = { ...at(middle, breadth * part), text };
      return { x: label.x - width / 2, y: label.y, label };
    });
    const spot = room.take(
      text,
      spots.filter((place) => isClear(site, place, width)),
    );
    return { fromUs, toUs, across: 0, label: spot?.label };
  });
}

function timeoutsOf(site: Site): readonly Stretch[] {
  const { recording, isDown, along, at, rails, room } = site;
  return recording.timeouts.flatMap(({ host, fromUs, toUs }) => {
    const across = rails.get(host);
    if (across === undefined) return [];
    const { x, y } = at(along(fromUs), across);
    const text = `timer ${waitText(toUs - fromUs)}`;
    const width = text.length * LETTER;
    const isLast = across === Math.max(...rails.values());
    const slope = slopeOf(site, host, fromUs);
    // on the inner side of its rail, behind the arrow of what was sent as it began
    const spots = [0, 1, 2].map((line) => {
      const aside = 20 + line * LINE;
      if (isDown) return { x: isLast ? x - 8 - width : x + 8, y: y + slope * (width + 8) + aside };
      return { x: x + slope * aside + 6, y: isLast ? y - aside + 10 : y + aside - 4 };
    });
    const spot = room.take(text, spots);
    return [{ fromUs, toUs, across, label: spot && { ...spot, text } }];
  });
}

/** How far along the last arrow goes that a host sends at a time, for each pixel across. */
function slopeOf({ recording, along, rails }: Site, host: string, timeUs: number): number {
  const slopes = recording.flights.flatMap(({ from, to, sentUs, endUs, fate }) => {
    if (from !== host || sentUs !== timeUs) return [];
    const across = Math.abs((rails.get(to) ?? 0) - (rails.get(from) ?? 0));
    return [(along(endUs) - along(sentUs)) / (across * (fate === 'lost' ? LOST_AT : 1))];
  });
  return Math.max(0, ...slopes);
}

function waitText(us: number): string {
  return us < 1_000_000 ? `${Math.round(us / 1000)} ms` : `${(us / 1_000_000).toFixed(1)} s`;
}

/** Gives words a place where no others stand. */
class Room {
  readonly #taken: (Point & { readonly right: number })[] = [];

  /** @param spots Where the words may begin, at their base line, the best first. */
  take<Spot extends Point>(text: string, spots: readonly Spot[]): Spot | undefined {
    const width = text.length * LETTER + 6;
    const free = spots.find(({ x, y }) =>
      this.#taken.every((other) => x + width < other.x || x > other.right || Math.abs(y - other.y) >= LINE),
    );
    if (free) this.#taken.push({ x: free.x, y: free.y, right: free.x + width });
    return free;
  }
}
