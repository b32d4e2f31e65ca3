/** Who serves what the server accepts: the handlers of this thread, or threads of their own. */
import type { InetAddress, StreamSocket } from '../index.ts';
import type { Counters } from './counters.ts';
import type { Looked } from './look.ts';

/** One thread, as the statistics show it. */
export interface ThreadStats {
  readonly thread: number;
  /** `starting`, `serving`, `ending` (its connections finish), `resting` (before it is started again). */
  readonly state: 'starting' | 'serving' | 'ending' | 'resting';
  readonly connections: number;
  /** How often it has been replaced, and of those how often because it died. */
  readonly restarts: number;
  readonly deaths: number;
}

/** Those who serve. */
export interface Crew {
  readonly threads: readonly ThreadStats[];
  /** What they have counted, the dead among them. */
  readonly counters: readonly Counters[];
  /** Serves one connection, and calls `onClosed` once when its descriptor is free. */
  take(connection: StreamSocket, address: InetAddress, number: number, onClosed: () => void): void;
  /**
   * What each thread has open, its oldest connections one by one, up to `connectionsMax` of all threads; of a thread that
   * is busy, what it said last.
   */
  look(connectionsMax: number): Promise<readonly Looked[]>;
  /** Takes no more datagrams, answers what it has, ends the input of connections, and resolves when all are closed. */
  drain(): Promise<void>;
  /** Replaces its threads one by one; left out where it has none of its own. */
  restart?(): Promise<void>;
  /** Resets the connections that are left, stops everything, and resolves when nothing of it is left. */
  close(): Promise<void>;
}
