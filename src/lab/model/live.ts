/** What the tab Live shows of a running server: a pure function of the snapshots so far. */
import type { CountName } from '../../server/counters.ts';
import type { ConnectionSight, SocketSight } from '../../server/look.ts';
import type { Snapshot } from '../../server/server.ts';

export type { Snapshot };

/** Points of a sparkline: at four a second, a minute. */
export const POINTS_MAX = 240;
/** A connection counts as new, and one that has ended stays in the table, for so long; milliseconds. */
export const STAYS_MS = 1000;
/** So many that have ended stay at most. */
export const GONE_MAX = 20;

/** A figure that has a sparkline. */
export interface Figure {
  readonly name: string;
  /** `B/s`, `/s`, or nothing. */
  readonly unit: string;
  readonly now: number;
  /** Until now, the oldest first. */
  readonly points: readonly number[];
}

/** Something that was dropped, refused or cut, and how often. */
interface Drop {
  readonly name: string;
  readonly count: number;
}

/** A socket in the form of `ss`. */
export type LiveSocket = SocketSight;

/** The row of a connection. */
export interface LiveRow extends ConnectionSight {
  readonly key: string;
  readonly isNew: boolean;
  readonly isGone: boolean;
  /** Whether bytes have moved since the last snapshot. */
  readonly isMoving: boolean;
}

/** A thread. */
interface LiveThread {
  readonly thread: number;
  /** As the server has it, or `says nothing for 2 s`. */
  readonly state: string;
  readonly open: number;
  readonly bytesReadRate: number;
  readonly bytesWrittenRate: number;
  readonly datagrams: number;
  readonly restarts: number;
  readonly deaths: number;
}

/** What there is to see. */
export interface Live {
  readonly snapshot: Snapshot;
  readonly figures: readonly Figure[];
  readonly drops: readonly Drop[];
  readonly rows: readonly LiveRow[];
  readonly threads: readonly LiveThread[];
  /** Open connections that are not among the rows. */
  readonly leftOut: number;
  /** When each of those that have ended was missed, by the server's clock. */
  readonly goneAt: ReadonlyMap<string, number>;
}

/** What is dropped, refused or cut, and its name in the page. */
const DROPS: readonly (readonly [name: string, count: (stats: Snapshot['stats']) => number | undefined])[] = [
  ['no room in the UDP queue', ({ udpDropped }) => udpDropped],
  ['no room in the accept queue', ({ tcpDropped }) => tcpDropped],
  ['datagram in a loop', ({ loops }) => loops],
  ['too many answers to one source', ({ limited }) => limited],
  ['datagram too long', ({ longDatagrams }) => longDatagrams],
  ['datagram from a refused address', ({ deniedDatagrams }) => deniedDatagrams],
  ['connection from a refused address', ({ deniedConnections }) => deniedConnections],
  ['too many connections of one client', ({ crowdedConnections }) => crowdedConnections],
  ['no descriptor left', ({ shedConnections }) => shedConnections],
  ['no first byte in time', ({ cutFirstByte }) => cutFirstByte],
  ['idle for too long', ({ cutIdle }) => cutIdle],
  ['open for too long', ({ cutAge }) => cutAge],
  ['not done when the server ended', ({ cutDrain }) => cutDrain],
  ['ended with their thread', ({ cutThread }) => cutThread],
];

/** The figures that are the growth of something. */
const RATES: readonly (readonly [name: string, unit: string, total: (snapshot: Snapshot) => number])[] = [
  ['Bytes in', 'B/s', ({ threads }) => sum(threads, 'bytesRead')],
  ['Bytes out', 'B/s', ({ threads }) => sum(threads, 'bytesWritten')],
  ['Accepted', '/s', count('connections')],
  ['Closed', '/s', count('closed')],
  ['Datagrams', '/s', count('datagrams')],
  ['Answered', '/s', count('answers')],
  ['Drops', '/s', ({ stats }) => dropsOf(stats).reduce((all, { count }) => all + count, 0)],
  ['Failures', '/s', count('failures')],
];

/** What there is to see after one more snapshot. */
export function nextLive(before: Live | undefined, snapshot: Snapshot): Live {
  const { uptimeMs } = snapshot.stats;
  // a server that was started again begins a new story
  const known = before && before.snapshot.stats.uptimeMs < uptimeMs ? before : undefined;
  const seconds = known ? (uptimeMs - known.snapshot.stats.uptimeMs) / 1000 : 0;
  const { rows, goneAt } = rowsOf(known, snapshot);
  const rateOf = (now: number, then: number) => (seconds > 0 ? Math.max(0, now - then) / seconds : 0);
  return {
    snapshot,
    figures: figuresOf(known, snapshot, rateOf),
    drops: dropsOf(snapshot.stats),
    rows,
    threads: threadsOf(known?.snapshot, snapshot, rateOf),
    leftOut: Math.max(0, snapshot.stats.open - snapshot.connections.length),
    goneAt,
  };
}

type RateOf = (now: number, then: number) => number;

function figuresOf(known: Live | undefined, snapshot: Snapshot, rateOf: RateOf): Figure[] {
  const rates = RATES.map(([name, unit, total]) => ({
    name,
    unit,
    now: known ? rateOf(total(snapshot), total(known.snapshot)) : 0,
  }));
  const all = [{ name: 'Connections', unit: '', now: snapshot.stats.open }, ...rates];
  return all.map((figure, index) => {
    const points = known?.figures[index]?.points ?? [];
    return { ...figure, points: [...points, figure.now].slice(-POINTS_MAX) };
  });
}

function rowsOf(known: Live | undefined, snapshot: Snapshot): Pick<Live, 'rows' | 'goneAt'> {
  const { uptimeMs } = snapshot.stats;
  const before = new Map(known?.rows.map((row) => [row.key, row]));
  const open = snapshot.connections.map((connection): LiveRow => {
    const key = keyOf(connection);
    const { bytesRead, bytesWritten } = before.get(key) ?? { bytesRead: 0, bytesWritten: 0 };
    return {
      ...connection,
      key,
      isNew: connection.ageMs < STAYS_MS,
      isGone: false,
      isMoving: connection.bytesRead !== bytesRead || connection.bytesWritten !== bytesWritten,
    };
  });
  for (const { key } of open) before.delete(key);
  const goneAt = new Map<string, number>();
  const gone: LiveRow[] = [];
  for (const row of before.values()) {
    const at = known?.goneAt.get(row.key) ?? uptimeMs;
    if (uptimeMs - at >= STAYS_MS || gone.length === GONE_MAX) continue;
    goneAt.set(row.key, at);
    gone.push({ ...row, state: 'closed', isNew: false, isGone: true, isMoving: false });
  }
  return { rows: [...open, ...gone], goneAt };
}

function keyOf({ thread, connection, peer }: ConnectionSight): string {
  return `${thread} ${connection} ${peer}`;
}

function threadsOf(known: Snapshot | undefined, { stats, threads }: Snapshot, rateOf: RateOf): LiveThread[] {
  return stats.threads.map(({ thread, state, restarts, deaths }) => {
    // one that ends and its successor have the same number
    const here = threads.filter((one) => one.thread === thread);
    const then = known?.threads.filter((one) => one.thread === thread) ?? [];
    const silentMs = Math.max(0, ...here.map((one) => one.silentMs));
    const rate = (name: 'bytesRead' | 'bytesWritten') =>
      then.length > 0 ? rateOf(sum(here, name), sum(then, name)) : 0;
    return {
      thread,
      state: silentMs >= STAYS_MS ? `says nothing for ${Math.floor(silentMs / 1000)} s` : state,
      open: sum(here, 'open'),
      bytesReadRate: rate('bytesRead'),
      bytesWrittenRate: rate('bytesWritten'),
      datagrams: sum(here, 'datagrams'),
      restarts,
      deaths,
    };
  });
}

function dropsOf(stats: Snapshot['stats']): Drop[] {
  return DROPS.map(([name, of]) => ({ name, count: of(stats) ?? 0 }));
}

function count(name: CountName): (snapshot: Snapshot) => number {
  return ({ stats }) => stats[name];
}

function sum<Name extends string>(all: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return all.reduce((total, one) => total + one[name], 0);
}
