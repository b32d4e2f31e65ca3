/** What the tab Live shows is a function of the snapshots that came. */
import { describe, expect, it } from 'vitest';
import type { Live, Snapshot } from '../../src/lab/model/live.ts';
import { GONE_MAX, nextLive, POINTS_MAX, STAYS_MS } from '../../src/lab/model/live.ts';
import { CLIENTS_MAX, hostsOf } from '../../src/lab/model/live-hosts.ts';
import { placesOf } from '../../src/lab/view/stage-layout.ts';
import type { Counts } from '../../src/server/counters.ts';
import { COUNTS } from '../../src/server/counters.ts';
import type { ConnectionSight } from '../../src/server/look.ts';

type Stats = Snapshot['stats'];

const ZERO = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts;

function connection(number: number, changes: Partial<ConnectionSight> = {}): ConnectionSight {
  return {
    protocol: 'tcp',
    state: 'ESTAB',
    receiveQueue: 0,
    sendQueue: 0,
    local: '10.0.0.1:12000',
    peer: `10.0.1.${number % 200}:${40_000 + number}`,
    thread: number % 2,
    connection: number,
    bytesRead: 0,
    bytesWritten: 0,
    ageMs: 60_000,
    ...changes,
  };
}

function snapshot(uptimeMs: number, changes: Partial<Stats> = {}, rest: Partial<Snapshot> = {}): Snapshot {
  const connections = rest.connections ?? [];
  const threads = [0, 1].map((thread) => ({
    thread,
    state: 'serving' as const,
    connections: 0,
    restarts: 0,
    deaths: 0,
  }));
  const stats: Stats = {
    ...ZERO,
    state: 'serving',
    uptimeMs,
    open: connections.length,
    full: false,
    threads,
    tcpWaiting: undefined,
    tcpDropped: undefined,
    udpDropped: undefined,
    ...changes,
  };
  return { engine: 'linux', stats, sockets: [], threads: [], connections, ...rest };
}

function thread(
  number: number,
  changes: Partial<Snapshot['threads'][number]> = {},
): Snapshot['threads'][number] {
  return {
    thread: number,
    open: 0,
    bytesRead: 0,
    bytesWritten: 0,
    datagrams: 0,
    answers: 0,
    silentMs: 0,
    ...changes,
  };
}

/** What there is to see after these. */
function seenAfter(...snapshots: readonly Snapshot[]): Live {
  const [first = snapshot(0), ...rest] = snapshots;
  return rest.reduce<Live>(nextLive, nextLive(undefined, first));
}

function figure(live: Live, name: string): number | undefined {
  return live.figures.find((one) => one.name === name)?.now;
}

describe('a figure', () => {
  it('is a rate between two snapshots, however far apart they are', () => {
    const live = seenAfter(snapshot(1000, { connections: 10 }), snapshot(1500, { connections: 25 }));
    expect(figure(live, 'Accepted')).toBe(30);
  });

  it('is nothing at first, for one snapshot has no rate', () => {
    expect(figure(seenAfter(snapshot(1000, { connections: 10 })), 'Accepted')).toBe(0);
  });

  it('counts the bytes of all threads, and never backwards when a thread has gone', () => {
    const threads = (...bytes: number[]) => ({
      threads: bytes.map((bytesRead, at) => thread(at, { bytesRead })),
    });
    const before = snapshot(0, {}, threads(100, 200));
    expect(figure(seenAfter(before, snapshot(1000, {}, threads(150, 300))), 'Bytes in')).toBe(150);
    expect(figure(seenAfter(before, snapshot(1000, {}, threads(150))), 'Bytes in')).toBe(0);
  });

  it('sums what was dropped by the system and by the server', () => {
    const live = seenAfter(snapshot(0), snapshot(1000, { udpDropped: 5, cutIdle: 2, deniedConnections: 1 }));
    expect(figure(live, 'Drops')).toBe(8);
    expect(live.drops.filter(({ count }) => count > 0)).toEqual([
      { name: 'no room in the UDP queue', count: 5 },
      { name: 'connection from a refused address', count: 1 },
      { name: 'idle for too long', count: 2 },
    ]);
  });

  it(`remembers ${POINTS_MAX} points`, () => {
    const live = seenAfter(
      ...Array.from({ length: POINTS_MAX + 10 }, (_, at) => snapshot(at + 1, { open: at })),
    );
    const [open] = live.figures;
    expect(open?.points).toHaveLength(POINTS_MAX);
    expect([open?.points[0], open?.points.at(-1)]).toEqual([10, POINTS_MAX + 9]);
  });

  it('begins anew with a server that was started again', () => {
    const live = seenAfter(snapshot(9000, { connections: 50 }), snapshot(100, { connections: 1 }));
    expect(figure(live, 'Accepted')).toBe(0);
    expect(live.figures[0]?.points).toHaveLength(1);
  });
});

describe('a row', () => {
  const one = connection(1);

  it('is new for a while, and moves when its bytes do', () => {
    const young = { ...one, ageMs: 10 };
    const still = seenAfter(
      snapshot(0, {}, { connections: [young] }),
      snapshot(200, {}, { connections: [young] }),
    );
    expect(still.rows).toMatchObject([{ isNew: true, isMoving: false, isGone: false }]);
    const grown = { ...one, ageMs: STAYS_MS, bytesRead: 4 };
    expect(nextLive(still, snapshot(400, {}, { connections: [grown] })).rows).toMatchObject([
      { isNew: false, isMoving: true },
    ]);
  });

  it('stays for a while when its connection has ended, and then goes', () => {
    const gone = seenAfter(snapshot(0, {}, { connections: [one] }), snapshot(200));
    expect(gone.rows).toMatchObject([{ state: 'closed', isGone: true, peer: one.peer }]);
    expect(hostsOf(gone).flatMap(({ rows }) => rows)).toEqual([]);
    const later = nextLive(gone, snapshot(200 + STAYS_MS - 1));
    expect(later.rows).toHaveLength(1);
    const gone2 = nextLive(later, snapshot(200 + STAYS_MS));
    expect(gone2.rows).toHaveLength(0);
    expect(gone2.goneAt.size).toBe(0);
  });

  it(`of those that have ended there are ${GONE_MAX} at most`, () => {
    const connections = Array.from({ length: 100 }, (_, at) => connection(at));
    expect(seenAfter(snapshot(0, {}, { connections }), snapshot(200)).rows).toHaveLength(GONE_MAX);
  });

  it('says how many have none', () => {
    const connections = Array.from({ length: 200 }, (_, at) => connection(at));
    expect(seenAfter(snapshot(0, { open: 1000 }, { connections })).leftOut).toBe(800);
    // the two numbers are not of the same moment
    expect(seenAfter(snapshot(0, { open: 199 }, { connections })).leftOut).toBe(0);
  });
});

describe('a thread', () => {
  it('is the sum of itself and of its predecessor that ends', () => {
    const before = snapshot(0, {}, { threads: [thread(0, { bytesRead: 100 }), thread(1)] });
    const threads = [
      thread(0, { open: 3, bytesRead: 300 }),
      thread(0, { open: 4, bytesRead: 50 }),
      thread(1),
    ];
    expect(seenAfter(before, snapshot(1000, {}, { threads })).threads).toMatchObject([
      { thread: 0, open: 7, bytesReadRate: 250, state: 'serving' },
      { thread: 1, open: 0 },
    ]);
  });

  it('that is busy is said to say nothing', () => {
    const threads = [thread(0, { silentMs: 3400 }), thread(1, { silentMs: 90 })];
    const states = seenAfter(snapshot(0, {}, { threads })).threads.map(({ state }) => state);
    expect(states).toEqual(['says nothing for 3 s', 'serving']);
  });
});

describe('the stage', () => {
  const connections = Array.from({ length: 200 }, (_, at) =>
    connection(at, { peer: `10.0.1.${at % 10 === 0 ? (at / 10) % 9 : 99}:${40_000 + at}` }),
  );
  const live = seenAfter(
    snapshot(0, {}, { connections, sockets: [connection(0, { state: 'LISTEN', peer: '*' })] }),
  );

  it('has the clients with the most connections, and the others together', () => {
    const hosts = hostsOf(live);
    expect(hosts).toHaveLength(CLIENTS_MAX + 1);
    expect(hosts.map(({ name }) => name)).toEqual(['10.0.1.99', '10.0.1.0', '8 others', 'server']);
    expect(hosts.slice(0, CLIENTS_MAX).flatMap(({ rows }) => rows)).toHaveLength(200);
  });

  it.each([
    { width: 690, height: 370 },
    { width: 390, height: 400 },
    { width: 612, height: 290 },
  ])('has room for all doors at $width x $height, and none on another', ({ width, height }) => {
    const { hosts } = placesOf(hostsOf(live), width, height, true);
    const server = hosts.find(({ host }) => host.isServer);
    expect((server?.crowd.sockets.length ?? 0) + (server?.sockets.length ?? 0)).toBe(201);
    for (const { crowd, kernel, more, host, sockets } of hosts) {
      expect(crowd.sockets.length + sockets.length + more).toBe(host.rows.length);
      const places = crowd.sockets.map(({ x, y }) => `${x.toFixed(2)} ${y.toFixed(2)}`);
      expect(new Set(places).size).toBe(places.length);
      for (const { x, y } of crowd.sockets) {
        expect(x).toBeGreaterThanOrEqual(kernel.x);
        expect(x).toBeLessThanOrEqual(kernel.x + kernel.width);
        expect(y).toBeLessThanOrEqual(kernel.y + kernel.height);
      }
    }
  });
});
