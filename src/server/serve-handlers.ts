/**
 * Serves handlers in the thread, or in the program, that they are of: on every engine, the simulated network among them.
 * It runs where there is no Node.
 */
import type { Engine, InetAddress, SocketOptions } from '../index.ts';
import { accessTest } from './access.ts';
import { channels } from './channels.ts';
import type { ConnectionEvent } from './connection-event.ts';
import { openDoors } from './doors.ts';
import type { Handlers } from './handlers.ts';
import { handlersOf } from './handlers.ts';
import type { Limits } from './limits.ts';
import { completeLimits } from './limits.ts';
import { LocalCrew } from './local-crew.ts';
import { ANSWERING_PORTS } from './loop-guard.ts';
import type { Problem } from './problems.ts';
import { ProblemTeller } from './problems.ts';
import type { ServerParts } from './server.ts';
import { Server } from './server.ts';

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
  /** Source ports that get no answer over UDP, beside port 0; those whose services answer anything when left out. */
  readonly refusedPorts?: readonly number[];
  /** Told of what went wrong; the server goes on. */
  readonly onProblem?: (problem: Problem) => void;
  /** Told of each connection that begins and that is over; from threads that costs a message each. */
  readonly onConnection?: (event: ConnectionEvent) => void;
}

/** What is known before anything is opened. */
export interface Parts extends ServerParts {
  readonly options: ServeOptions;
  readonly refusedPorts: readonly number[];
  readonly problem: (problem: Problem) => void;
}

/**
 * Checks the options.
 *
 * @throws RangeError for a limit out of its bounds, an option that there is not, and a list with something that is no
 * network or no port.
 */
export function partsOf(engine: Engine, options: ServeOptions): Parts {
  const { allow = [], deny = [], refusedPorts = [...ANSWERING_PORTS] } = options;
  const limits = completeLimits(limitsIn(options));
  const lists = { allow, deny };
  accessTest(lists); // a mistake in them is told before anything is opened
  const wrong = refusedPorts.find((port) => !(Number.isInteger(port) && port >= 0 && port <= 65_535));
  if (wrong !== undefined)
    throw new RangeError(`refusedPorts must be whole numbers from 0 to 65535, got ${String(wrong)}`);
  const problem = (one: Problem) => {
    channels.failed(one);
    options.onProblem?.(one);
  };
  return { engine, limits, lists, options, refusedPorts, problem, problems: new ProblemTeller(problem) };
}

/**
 * Serves handlers.
 *
 * @throws As `serve()`.
 */
export async function serveHandlers(
  given: Handlers,
  engine: Engine,
  options: ServeOptions = {},
): Promise<Server> {
  const handlers = handlersOf(given, 'The object');
  const parts = partsOf(engine, options);
  const { limits, lists, refusedPorts, problems } = parts;
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
