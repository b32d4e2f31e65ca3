/** Looks at the sockets of every host whenever something has happened there. */
import type { SimNet, SocketRow } from '../../sim/index.ts';
import type { Table } from './recording.ts';

/** A host with more sockets than this is looked at only when a row changes its state or queues: a picture has no room for more. */
const CLOSE_LOOK_MAX = 40;

/** Keeps the tables of one run. */
export class TableRecorder {
  readonly #tables = new Map<string, Table[]>();
  #seen = 0;

  /** What was kept, by host, in the order of time. */
  get tables(): ReadonlyMap<string, readonly Table[]> {
    return this.#tables;
  }

  /** Looks at the hosts that have something new in the trace. */
  watch(sim: SimNet): void {
    const { traceEvents: events } = sim;
    // the oldest events of a long run are forgotten
    if (events.length < this.#seen) this.#seen = 0;
    const names = new Set<string>();
    for (; this.#seen < events.length; this.#seen++) {
      const { host } = events[this.#seen] ?? { host: '' };
      names.add(host);
    }
    for (const host of sim.hosts)
      if (names.has(host.name)) this.#look(sim, host.name, sim.sockets(host).rows);
  }

  #look(sim: SimNet, host: string, rows: readonly SocketRow[]): void {
    const tables = this.#tables.get(host) ?? [];
    this.#tables.set(host, tables);
    const last = tables.at(-1);
    const known = new Map(last?.rows.map((row) => [keyOf(row), row]));
    const isClose = rows.length <= CLOSE_LOOK_MAX;
    const next = rows.map((row) => {
      const before = known.get(keyOf(row));
      return before && !isClose && looksSame(before, row) ? before : row;
    });
    const timeUs = Math.round(sim.now * 1000);
    const isSame = last && last.rows.length === next.length && next.every((row, at) => row === last.rows[at]);
    if (isSame) return;
    if (last?.timeUs === timeUs) tables.pop();
    tables.push({ timeUs, rows: next });
  }
}

function keyOf({ protocol, socket, local, peer }: SocketRow): string {
  return `${protocol}${socket ?? ''} ${local} ${peer}`;
}

function looksSame(a: SocketRow, b: SocketRow): boolean {
  return a.state === b.state && a.receiveQueue === b.receiveQueue && a.sendQueue === b.sendQueue;
}

/** The sockets at a time. */
export function rowsAt(tables: readonly Table[] | undefined, timeUs: number): readonly SocketRow[] {
  let [low, high] = [0, tables?.length ?? 0];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tables?.[middle]?.timeUs ?? 0) <= timeUs) low = middle + 1;
    else high = middle;
  }
  return tables?.[low - 1]?.rows ?? [];
}
