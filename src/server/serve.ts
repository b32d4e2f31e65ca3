/** `serve()`: chooses who serves, this thread or threads of their own, and puts a server together. */
import { availableParallelism } from 'node:os';
import type { Engine } from '../index.ts';
import { defaultEngine, loadEngine } from '../index.ts';
import type { DoorOptions, Doors } from './doors.ts';
import { openDoors, whyNoSharedPort } from './doors.ts';
import type { Handlers } from './handlers.ts';
import { loadHandlers } from './load-handlers.ts';
import type { HandlerSource } from './protocol.ts';
import type { Parts, ServeOptions } from './serve-handlers.ts';
import { partsOf, serveHandlers } from './serve-handlers.ts';
import type { ServerAddresses } from './server.ts';
import { addressesOf, Server } from './server.ts';
import type { ServiceName } from './services.ts';
import { ThreadCrew } from './thread-crew.ts';

/**
 * Serves a module, or handlers: over UDP and TCP, on one port, with limits, until it is closed. A module is served by
 * threads, one for each processor, where the engine has descriptors that threads can share (`linux`); handlers are
 * functions of this thread and stay in it.
 *
 * @param service - the URL of a module that exports `Handlers`, handlers, or the name of a service of ours.
 * @throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL, `EAI_…` for a host that does not resolve; what the module
 * throws; TypeError when there is no handler for a transport; RangeError for a limit out of its bounds
 * and for an option that there is not.
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
  const parts = partsOf(engine, options);
  const threads = await threadCount(service, parts);
  // a module has threads of its own wherever it can, be it one: a mistake of its ends a thread and not the process
  if (isModule(service) && (threads > 1 || engine.descriptors))
    return await serveInThreads(sourceOf(service), threads, parts);
  const handlers = isModule(service) ? await loadHandlers(sourceOf(service)) : service;
  return await serveHandlers(handlers, engine, options);
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
    // where threads can't share a socket each has its own, and this one only finds the port
    const reusePort = engine.descriptors === undefined;
    doors = await openDoors(engine, limits, { ...options, reusePort }, await crew.load());
    const addresses = addressesOf(doors);
    const { family } = doors;
    const own = reusePort ? ownDoors(addresses) : undefined;
    await crew.serve({ family, tcp: addresses.tcp, udp: own ? undefined : doors.udp?.fileno(), own });
    if (!own) return new Server(parts, doors, crew);
    await Promise.all([doors.tcp?.close(), doors.udp?.close()]);
    return new Server(parts, { udp: undefined, tcp: undefined }, crew, addresses);
  } catch (error) {
    await crew.close();
    await Promise.all([doors?.tcp?.close(), doors?.udp?.close()]);
    throw error;
  }
}

/** What each thread opens where it has to. */
function ownDoors({ udp, tcp }: ServerAddresses): DoorOptions {
  const address = tcp ?? udp;
  return { ...address, udp: udp !== undefined, tcp: tcp !== undefined, reusePort: true };
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

/** How many threads serve. */
async function threadCount(
  service: URL | Handlers | ServiceName,
  { engine, problems, options: { threads } }: Parts,
): Promise<number> {
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
  const wanted = asked ?? all;
  const why = engine.descriptors || wanted === 1 ? undefined : await whyNoSharedPort(engine);
  if (why === undefined) return wanted;
  if (asked !== undefined)
    problems.report(
      'thread',
      undefined,
      new Error(`One thread serves: threads can't share a port here (${why})`),
    );
  return 1;
}
