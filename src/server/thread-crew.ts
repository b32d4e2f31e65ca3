/**
 * Threads that serve: the connections of a server go to the one that has the fewest. A thread that dies, or gives no
 * sign of life, is replaced, and the others don't notice; so is one that is restarted, when its successor serves. A spare
 * thread that has loaded the handlers already takes the place of the dead: on a busy machine a new one takes three
 * times as long as a client should wait, and more when deaths follow each other.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine, InetAddress, StreamSocket } from '../index.ts';
import type { AccessLists } from './access.ts';
import type { ConnectionEvent } from './connection-event.ts';
import type { Counters } from './counters.ts';
import { Counters as Counts } from './counters.ts';
import type { Crew, ThreadStats } from './crew.ts';
import type { Limits } from './limits.ts';
import type { Looked } from './look.ts';
import type { Problem, ProblemTeller } from './problems.ts';
import { textOf } from './problems.ts';
import type { HandlerSource, ServeOrder } from './protocol.ts';
import type { Lent, Offer, ThreadListener } from './serving-thread.ts';
import { ServingThread } from './serving-thread.ts';
import { SourceTable } from './source-table.ts';
import { SpareThreads } from './spare-threads.ts';
import { Watchdog } from './watchdog.ts';

/** So many deaths of one thread within DEATHS_MS are met at once; then it rests before it starts again. */
const DEATHS_MAX = 10;
const DEATHS_MS = 1000;
/** The first rest in milliseconds; each further one is twice as long, up to REST_MS_MAX. */
const REST_MS = 250;
const REST_MS_MAX = 30_000;
/** How long a look waits for threads that are busy, in milliseconds. A guess. */
const LOOK_MS = 100;
/** How long `close()` waits for threads to end in order before it ends them, in milliseconds. A guess. */
const END_MS = 500;

/** What a crew of threads is made of. */
export interface ThreadCrewParts {
  readonly engine: Engine;
  readonly source: HandlerSource;
  readonly limits: Limits;
  readonly threads: number;
  readonly refusedPorts: readonly number[];
  readonly lists: AccessLists;
  readonly problems: ProblemTeller;
  readonly onProblem: (problem: Problem) => void;
  readonly onConnection: ((event: ConnectionEvent) => void) | undefined;
}

/** What every thread serves. */
type Sockets = Omit<ServeOrder, 'type' | 'thread'>;

/** The place of one thread, which its successors take. */
interface Place {
  readonly thread: number;
  now: ServingThread | undefined;
  /** Those who finish what they have. */
  readonly ending: Set<ServingThread>;
  restarts: number;
  deaths: number;
  /** When the last ones died. */
  recentDeaths: number[];
  restMs: number;
}

export class ThreadCrew implements Crew, ThreadListener {
  readonly #parts: ThreadCrewParts;
  readonly #places: Place[];
  readonly #past = new Counts();
  readonly #sources: SharedArrayBuffer;
  #order: Sockets | undefined;
  readonly #spares: SpareThreads<ServingThread>;
  /** Started to follow one that still serves. */
  readonly #successors = new Set<ServingThread>();
  /** Where the search for the thread with the fewest connections begins: of equals each has its turn. */
  #turn = 0;
  /** Connections that came while no thread served. */
  #waiting: Lent[] = [];
  #watchdog: Watchdog<ServingThread> | undefined;
  /** Why a thread died before all of them served. */
  #failure: Error | undefined;
  #serves = false;
  #ends = false;
  #drained: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;

  constructor(parts: ThreadCrewParts) {
    this.#parts = parts;
    this.#spares = new SpareThreads(parts.limits.spareThreads, () => this.#tryStart());
    this.#sources = SourceTable.memory(parts.limits.sourcesMax);
    this.#places = Array.from({ length: parts.threads }, (_, thread) => ({
      thread,
      now: undefined,
      ending: new Set(),
      restarts: 0,
      deaths: 0,
      recentDeaths: [],
      restMs: REST_MS,
    }));
  }

  get threads(): readonly ThreadStats[] {
    return this.#places.map(({ thread, now, ending, restarts, deaths }) => {
      const all = now ? [now, ...ending] : [...ending];
      const connections = all.reduce((sum, one) => sum + one.connections, 0);
      return { thread, state: stateOf(now, ending.size > 0), connections, restarts, deaths };
    });
  }

  get counters(): readonly Counters[] {
    return [this.#past, ...this.#all().map(({ counters }) => counters)];
  }

  /** Starts the threads, and says what the module offers. Rejects with what the module throws. */
  async load(): Promise<Offer> {
    const threads = this.#places.map((place) => this.#settle(place, this.#start()));
    const offers = await Promise.all(threads.map(({ loaded }) => loaded));
    return offers[0] as Offer;
  }

  /** Gives the threads their sockets; they serve when the promise resolves. */
  async serve(order: Sockets): Promise<void> {
    this.#order = order;
    for (const { now, thread } of this.#places) now?.serve({ ...order, thread });
    await Promise.all(this.#places.map(({ now }) => now?.ready));
    if (this.#failure) throw this.#failure;
    this.#serves = true;
    this.#keepSpares();
    this.#watchdog = new Watchdog(
      this.#parts.limits.stuckMs,
      () => [...this.#all(), ...this.#successors, ...this.#spares],
      (thread, silenceMs) => this.#onStuck(thread, silenceMs),
    );
  }

  take(connection: StreamSocket, address: InetAddress, number: number, onClosed: () => void): void {
    const fd = connection.fileno();
    this.#parts.engine.descriptors?.letGo(fd);
    this.#give({ fd, address, number, onClosed });
  }

  async look(connectionsMax: number): Promise<readonly Looked[]> {
    const threads = this.#all().filter(({ hasServed }) => hasServed);
    const late = new AbortController();
    const share = Math.ceil(connectionsMax / Math.max(1, threads.length));
    const all = Promise.all(threads.map((thread) => thread.look(share)));
    await Promise.race([all, pause(LOOK_MS, undefined, late).catch(() => {})]);
    late.abort();
    return threads.flatMap(({ looked }) => looked ?? []);
  }

  /** Replaces every thread, one after another: the next one goes when its successor serves. */
  async restart(): Promise<void> {
    // the module may be another by now
    const sparesGone = this.#spares.end();
    try {
      for (const place of this.#places) if (place.now?.serves) await this.#succeed(place);
    } finally {
      // threads that start and end would become more with each restart while none serves
      await sparesGone;
      this.#keepSpares();
    }
  }

  async #succeed(place: Place): Promise<void> {
    if (this.#ends) return;
    const successor = this.#start();
    this.#successors.add(successor);
    await this.#makeServe(place, successor);
    this.#successors.delete(successor);
    if (!successor.serves) throw new Error('A new thread ended as soon as it served');
    const before = place.now;
    place.now = successor;
    place.restarts += 1;
    if (!before) return; // it died meanwhile
    place.ending.add(before);
    before.drain();
    this.#cutLater(before);
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async close(): Promise<void> {
    const drained = this.drain();
    for (const thread of this.#all()) thread.cut();
    const late = setTimeout(() => {
      for (const thread of this.#all()) void thread.kill();
    }, END_MS);
    await drained;
    clearTimeout(late);
  }

  onProblem(problem: Problem): void {
    this.#parts.onProblem(problem);
  }

  onConnection(event: ConnectionEvent): void {
    this.#parts.onConnection?.(event);
  }

  onLost({ address, number }: Lent): void {
    const { tcp } = this.#order ?? {};
    const client = { address, local: tcp ?? address, thread: -1, connection: number };
    this.onConnection({
      event: 'close',
      client,
      durationMs: 0,
      bytesRead: 0,
      bytesWritten: 0,
      cut: 'cutThread',
      error: undefined,
    });
  }

  onGone(thread: ServingThread, untaken: readonly Lent[], reason: Error | undefined): void {
    this.#past.absorb(thread.counters);
    this.#spares.forget(thread);
    this.#successors.delete(thread);
    const place = this.#places.find(({ now, ending }) => now === thread || ending.has(thread));
    if (!place) return; // a spare
    place.ending.delete(thread);
    if (place.now === thread) {
      place.now = undefined;
      if (reason) this.#died(place, reason, thread.hasServed);
    }
    for (const lent of untaken) this.#give(lent);
    if (this.#all().length === 0) this.#onEmpty?.();
  }

  async #drain(): Promise<void> {
    this.#ends = true;
    this.#watchdog?.end();
    const sparesGone = this.#spares.end();
    for (const thread of this.#successors) void thread.kill();
    for (const thread of this.#all()) thread.drain();
    if (this.#all().length > 0)
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    await sparesGone;
    for (const { fd, onClosed } of this.#waiting.splice(0)) {
      for (const name of ['closed', 'cutDrain'] as const) this.#past.add(name);
      this.#parts.engine.descriptors?.close(fd);
      onClosed();
    }
  }

  #all(): ServingThread[] {
    return this.#places.flatMap(({ now, ending }) => (now ? [now, ...ending] : [...ending]));
  }

  #give(lent: Lent): void {
    const { length } = this.#places;
    let best: ServingThread | undefined;
    for (let i = 0; i < length; i++) {
      const now = this.#places[(this.#turn + i) % length]?.now;
      if (now?.serves && (!best || now.connections < best.connections)) best = now;
    }
    this.#turn = (this.#turn + 1) % length;
    if (best) best.take(lent);
    else this.#waiting.push(lent);
  }

  #start(): ServingThread {
    const { engine, source, limits, threads, refusedPorts, lists, onConnection } = this.#parts;
    const data = {
      source,
      threads,
      limits,
      refusedPorts,
      lists,
      tellsConnections: onConnection !== undefined,
      sources: this.#sources,
    };
    return new ServingThread(engine, data, this);
  }

  /** None where the system gives no thread: the server goes on with those it has. */
  #tryStart(): ServingThread | undefined {
    try {
      return this.#start();
    } catch (error) {
      const text = `A thread can't be started: ${textOf(error)}`;
      this.#parts.problems.report('thread', undefined, new Error(text));
      return undefined;
    }
  }

  #settle(place: Place, thread: ServingThread): ServingThread {
    place.now = thread;
    return thread;
  }

  #keepSpares(): void {
    if (!this.#ends) this.#spares.keep();
  }

  async #makeServe(place: Place, thread: ServingThread): Promise<void> {
    await thread.loaded;
    if (this.#order) thread.serve({ ...this.#order, thread: place.thread });
    await thread.ready;
    for (const lent of this.#waiting.splice(0)) this.#give(lent);
  }

  /** One that has not come to serve would die again at once: it rests longer each time. */
  #died(place: Place, reason: Error, hasServed: boolean): void {
    place.deaths += 1;
    if (this.#ends) return;
    if (!this.#serves) {
      // before the server serves, the failure is its own: load() and serve() reject
      this.#failure ??= reason;
      return;
    }
    this.#parts.problems.report('thread', undefined, reason);
    this.#spares.mourn();
    const now = performance.now();
    place.recentDeaths = [...place.recentDeaths.filter((at) => now - at < DEATHS_MS), now];
    if (!hasServed || place.recentDeaths.length > DEATHS_MAX) {
      this.#replaceLater(place);
      return;
    }
    place.restMs = REST_MS;
    this.#replace(place);
  }

  #replaceLater(place: Place): void {
    setTimeout(() => this.#replace(place), place.restMs).unref();
    place.restMs = Math.min(place.restMs * 2, REST_MS_MAX);
  }

  #replace(place: Place): void {
    if (this.#ends || place.now) return;
    const successor = this.#spares.take() ?? this.#tryStart();
    if (!successor) {
      this.#replaceLater(place);
      return;
    }
    place.restarts += 1;
    this.#settle(place, successor);
    this.#makeServe(place, successor).then(
      () => this.#keepSpares(),
      () => {}, // if it dies as well, it is met as this death was
    );
  }

  #cutLater(thread: ServingThread): void {
    const { drainMs } = this.#parts.limits;
    const timers = [
      setTimeout(() => thread.cut(), drainMs),
      // one that hears nothing any more
      setTimeout(() => void thread.kill(), drainMs + END_MS),
    ];
    for (const timer of timers) timer.unref();
    void thread.gone.then(() => timers.forEach(clearTimeout));
  }

  #onStuck(thread: ServingThread, silenceMs: number): void {
    const text = `A thread has given no sign of life for ${Math.round(silenceMs / 1000)} s and is ended`;
    this.#parts.problems.report('thread', undefined, new Error(text));
    void thread.kill();
  }
}

function stateOf(now: ServingThread | undefined, isEnding: boolean): ThreadStats['state'] {
  if (!now) return isEnding ? 'ending' : 'resting';
  if (now.ends) return 'ending';
  return now.serves ? 'serving' : 'starting';
}
