/** The connections of one thread: each has its handler, its deadlines, and an end at which no byte is lost. */
import type { Engine, InetAddress, StreamSocket } from '../index.ts';
import { SHUT_RD, SHUT_WR, SocketError } from '../index.ts';
import { channels } from './channels.ts';
import type { ConnectionEvent } from './connection-event.ts';
import type { Watched } from './connection-watch.ts';
import { ConnectionWatch } from './connection-watch.ts';
import type { Counters } from './counters.ts';
import type { Client, Context, Handlers } from './handlers.ts';
import { connectionQueues } from './kernel-queues.ts';
import type { ConnectionSight, ThreadLook } from './look.ts';
import { endpointText } from './look.ts';
import type { ProblemTeller } from './problems.ts';
import { textOf } from './problems.ts';

/** What a thread serves with. */
export interface Serving {
  readonly engine: Engine;
  readonly handlers: Handlers;
  readonly context: Context;
  readonly counters: Counters;
  readonly problems: ProblemTeller;
  /** Told of each connection. */
  readonly onConnection: ((event: ConnectionEvent) => void) | undefined;
}

/** How long handlers whose connections were reset may go on before nobody waits for them any more, in milliseconds. A guess. */
const HANDLERS_MS = 500;

/**
 * How long a client that has sent nothing yet may take to when the service drains, in milliseconds: it has just come, and
 * its request is under way. A guess, of a long round trip.
 */
const FIRST_BYTES_MS = 500;

/** How often a connection that ends while the service drains is asked whether its client has everything, in milliseconds. A guess. */
const ACKNOWLEDGED_MS = 10;

/** The part of a look that is about connections. */
type OpenLook = Pick<ThreadLook, 'open' | 'bytesRead' | 'bytesWritten' | 'connections'>;

const NOTHING = { durationMs: 0, bytesRead: 0, bytesWritten: 0, cut: undefined, error: undefined };

/** Serves TCP clients. */
export class TcpService {
  readonly #serving: Serving;
  readonly #watch: ConnectionWatch;
  #drains = false;
  /** What calls off the end of the input of those that have just come. */
  readonly #newcomers = new Map<StreamSocket, () => void>();
  #onEmpty: (() => void) | undefined;
  #emptied: Promise<void> | undefined;

  constructor(serving: Serving) {
    this.#serving = serving;
    this.#watch = new ConnectionWatch(
      serving.engine,
      serving.context.limits,
      (watched) => void this.#close(watched, undefined),
    );
  }

  /** How many connections are open. */
  get size(): number {
    return this.#watch.size;
  }

  /**
   * Talks to one client; calls `onClosed` once when its connection is closed. Callbacks and no async function, for each
   * of those keeps a third of a kilobyte while its connection is idle, and there may be thousands.
   */
  serve(connection: StreamSocket, client: Client, onClosed: () => void): void {
    const watched = this.#watch.add(connection, client, onClosed);
    channels.opened(client);
    this.#serving.onConnection?.({ event: 'open', client, ...NOTHING });
    if (this.#drains) this.#endInput(connection);
    this.#talk(watched).then(
      () => this.#seeOff(watched),
      (error) => this.#close(watched, error),
    );
  }

  /** What is open now: the oldest `connectionsMax` one by one. */
  look(connectionsMax: number): OpenLook {
    const now = this.#serving.engine.now();
    const connections: ConnectionSight[] = [];
    let [bytesRead, bytesWritten] = [0, 0];
    for (const watched of this.#watch) {
      bytesRead += watched.connection.bytesRead;
      bytesWritten += watched.connection.bytesWritten;
      if (connections.length < connectionsMax) connections.push(sightOf(watched, now));
    }
    return { open: this.#watch.size, bytesRead, bytesWritten, connections };
  }

  /** Runs the handler: what it throws is a rejection too. */
  #talk({ connection, client }: Watched): Promise<void> {
    const { handlers, context } = this.#serving;
    try {
      return Promise.resolve(handlers.tcp?.(connection, client, context));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Ends the input of every connection: what has arrived is served, and then the stream ends. */
  drain(): void {
    this.#drains = true;
    for (const { connection } of this.#watch) this.#endInput(connection);
  }

  #endInput(connection: StreamSocket): void {
    if (connection.bytesRead > 0) endInput(connection);
    else
      this.#newcomers.set(
        connection,
        this.#serving.engine.after(FIRST_BYTES_MS, () => endInput(connection)),
      );
  }

  /** Resets what is open. */
  async cut(): Promise<void> {
    await Promise.all([...this.#watch].map((watched) => this.#watch.cut(watched, 'cutDrain')));
    const callOff = this.#serving.engine.after(HANDLERS_MS, () => this.#onEmpty?.());
    void this.empty().then(callOff);
  }

  /** Resolves when no connection is open; once they are cut it does not wait for handlers that go on regardless. */
  empty(): Promise<void> {
    this.#emptied ??= new Promise((resolve) => {
      if (this.#watch.size === 0) resolve();
      else this.#onEmpty = resolve;
    });
    return this.#emptied;
  }

  /**
   * Sends the rest and waits for the client's end: a connection that is closed with unread input is reset, and the reset
   * destroys what the client has not read yet.
   */
  async #seeOff(watched: Watched): Promise<void> {
    const { connection } = watched;
    let failure: unknown;
    this.#watch.done(watched);
    try {
      if (!connection.closed) await this.#linger(connection);
    } catch (error) {
      // the client has gone, or stays and says nothing: there is nobody to see off
      if (!(error instanceof SocketError)) failure = error;
    }
    await this.#close(watched, failure);
  }

  async #linger(connection: StreamSocket): Promise<void> {
    const { lingerMs } = this.#serving.context.limits;
    if (!this.#drains) {
      connection.shutdown(SHUT_WR);
      if (lingerMs === 0) return;
      while ((await connection.recv(undefined, { timeoutMs: lingerMs })).length > 0);
    }
    // a drain has given the input an end, which says nothing of the client's
    if (!this.#drains) return;
    await this.#acknowledged(connection, lingerMs);
    connection.shutdown(SHUT_WR);
  }

  /** Waits until the client has all that was sent, where the system tells: what it sends after both ends resets it. */
  async #acknowledged(connection: StreamSocket, lingerMs: number): Promise<void> {
    const { engine } = this.#serving;
    const until = engine.now() + lingerMs;
    const unsent = () => connection.bytesQueued + (connectionQueues(connection)?.sendQueue ?? 0);
    while (engine.now() < until) {
      if ((await connection.recv()).length > 0) continue; // what is unread resets it too
      if (unsent() === 0) return;
      await new Promise<void>((resolve) => engine.after(ACKNOWLEDGED_MS, resolve));
    }
  }

  /** Closes it, and says what became of it; the first to come here has the word. */
  async #close(watched: Watched, failure: unknown): Promise<void> {
    if (watched.isOver) return;
    watched.isOver = true;
    const { connection, client } = watched;
    const { counters, engine } = this.#serving;
    await connection.close();
    this.#newcomers.get(connection)?.();
    this.#newcomers.delete(connection);
    const { bytesRead, bytesWritten } = connection;
    this.#watch.remove(watched);
    counters.add('closed');
    counters.add('bytesRead', bytesRead);
    counters.add('bytesWritten', bytesWritten);
    this.#account(watched, failure);
    this.#serving.onConnection?.({
      event: 'close',
      client,
      durationMs: engine.now() - watched.openedAt,
      bytesRead,
      bytesWritten,
      cut: watched.cut,
      error: watched.cut || failure === undefined ? undefined : textOf(failure),
    });
    watched.onClosed();
    if (this.#watch.size === 0) this.#onEmpty?.();
  }

  #account({ cut: why, client }: Watched, failure: unknown): void {
    const { counters, problems } = this.#serving;
    if (why) counters.add(why);
    else if (failure !== undefined) {
      counters.add('failures');
      problems.report('tcp', client.address, failure);
    }
    channels.closed(client, why, why ? undefined : failure);
  }
}

function sightOf(watched: Watched, now: number): ConnectionSight {
  const { connection, client, openedAt } = watched;
  const { address, thread, connection: number } = client;
  watched.local ??= endpointText(localOf(watched));
  const queues = connectionQueues(connection);
  return {
    protocol: 'tcp',
    state: queues?.state ?? (connection.closed ? 'UNCONN' : 'ESTAB'),
    receiveQueue: queues?.receiveQueue,
    sendQueue: queues?.sendQueue,
    local: watched.local,
    peer: endpointText(address),
    thread,
    connection: number,
    bytesRead: connection.bytesRead,
    bytesWritten: connection.bytesWritten,
    ageMs: Math.round(now - openedAt),
  };
}

/** The connection's own end, which tells more than the address of a server that serves at all of them. */
function localOf({ connection, client }: Watched): InetAddress {
  try {
    return connection.getsockname() as InetAddress;
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    return client.local; // it has ended
  }
}

function endInput(connection: StreamSocket): void {
  try {
    if (!connection.closed) connection.shutdown(SHUT_RD);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error; // the connection has ended by itself
  }
}
