/** One service on UDP and TCP, one thread: opens the two sockets, runs their loops, counts, closes. */
import type { DatagramSocket, InetAddress, SocketOptions, StreamSocket, WelcomeSocket } from '../index.ts';
import {
  AF_INET,
  AF_INET6,
  getaddrinfo,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SocketError,
  socket,
} from '../index.ts';
import { ANSWERING_PORTS, loopGuard } from './loop-guard.ts';
import type { Service } from './services.ts';
import { LINE_BYTES_MAX } from './services.ts';
import { serveConnections } from './tcp-loop.ts';
import { serveDatagrams } from './udp-loop.ts';

/** How often a common free port is looked for when port 0 is asked for; the second try is rare already. */
const PORT_TRIES_MAX = 16;

/** What a server serves, and where. */
export interface ServerOptions {
  readonly service: Service;
  readonly udp: boolean;
  readonly tcp: boolean;
  /** A literal address or a name; `''` and `0.0.0.0` are every IPv4 address, `::` is every address. */
  readonly host: string;
  /** 0 takes a free one, the same for both transports. */
  readonly port: number;
  readonly engine?: SocketOptions['engine'];
  /** The longest line over TCP, in bytes without its newline; 65,536 when left out. */
  readonly lineBytesMax?: number;
  /** Source ports that get no answer over UDP; those whose services answer anything when left out. */
  readonly refusedPorts?: ReadonlySet<number>;
  /** Told of what went wrong; the server goes on. */
  readonly onProblem?: (problem: Problem) => void;
}

/** Something that went wrong and ended one answer or one connection. */
export interface Problem {
  readonly transport: 'udp' | 'tcp';
  /** Whom it met, where that is known. */
  readonly client: InetAddress | undefined;
  readonly error: unknown;
  /** How often this has happened by now: it is told the first time, then when the number has doubled. */
  readonly times: number;
}

/** What a server has done so far. */
export interface Counters {
  /** Datagrams received. */
  datagrams: number;
  /** Datagrams answered: handed to the system, which may still lose them. */
  answers: number;
  /** Datagrams left without an answer by the loop guard. */
  refused: number;
  /** Connections accepted. */
  connections: number;
  /** Connections open now. */
  open: number;
  /** Answers, connections and calls that failed. */
  failures: number;
}

/**
 * Starts a server; it has its sockets when the promise resolves.
 *
 * @throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL, `EAI_…` for a host that does not resolve.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const address = await resolveHost(options);
  for (let tries = 1; ; tries++) {
    const doors: Doors = {};
    try {
      // TCP first: a busy port is more likely there, connections that have ended keep theirs for a while
      if (options.tcp) doors.tcp = await openWelcome(address, options);
      const port = doors.tcp?.getsockname().port ?? address.port;
      if (options.udp) doors.udp = await openDatagram({ ...address, port }, options);
      return new Server(options, doors);
    } catch (error) {
      await doors.tcp?.close();
      const taken = error instanceof SocketError && error.code === 'EADDRINUSE';
      if (!taken || address.port !== 0 || tries === PORT_TRIES_MAX) throw error;
    }
  }
}

interface Doors {
  udp?: InetDatagramSocket;
  tcp?: InetWelcomeSocket;
}

type InetDatagramSocket = DatagramSocket<typeof AF_INET | typeof AF_INET6>;
type InetWelcomeSocket = WelcomeSocket<typeof AF_INET | typeof AF_INET6>;

/** A running server. */
export class Server {
  /** Where it answers over UDP. */
  readonly udp: InetAddress | undefined;
  /** Where it accepts connections. */
  readonly tcp: InetAddress | undefined;
  readonly #options: ServerOptions;
  readonly #doors: Doors;
  readonly #connections = new Set<StreamSocket>();
  readonly #problems = new Map<string, number>();
  readonly #loops: readonly Promise<void>[];
  readonly #counters: Counters = {
    datagrams: 0,
    answers: 0,
    refused: 0,
    connections: 0,
    open: 0,
    failures: 0,
  };

  /** @internal Use `startServer()`. */
  constructor(options: ServerOptions, doors: Doors) {
    this.#options = options;
    this.#doors = doors;
    this.udp = doors.udp?.getsockname();
    this.tcp = doors.tcp?.getsockname();
    this.#loops = [doors.udp && this.#runUdp(doors.udp), doors.tcp && this.#runTcp(doors.tcp)].filter(
      (loop) => loop !== undefined,
    );
  }

  /** What it has done so far. */
  get counters(): Readonly<Counters> {
    return { ...this.#counters };
  }

  /** Stops accepting, ends every connection, and resolves when every socket is closed. Closing twice is no error. */
  async close(): Promise<void> {
    await Promise.all([this.#doors.udp?.close(), this.#doors.tcp?.close()]);
    await Promise.all([...this.#connections].map((connection) => connection.close()));
    await Promise.all(this.#loops);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #runUdp(door: InetDatagramSocket): Promise<void> {
    return serveDatagrams(door, {
      answer: this.#options.service.datagram,
      refuses: loopGuard(door.getsockname(), this.#options.refusedPorts ?? ANSWERING_PORTS),
      onReceived: () => this.#counters.datagrams++,
      onRefused: () => this.#counters.refused++,
      onAnswered: () => this.#counters.answers++,
      onFailure: (error) => this.#problem('udp', remoteOf(error), error),
    });
  }

  #runTcp(door: InetWelcomeSocket): Promise<void> {
    const limits = { lineBytesMax: this.#options.lineBytesMax ?? LINE_BYTES_MAX };
    return serveConnections(door, {
      serve: (connection) => this.#options.service.connection(connection, limits),
      onOpened: (connection) => {
        this.#counters.connections++;
        this.#connections.add(connection);
        this.#counters.open = this.#connections.size;
      },
      onClosed: (connection, client, error) => {
        this.#connections.delete(connection);
        this.#counters.open = this.#connections.size;
        if (error !== undefined && !door.closed) this.#problem('tcp', client, error);
      },
      onFailure: (error) => this.#problem('tcp', undefined, error),
    });
  }

  /** Counts every failure; tells of the 1st, 2nd, 4th, 8th of a kind: a log that a client can fill is one more door. */
  #problem(transport: 'udp' | 'tcp', client: InetAddress | undefined, error: unknown): void {
    this.#counters.failures++;
    const kind = `${transport} ${error instanceof SocketError ? error.code : (error as Error).name}`;
    const times = (this.#problems.get(kind) ?? 0) + 1;
    this.#problems.set(kind, times);
    if (Number.isInteger(Math.log2(times))) this.#options.onProblem?.({ transport, client, error, times });
  }
}

function remoteOf(error: unknown): InetAddress | undefined {
  const remote = error instanceof SocketError ? error.remote : undefined;
  return remote && 'port' in remote ? remote : undefined;
}

/** The literal address to bind to; of a name that has both kinds the IPv4 one, as the notes' `AF_INET` would take. */
async function resolveHost({ host, port }: ServerOptions): Promise<InetAddress> {
  if (host === '') return { host: '0.0.0.0', port };
  const found = await getaddrinfo(host, port);
  const chosen = found.find(({ family }) => family === AF_INET) ?? found[0];
  return chosen?.address ?? { host, port };
}

function familyOf(address: InetAddress): typeof AF_INET | typeof AF_INET6 {
  return address.host.includes(':') ? AF_INET6 : AF_INET;
}

function socketOptions({ engine }: ServerOptions): SocketOptions {
  return engine === undefined ? {} : { engine };
}

async function openDatagram(address: InetAddress, options: ServerOptions): Promise<InetDatagramSocket> {
  const door = socket(familyOf(address), SOCK_DGRAM, socketOptions(options));
  try {
    await door.bind(address);
    return door;
  } catch (error) {
    await door.close();
    throw error;
  }
}

async function openWelcome(address: InetAddress, options: ServerOptions): Promise<InetWelcomeSocket> {
  const door = socket(familyOf(address), SOCK_STREAM, socketOptions(options));
  try {
    // a server that starts again must not wait for the connections of its last life: socket(7)
    door.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    await door.bind(address);
    return await door.listen();
  } catch (error) {
    await door.close();
    throw error;
  }
}
