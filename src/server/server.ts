/** A service at work: its sockets, who accepts, who serves, and how it ends. */
import type { DatagramSocket, Engine, InetAddress, WelcomeSocket } from '../index.ts';
import { Acceptor } from './acceptor.ts';
import type { AccessLists } from './access.ts';
import { accessTest } from './access.ts';
import { channels } from './channels.ts';
import type { Counts } from './counters.ts';
import { Counters, sumOf } from './counters.ts';
import type { Crew, ThreadStats } from './crew.ts';
import type { Doors } from './doors.ts';
import type { KernelQueues } from './kernel-queues.ts';
import { kernelQueues } from './kernel-queues.ts';
import type { Limits } from './limits.ts';
import type { ConnectionSight, SocketSight, ThreadSight } from './look.ts';
import { endpointText, oldest } from './look.ts';
import type { ProblemTeller } from './problems.ts';

/** What a server is made of, beside its sockets and its crew. */
export interface ServerParts {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly lists: AccessLists;
  readonly problems: ProblemTeller;
}

/** What a server has done so far, and does now. */
export interface ServerStats extends Counts, KernelQueues {
  readonly state: 'serving' | 'draining' | 'closed';
  readonly uptimeMs: number;
  /** Connections open now. */
  readonly open: number;
  /** Whether all places are taken, so that the next connection waits in the queue of the system. */
  readonly full: boolean;
  readonly threads: readonly ThreadStats[];
}

/** A server at one moment. */
export interface Snapshot {
  readonly engine: string;
  readonly stats: ServerStats;
  /** The welcome socket and the one for datagrams. */
  readonly sockets: readonly SocketSight[];
  readonly threads: readonly ThreadSight[];
  /** The oldest connections of each thread; `stats.open` says how many there are. */
  readonly connections: readonly ConnectionSight[];
}

/** How a server is told to end. */
export interface DrainOptions {
  /** How long connections may take to finish before they are reset, in milliseconds; `drainMs` when left out. */
  readonly deadlineMs?: number;
}

/** Where a server serves, by transport. */
export interface ServerAddresses {
  readonly udp: InetAddress | undefined;
  readonly tcp: InetAddress | undefined;
}

/** The addresses of the sockets. */
export function addressesOf({ udp, tcp }: Pick<Doors, 'udp' | 'tcp'>): ServerAddresses {
  return {
    udp: udp?.getsockname() as InetAddress | undefined,
    tcp: tcp?.getsockname() as InetAddress | undefined,
  };
}

/** A running server. */
export class Server {
  /** Where it serves, by transport. */
  readonly addresses: ServerAddresses;
  /** What serves: the engine's name, and how many threads. */
  readonly engine: string;
  readonly #limits: Limits;
  readonly #udp: DatagramSocket | undefined;
  readonly #welcome: WelcomeSocket | undefined;
  readonly #crew: Crew;
  readonly #acceptor: Acceptor | undefined;
  readonly #counters = new Counters();
  readonly #now: () => number;
  readonly #after: Engine['after'];
  readonly #startedAt: number;
  #state: ServerStats['state'] = 'serving';
  #ending: Promise<void> | undefined;

  /** @internal Use `serve()`. */
  constructor(
    { engine, limits, lists, problems }: ServerParts,
    doors: Pick<Doors, 'udp' | 'tcp'>,
    crew: Crew,
    addresses: ServerAddresses = addressesOf(doors),
  ) {
    this.engine = engine.name;
    this.addresses = addresses;
    this.#limits = limits;
    this.#udp = doors.udp;
    this.#welcome = doors.tcp;
    this.#crew = crew;
    this.#now = () => engine.now();
    this.#after = (ms, callback) => engine.after(ms, callback);
    this.#startedAt = engine.now();
    const mayUse = accessTest(lists);
    const counters = this.#counters;
    this.#acceptor =
      doors.tcp && new Acceptor({ engine, welcome: doors.tcp, limits, mayUse, crew, counters, problems });
    for (const [transport, address] of this.#named()) channels.socketOpened({ transport, address });
  }

  /** What it has done so far, and does now. */
  stats(): ServerStats {
    const closed = this.#state === 'closed';
    const counts = sumOf([this.#counters, ...this.#crew.counters]);
    return {
      state: this.#state,
      uptimeMs: this.#now() - this.#startedAt,
      open: this.#acceptor?.open ?? counts.connections - counts.closed,
      full: this.#acceptor?.isFull ?? false,
      ...counts,
      ...kernelQueues(closed ? undefined : this.#welcome, closed ? undefined : this.#udp),
      threads: this.#crew.threads,
    };
  }

  /** @internal What there is to see now, the oldest `connectionsMax` connections one by one: for `serveLab()`. */
  async look(connectionsMax: number): Promise<Snapshot> {
    const looks = await this.#crew.look(connectionsMax);
    const stats = this.stats();
    return {
      engine: this.engine,
      stats,
      sockets: this.#state === 'closed' ? [] : this.#sockets(stats),
      threads: looks.map(({ look: { connections: _, ...look }, silentMs }) => ({ ...look, silentMs })),
      connections: oldest(looks, connectionsMax),
    };
  }

  #sockets({ tcpWaiting }: ServerStats): SocketSight[] {
    return this.#named().map(([protocol, address]) => {
      const local = endpointText(address);
      return protocol === 'tcp'
        ? {
            protocol,
            state: 'LISTEN',
            receiveQueue: tcpWaiting,
            sendQueue: this.#limits.backlog,
            local,
            peer: '*',
          }
        : { protocol, state: 'UNCONN', receiveQueue: undefined, sendQueue: undefined, local, peer: '*' };
    });
  }

  /**
   * Replaces the threads one by one: a new one serves before an old one takes no more, which then finishes what it has
   * within `drainMs`. No connection and no datagram is lost. Resolves when all new ones serve.
   *
   * @throws Error when the server has no threads of its own, or a new one can't start.
   */
  async restartThreads(): Promise<void> {
    if (!this.#crew.restart) throw new Error('This server has no threads: serve a module');
    await this.#crew.restart();
  }

  /**
   * Accepts nothing more, lets connections finish, resets those that have not by the deadline, and closes. For a
   * connection its input ends: what has arrived is served, and then its handler sees the end of the stream.
   *
   * @returns When everything is closed.
   */
  drain({ deadlineMs = this.#limits.drainMs }: DrainOptions = {}): Promise<void> {
    this.#ending ??= this.#drain(deadlineMs);
    return this.#ending;
  }

  /** Resets every connection, and resolves when everything is closed. Closing twice is no error. */
  async close(): Promise<void> {
    const drained = this.drain({ deadlineMs: 0 });
    await this.#cut();
    await drained;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #drain(deadlineMs: number): Promise<void> {
    this.#state = 'draining';
    const callOff = this.#after(deadlineMs, () => void this.#cut());
    await this.#acceptor?.end();
    await this.#crew.drain();
    callOff();
    await this.#udp?.close();
    this.#state = 'closed';
    for (const [transport, address] of this.#named()) channels.socketClosed({ transport, address });
  }

  /** The crew closes when it gets nothing more: what came after that, nobody would end. */
  async #cut(): Promise<void> {
    await this.#acceptor?.cut();
    await this.#crew.close();
  }

  #named(): ['udp' | 'tcp', InetAddress][] {
    const { udp, tcp } = this.addresses;
    const named: ['udp' | 'tcp', InetAddress | undefined][] = [
      ['udp', udp],
      ['tcp', tcp],
    ];
    return named.filter((one): one is ['udp' | 'tcp', InetAddress] => one[1] !== undefined);
  }
}
