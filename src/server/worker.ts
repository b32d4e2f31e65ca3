/** The program of a serving thread: it gets descriptors from the main thread, serves them, and says when it is done. */
import { parentPort, workerData } from 'node:worker_threads';
import type { DatagramSocket, InetAddress } from '../index.ts';
import { defaultEngine, fromfd, SOCK_DGRAM, SOCK_STREAM } from '../index.ts';
import { Acceptor } from './acceptor.ts';
import { accessTest } from './access.ts';
import { Counters } from './counters.ts';
import type { InetFamily } from './doors.ts';
import { openDoors } from './doors.ts';
import type { Handlers } from './handlers.ts';
import { shareOf } from './limits.ts';
import { loadHandlers } from './load-handlers.ts';
import { LocalCrew } from './local-crew.ts';
import { ProblemTeller } from './problems.ts';
import type { FromThread, Handed, ServeOrder, ThreadData, ToThread } from './protocol.ts';
import { BEATS } from './protocol.ts';

/** A thread gives ten signs of life in the time after which it is taken for dead, one every BEAT_MS_MAX at least: each wakes it. */
const BEATS_IN_TIME = 10;
const BEAT_MS_MAX = 500;

const data = workerData as ThreadData;
const engine = defaultEngine();
const tell = (message: FromThread) => parentPort?.postMessage(message);

const counters = new Counters(data.counters);
const problems = new ProblemTeller((problem) => tell({ type: 'problem', problem }));

/** Tells which connections are over, once a turn of the event loop however many there are. */
class ClosedTeller {
  #numbers: number[] = [];

  add(number: number): void {
    if (this.#numbers.length === 0) setImmediate(() => this.flush());
    this.#numbers.push(number);
  }

  flush(): void {
    if (this.#numbers.length > 0) tell({ type: 'closed', numbers: this.#numbers });
    this.#numbers = [];
  }
}

const over = new ClosedTeller();
const nothing = () => {};

/** Milliseconds of a clock that is the same in all threads, which `performance.now()` is not. */
function commonNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** What serves in this thread. */
interface Serving {
  readonly crew: LocalCrew;
  /** Accepts for it, where the main thread can't. */
  readonly acceptor: Acceptor | undefined;
}

async function start(handlers: Handlers, order: ServeOrder): Promise<Serving> {
  const { thread, family, tcp, udp, own } = order;
  // the descriptor is every thread's: this one lets go of it, and the main thread closes it
  if (udp !== undefined)
    return {
      crew: await crewOf(handlers, thread, tcp, [
        fromfd(udp, family, SOCK_DGRAM, { engine, close: () => {} }),
      ]),
      acceptor: undefined,
    };
  const doors = own && (await openDoors(engine, data.limits, own, { udp: true, tcp: true }));
  const crew = await crewOf(handlers, thread, tcp, doors?.udp ? [doors.udp] : []);
  const limits = shareOf(data.limits, thread, data.threads);
  const mayUse = accessTest(data.lists);
  const acceptor =
    doors?.tcp && new Acceptor({ engine, welcome: doors.tcp, limits, mayUse, crew, counters, problems });
  return { crew, acceptor };
}

function crewOf(
  handlers: Handlers,
  thread: number,
  tcp: InetAddress | undefined,
  datagrams: readonly DatagramSocket[],
): Promise<LocalCrew> {
  const { limits, threads, lists, tellsConnections } = data;
  return LocalCrew.start({
    engine,
    handlers,
    limits,
    thread,
    threads,
    counters,
    problems,
    local: tcp,
    datagrams,
    onConnection: tellsConnections ? (event) => tell({ type: 'connection', event }) : undefined,
    rules: {
      refusedPorts: new Set(data.refusedPorts),
      mayUse: accessTest(lists),
      shared: { sources: data.sources, now: commonNow },
    },
  });
}

function take(crew: LocalCrew, family: InetFamily, { number, turn, fd, address }: Handed): void {
  Atomics.store(data.beats, BEATS.taken, turn);
  // the main thread closes the descriptor when it hears that the connection is over
  const connection = fromfd(fd, family, SOCK_STREAM, { engine, close: () => over.add(number) });
  crew.take(connection, address, number, nothing);
}

let descriptorsTold = 0;

/** Tells of the engine's descriptors: a ring is opened when many sockets first have their turn at once. */
function tellDescriptors(): void {
  const descriptors = engine.descriptors?.own() ?? [];
  if (descriptors.length === descriptorsTold) return;
  descriptorsTold = descriptors.length;
  tell({ type: 'descriptors', descriptors });
}

/** Gives signs of life. */
function beat(): NodeJS.Timeout {
  const { stuckMs } = data.limits;
  const beatMs = stuckMs === 0 ? BEAT_MS_MAX : Math.min(stuckMs / BEATS_IN_TIME, BEAT_MS_MAX);
  return setInterval(() => {
    Atomics.add(data.beats, BEATS.beat, 1);
    tellDescriptors();
  }, beatMs);
}

async function drain({ crew, acceptor }: Serving, beating: NodeJS.Timeout): Promise<void> {
  await acceptor?.end();
  await crew.drain();
  clearInterval(beating);
  over.flush();
  tell({ type: 'drained' });
  parentPort?.close();
}

async function cut({ crew, acceptor }: Serving): Promise<void> {
  await acceptor?.cut();
  await crew.close();
}

function obey(handlers: Handlers, beating: NodeJS.Timeout): void {
  let serving: Serving | undefined;
  let family: InetFamily | undefined;
  parentPort?.on('message', (message: ToThread) => {
    if (message.type === 'serve') {
      family = message.family;
      start(handlers, message).then((started) => {
        serving = started;
        tell({ type: 'ready' });
      }, fail);
    } else if (message.type === 'drain' && family === undefined)
      process.exit(); // a spare that nobody needs
    else if (!serving || family === undefined) fail(new Error(`'${message.type}' came before the start`));
    else if (message.type === 'take') for (const one of message.connections) take(serving.crew, family, one);
    else if (message.type === 'look')
      tell({ type: 'look', look: serving.crew.lookNow(message.connectionsMax) });
    else if (message.type === 'drain') void drain(serving, beating);
    else void cut(serving);
  });
  tell({ type: 'loaded', udp: handlers.udp !== undefined, tcp: handlers.tcp !== undefined });
}

function fail(error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  tell({ type: 'failed', name, message });
  process.exit(1);
}

async function begin(): Promise<void> {
  // which keeps the thread running too
  const beating = beat();
  // a module can end its thread while it is loaded
  tellDescriptors();
  // a thread that ends while native code loads ends the process: the handlers come after it
  await engine.descriptors?.settled();
  tell({ type: 'settled' });
  obey(await loadHandlers(data.source), beating);
}

// after the engine's own, which closes its descriptors: it was registered before
process.once('exit', () => Atomics.store(data.beats, BEATS.closed, 1));
begin().catch(fail);
