/** A running server and its clients as the stage has hosts: of strangers one knows an address and no program. */
import type { SocketRow } from '../../sim/index.ts';
import type { Live, LiveRow } from './live.ts';
import type { SeenHost, SeenProgram } from './view.ts';

/** So many hosts of clients are drawn one by one. */
export const CLIENTS_MAX = 3;

/** The hosts. */
export function hostsOf({ rows, threads, snapshot }: Live): readonly SeenHost[] {
  const open = rows.filter(({ isGone }) => !isGone);
  const connections = open.map(rowOf);
  const server: SeenHost = {
    name: 'server',
    ip: `engine ${snapshot.engine}`,
    isServer: true,
    isUp: snapshot.stats.state !== 'closed',
    programs: threads.map(({ thread, open: count }) => programOf(`thread ${thread}`, `${count} open`)),
    rows: [...snapshot.sockets.map(rowOf), ...connections],
    lit: connections.filter((_, index) => open[index]?.isMoving),
  };
  return [...clientsOf(open), server];
}

function clientsOf(open: readonly LiveRow[]): SeenHost[] {
  const byHost = new Map<string, LiveRow[]>();
  for (const row of open) {
    const host = row.peer.slice(0, row.peer.lastIndexOf(':'));
    const rows = byHost.get(host) ?? [];
    rows.push(row);
    byHost.set(host, rows);
  }
  const most = [...byHost].sort(([, a], [, b]) => b.length - a.length);
  // a last place for all others, where there are more
  const single = most.length > CLIENTS_MAX ? CLIENTS_MAX - 1 : CLIENTS_MAX;
  const others = most.slice(single);
  const clients = most.slice(0, single).map(([host, rows]) => clientOf(host, rows));
  if (others.length === 0) return clients;
  return [
    ...clients,
    clientOf(
      `${others.length} others`,
      others.flatMap(([, rows]) => rows),
    ),
  ];
}

function clientOf(name: string, rows: readonly LiveRow[]): SeenHost {
  const ends = rows.map((row) =>
    rowOf({ ...row, local: row.peer, peer: row.local, receiveQueue: 0, sendQueue: 0 }),
  );
  return {
    name,
    ip: `${rows.length} open`,
    isServer: false,
    isUp: true,
    programs: [],
    rows: ends,
    lit: ends.filter((_, index) => rows[index]?.isMoving),
  };
}

function programOf(name: string, note: string): SeenProgram {
  return { name, title: name, lines: [], marks: [], python: undefined, waits: undefined, note };
}

/** What the system does not say is drawn as nothing. */
function rowOf(
  sight: Pick<LiveRow, 'protocol' | 'state' | 'receiveQueue' | 'sendQueue' | 'local' | 'peer'>,
): SocketRow {
  const { protocol, state, receiveQueue = 0, sendQueue = 0, local, peer } = sight;
  return { protocol, state, receiveQueue, sendQueue, local, peer };
}
