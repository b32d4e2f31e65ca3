/** `serve()`: chooses who serves, this thread or threads of their own, and puts a server together. */
import { availableParallelism } from 'node:os';
import type { Engine, InetAddress, SocketOptions } from '../index.ts';
import { defaultEngine, loadEngine } from '../index.ts';
import { accessTest } from './access.ts';
import { channels } from './channels.ts';
import type { ConnectionEvent } from './connection-event.ts';
import type { Doors } from './doors.ts';
import { openDoors } from './doors.ts';
import type { Handlers } from './handlers.ts';
import { handlersOf } from './handlers.ts';
import type { Limits } from './limits.ts';
import { completeLimits } from './limits.ts';
import { loadHandlers } from './load-handlers.ts';
import { LocalCrew } from './local-crew.ts';
import { ANSWERING_PORTS } from './loop-guard.ts';
import type { Problem } from './problems.ts';
import { ProblemTeller } from './problems.ts';
import type { HandlerSource } from './protocol.ts';
import type { ServerParts } from './server.ts';
import { Server } from './server.ts';
import type { ServiceName } from './services.ts';
import { ThreadCrew } from './thread-crew.ts';

/** Where a server serves, and what it allows. */
export interface ServeOptions extends Partial<Limits> {
  /** A literal address or a name; `''`, the default, and `0.0.0.0` are every IPv4 address, `::` is every address. */
  readonly host?: string;
  /** 0, the default, takes a free one, the same for both transports. */
  readonly port?: number;
  /** Which transports; without them those for which there is a handler. */
  readonly udp?: boolean;
  readonly tcp?: boolean;
  /** How many threads serve: of a module as many as there are processors, of handlers this one. */
  readonly threads?: number | 'all';
  readonly engine?: SocketOptions['engine'];
  /** Networks in CIDR notation, or addresses: when there are any, nobody else may use the server. */
  readonly allow?: readonly string[];
  /** These may not, whatever `allow` says. */
  readonly deny?: readonly string[];
  /** Source ports that get no answer over UDP; those whose services answer anything when left out. */
  readonly refusedPorts?: readonly number[];
  /** Told of what went wrong; the server goes on. */
  readonly onProblem?: (problem: Problem) => void;
  /** Told of each connection that begins and that is over; from threads that costs a message each. */
  readonly onConnection?: (event: ConnectionEvent) => void;
}

/**
 * Serves a module, or handlers: over UDP and TCP, on one port, with limits, until it is closed. A module is served by
 * threads, one for each processor, where the engine has descriptors that threads can share (`linux`); handlers are
 * functions of this thread and stay in it.
 *
 * @param service - the URL of a module that exports `Handlers`, handlers, or the name of a service of ours.
 * @throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL, `EAI_…` for a host that does not resolve; what the module
 * throws; TypeError when there is no handler for a transport; RangeError for a limit out of its bounds.
 * @example
 * ```ts
 * import { decode } from 'portico';
 * import { serve } from 'portico/server';
 *
 * await using server = await serve({ udp: (message) => decode(message).toUpperCase() }, { host: '127.0.0.1' });
 * console.log(server.addresses.udp);
 * ```
 */
export async function serve(
  service: URL | Handlers | ServiceName,
  options: ServeOptions = {},
): Promise<Server> {
  const engine = engineOf(options.engine);
  const limits = completeLimits(limitsIn(options));
  const threads = threadCount(service, options, engine);
  const problem = (one: Problem) => {
    channels.failed(one);
    options.onProblem?.(one);
  };
  const { allow = [], deny = [], refusedPorts = [...ANSWERING_PORTS] } = options;
  const lists = { allow, deny };
  accessTest(lists); // a mistake in them is told before anything is opened
  const problems = new ProblemTeller(problem);
  const parts = { engine, limits, lists, options, refusedPorts, problem, problems };
  return threads > 1 || (options.threads !== undefined && isModule(service) && engine.descriptors)
    ? await serveInThreads(sourceOf(service), threads, parts)
    : await serveHere(await handlersFrom(service), parts);
}

interface Parts extends ServerParts {
  readonly options: ServeOptions;
  readonly refusedPorts: readonly number[];
  readonly problem: (problem: Problem) => void;
}

async function serveHere(handlers: Handlers, parts: Parts): Promise<Server> {
  const { engine, limits, options, lists, refusedPorts, problems } = parts;
  const doors = await openDoors(engine, limits, options, offerOf(handlers));
  try {
    const crew = await LocalCrew.start({
      engine,
      handlers,
      limits,
      thread: 0,
      threads: 1,
      problems,
      local: doors.tcp?.getsockname() as InetAddress | undefined,
      datagrams: doors.udp ? [doors.udp] : [],
      onConnection: options.onConnection,
      rules: { refusedPorts: new Set(refusedPorts), mayUse: accessTest(lists) },
    });
    return new Server(parts, doors, crew);
  } catch (error) {
    await Promise.all([doors.tcp?.close(), doors.udp?.close()]);
    throw error;
  }
}

async function serveInThreads(source: HandlerSource, threads: number, parts: Parts): Promise<Server> {
  const { options, problem, ...rest } = parts;
  const { engine, limits } = rest;
  const crew = new ThreadCrew({
    ...rest,
    source,
    threads,
    onProblem: problem,
    onConnection: options.onConnection,
  });
  let doors: Doors | undefined;
  try {
    doors = await openDoors(engine, limits, options, await crew.load());
    await crew.serve({
      family: doors.family,
      tcp: doors.tcp?.getsockname() as InetAddress | undefined,
      udp: doors.udp?.fileno(),
    });
    return new Server(parts, doors, crew);
  } catch (error) {
    await crew.close();
    await Promise.all([doors?.tcp?.close(), doors?.udp?.close()]);
    throw error;
  }
}

function engineOf(engine: ServeOptions['engine']): Engine {
  if (engine === undefined) return defaultEngine();
  return typeof engine === 'string' ? loadEngine(engine) : engine;
}

function isModule(service: URL | Handlers | ServiceName): service is URL | ServiceName {
  return typeof service === 'string' || service instanceof URL;
}

function sourceOf(service: URL | Handlers | ServiceName): HandlerSource {
  return service instanceof URL ? { href: service.href } : { service: String(service) };
}

function handlersFrom(service: URL | Handlers | ServiceName): Promise<Handlers> {
  if (isModule(service)) return loadHandlers(sourceOf(service));
  return Promise.resolve(handlersOf(service, 'The object'));
}

/** How many threads serve. */
function threadCount(
  service: URL | Handlers | ServiceName,
  { threads }: ServeOptions,
  engine: Engine,
): number {
  const all = availableParallelism();
  const asked = threads === 'all' ? all : threads;
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= 1024))
    throw new RangeError(`threads must be 'all' or a whole number from 1 to 1024, got ${String(threads)}`);
  if (!isModule(service)) {
    if (asked !== undefined && asked > 1)
      throw new TypeError(
        'Handlers are functions of this thread: give the URL of their module to serve in threads',
      );
    return 1;
  }
  if (engine.descriptors) return asked ?? all;
  if (asked !== undefined && asked > 1)
    throw new RangeError(
      `The engine ${engine.name} has no descriptors that threads could share: serve with one thread, or with the engine linux`,
    );
  return 1;
}

function offerOf({ udp, tcp }: Handlers): { udp: boolean; tcp: boolean } {
  return { udp: udp !== undefined, tcp: tcp !== undefined };
}

function limitsIn(options: ServeOptions): Partial<Limits> {
  const {
    host,
    port,
    udp,
    tcp,
    threads,
    engine,
    allow,
    deny,
    refusedPorts,
    onProblem,
    onConnection,
    ...limits
  } = options;
  return limits;
}
