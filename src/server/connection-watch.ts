/**
 * The deadlines of connections: it looks at all that are open a few times a second, at what they have sent and received,
 * and resets those that are late, or whose handler does not wait for what it sends. A call that waits costs nothing more for it.
 */
import type { Engine, StreamSocket } from '../index.ts';
import { SO_LINGER, SOL_SOCKET, SocketError } from '../index.ts';
import type { CountName } from './counters.ts';
import type { Client } from './handlers.ts';
import type { Limits } from './limits.ts';

/** How often it looks, in milliseconds: a connection is late by so much at most, and ten thousand take about a millisecond. */
const LOOK_MS = 250;
/** How long a connection may take to close after its handler, whatever arrives, in milliseconds (as nginx has it). */
const LINGER_MS_MAX = 30_000;

/** Why a connection was reset. */
export type Cut = Extract<CountName, `cut${string}`>;

/** One open connection. */
export interface Watched {
  readonly connection: StreamSocket;
  readonly client: Client;
  /** Called once when it is closed. */
  readonly onClosed: () => void;
  readonly openedAt: number;
  /** Its own end in words, once somebody has looked. */
  local: string | undefined;
  bytes: number;
  movedAt: number;
  /** When its handler was done. */
  doneAt: number | undefined;
  /** Set when it was reset. */
  cut: Cut | undefined;
  /** Set when nothing more is to come of it but its end. */
  isOver: boolean;
}

/** The open connections of one thread. */
export class ConnectionWatch {
  readonly #engine: Engine;
  readonly #limits: Limits;
  readonly #onCut: (watched: Watched) => void;
  readonly #open = new Set<Watched>();
  #looks = false;
  readonly #look = () => this.#lookOnce();

  /** @param onCut - called when a connection has been reset: its handler may never end. */
  constructor(engine: Engine, limits: Limits, onCut: (watched: Watched) => void) {
    this.#engine = engine;
    this.#limits = limits;
    this.#onCut = onCut;
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): IterableIterator<Watched> {
    return this.#open.values();
  }

  add(connection: StreamSocket, client: Client, onClosed: () => void): Watched {
    const now = this.#engine.now();
    const watched = {
      connection,
      client,
      onClosed,
      openedAt: now,
      local: undefined,
      bytes: 0,
      movedAt: now,
      doneAt: undefined,
      cut: undefined,
      isOver: false,
    };
    this.#open.add(watched);
    this.#lookLater();
    return watched;
  }

  remove(watched: Watched): void {
    this.#open.delete(watched);
  }

  /** Its handler is done: what is left is to see the last bytes off. */
  done(watched: Watched): void {
    watched.doneAt = this.#engine.now();
  }

  /** Resets a connection: what the system keeps for a peer that does not answer is given back at once. */
  async cut(watched: Watched, why: Cut): Promise<void> {
    watched.cut ??= why;
    await reset(watched.connection);
    this.#onCut(watched);
  }

  #lookLater(): void {
    if (this.#looks) return;
    this.#looks = true;
    this.#engine.after(LOOK_MS, this.#look);
  }

  #lookOnce(): void {
    this.#looks = false;
    const now = this.#engine.now();
    for (const watched of this.#open) {
      const late = this.#lateness(watched, now);
      if (late) void this.cut(watched, late);
    }
    if (this.#open.size > 0) this.#lookLater();
  }

  #lateness(watched: Watched, now: number): Cut | undefined {
    const { connection, openedAt, doneAt } = watched;
    if (connection.closed) return undefined;
    const { firstByteMs, idleMs, connectionMs, queuedBytesMax } = this.#limits;
    const { bytesRead, bytesWritten } = connection;
    if (bytesRead + bytesWritten !== watched.bytes) {
      watched.bytes = bytesRead + bytesWritten;
      watched.movedAt = now;
    }
    if (queuedBytesMax > 0 && connection.bytesQueued > queuedBytesMax) return 'cutQueue';
    if (doneAt !== undefined) return now - doneAt > LINGER_MS_MAX ? 'cutIdle' : undefined;
    if (firstByteMs > 0 && bytesRead === 0 && now - openedAt > firstByteMs) return 'cutFirstByte';
    if (idleMs > 0 && now - watched.movedAt > idleMs) return 'cutIdle';
    return connectionMs > 0 && now - openedAt > connectionMs ? 'cutAge' : undefined;
  }
}

/** Closes a connection so that its peer is told by a reset, and nothing of it stays. */
export function reset(connection: StreamSocket): Promise<void> {
  try {
    if (!connection.closed) connection.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
  } catch (error) {
    if (!(error instanceof SocketError)) throw error; // an engine without the option closes as it can
  }
  return connection.close();
}
