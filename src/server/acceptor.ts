/**
 * Takes connections and decides who may stay: the address lists, the limit of each client, the limit of all. When all
 * places are taken it stops accepting, so that the queue of the system is what waits, and goes on when a tenth is free.
 * A process without a descriptor left waits a moment for a client that leaves, and then gives up its reserve to turn the
 * next one away, rather than to leave it waiting for a server that can't hear it.
 */
import type { DatagramSocket, Engine, InetAddress, StreamSocket, WelcomeSocket } from '../index.ts';
import { AF_INET, IPPROTO_TCP, SOCK_DGRAM, SocketError, socket, TCP_KEEPIDLE } from '../index.ts';
import { clientKey } from './access.ts';
import { reset } from './connection-watch.ts';
import type { Counters } from './counters.ts';
import type { Crew } from './crew.ts';
import type { Limits } from './limits.ts';
import type { ProblemTeller } from './problems.ts';

/**
 * So many descriptors are kept for that. One that is given up for `accept` another thread may take before it: one that
 * opens its ring of system calls, or a handler.
 */
const RESERVES = 4;
/** How long a client waits for the descriptor of another that leaves, in milliseconds: hundreds that leave at once take 50. */
const LEAVING_MS = 200;
/** How long it rests when `accept` fails and there is nothing that it could give up, in milliseconds (as HAProxy does). */
const REST_MS = 100;
/**
 * After so many failures with no connection between them it rests before each next try. One alone says nothing of the
 * next: accept(2) gives what became of a connection that is over already (ECONNABORTED, EPROTO, EHOSTUNREACH, …).
 */
const FAILURES_MAX = 16;
/** How long the end takes what waits in the queue, in milliseconds: thousands of connections. A guess. */
const REST_OF_QUEUE_MS = 50;
/** accept(2): no descriptor, or no memory, is left. */
const SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * The time before the first keep-alive probe differs by up to half from connection to connection. The kernel rounds such
 * timers to about two seconds, so thousands of connections of one age are probed at once, and again after each interval;
 * more than 1,000 packets at a time (net.core.netdev_max_backlog) do not get through the loopback, nor through a network
 * card with a queue of that length, and connections whose peers are there are given up.
 */
const KEEPALIVE_SPREAD = 0.5;

/** What an acceptor works with. */
export interface AcceptorParts {
  readonly engine: Engine;
  readonly welcome: WelcomeSocket;
  readonly limits: Limits;
  readonly mayUse: ((host: string) => boolean) | undefined;
  readonly crew: Crew;
  readonly counters: Counters;
  readonly problems: ProblemTeller;
}

/** Accepts connections for a crew. */
export class Acceptor {
  readonly #parts: AcceptorParts;
  readonly #perClient = new Map<string, number>();
  readonly #running: Promise<void>;
  readonly #reserves: DatagramSocket[] = [];
  /** One of them was given up for the next `accept`. */
  #isGiven = false;
  #spreadsKeepAlive: boolean;
  #number = 0;
  #open = 0;
  #isFull = false;
  #onRoom: (() => void) | undefined;
  #onLeft: (() => void) | undefined;
  /** When the last client was turned away for want of a descriptor. */
  #shedAt = Number.NEGATIVE_INFINITY;
  #ends = false;
  #ended: Promise<void> | undefined;
  #takesRest = true;

  constructor(parts: AcceptorParts) {
    this.#parts = parts;
    this.#spreadsKeepAlive = parts.limits.keepAliveMs > 0;
    this.#fillReserves();
    this.#running = this.#run();
  }

  /** How many connections are open. */
  get open(): number {
    return this.#open;
  }

  /** Whether it waits for a place to become free. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Takes what has finished its handshake already, as far as there is room, and closes the welcome socket. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Leaves to its reset what waits in the queue; when it resolves, nothing more comes to the crew. */
  cut(): Promise<void> {
    this.#takesRest = false;
    return this.end();
  }

  async #end(): Promise<void> {
    this.#ends = true;
    this.#onRoom?.();
    this.#onLeft?.();
    await this.#takeRest();
    await this.#parts.welcome.close();
    await this.#running;
    await Promise.all(this.#reserves.map((reserve) => reserve.close()));
  }

  async #run(): Promise<void> {
    const { welcome, counters, problems } = this.#parts;
    let failures = 0;
    while (!this.#ends) {
      try {
        await this.#room();
        if (this.#ends) return;
        const [connection, address] = await welcome.accept();
        failures = 0;
        // a place was free, or the reserve that was given for it is there again
        const isPaid = this.#fillReserves() || (!this.#isGiven && this.#reserves.length > 0);
        this.#isGiven = false;
        if (isPaid) await this.#admit(connection, address as InetAddress);
        else await this.#shed(connection);
      } catch (error) {
        if (welcome.closed) return;
        counters.add('failures');
        problems.report('tcp', undefined, error);
        failures += 1;
        const isShort = error instanceof SocketError && SHORTAGES.has(error.code);
        const mayGoOn = isShort ? await this.#makeRoom() : failures <= FAILURES_MAX;
        if (!mayGoOn) await this.#rest();
      }
    }
  }

  /**
   * The clients that the system has let in are told of nothing when their queue is closed but a reset. New ones come
   * meanwhile: what is there is taken in a moment, and then it is enough.
   */
  async #takeRest(): Promise<void> {
    const { engine, welcome, limits } = this.#parts;
    const until = engine.now() + REST_OF_QUEUE_MS;
    try {
      while (this.#takesRest && this.#open < limits.connectionsMax && engine.now() < until) {
        const [connection, address] = await welcome.accept({ timeoutMs: 1 });
        await this.#admit(connection, address as InetAddress);
      }
    } catch (error) {
      if (!(error instanceof SocketError)) throw error; // ETIMEDOUT: there is none
    }
  }

  /** Hands a connection over, or turns it away. */
  async #admit(connection: StreamSocket, address: InetAddress): Promise<void> {
    const { crew, counters, mayUse } = this.#parts;
    const key = clientKey(address.host);
    const refusal = mayUse && !mayUse(address.host) ? 'deniedConnections' : this.#excess(key);
    counters.add('connections');
    if (refusal) {
      counters.add(refusal);
      counters.add('closed');
      await reset(connection);
      return;
    }
    this.#open += 1;
    if (key !== undefined) this.#perClient.set(key, (this.#perClient.get(key) ?? 0) + 1);
    this.#number += 1;
    if (this.#spreadsKeepAlive) this.#spreadKeepAlive(connection);
    crew.take(connection, address, this.#number, () => this.#left(key));
  }

  #excess(key: string | undefined): 'crowdedConnections' | 'cutDrain' | undefined {
    const { connectionsMax, connectionsPerClientMax } = this.#parts.limits;
    // two calls accept while the queue is emptied at the end
    if (this.#open >= connectionsMax) return 'cutDrain';
    if (key === undefined || connectionsPerClientMax === 0) return undefined;
    return (this.#perClient.get(key) ?? 0) >= connectionsPerClientMax ? 'crowdedConnections' : undefined;
  }

  #spreadKeepAlive(connection: StreamSocket): void {
    const seconds = Math.ceil(this.#parts.limits.keepAliveMs / 1000);
    const earlier = this.#number % (Math.floor(seconds * KEEPALIVE_SPREAD) + 1);
    try {
      if (earlier > 0) connection.setsockopt(IPPROTO_TCP, TCP_KEEPIDLE, seconds - earlier);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      // an engine without the option has it for no connection; what else fails the handler will meet
      if (error.code === 'ENOPROTOOPT') this.#spreadsKeepAlive = false;
    }
  }

  #left(key: string | undefined): void {
    this.#open -= 1;
    this.#onLeft?.();
    if (key !== undefined) {
      const left = (this.#perClient.get(key) ?? 1) - 1;
      if (left > 0) this.#perClient.set(key, left);
      else this.#perClient.delete(key);
    }
    const { connectionsMax } = this.#parts.limits;
    if (this.#isFull && this.#open <= connectionsMax - Math.ceil(connectionsMax / 10)) this.#onRoom?.();
  }

  /** Resolves when another connection may come. */
  async #room(): Promise<void> {
    if (this.#open < this.#parts.limits.connectionsMax) return;
    this.#isFull = true;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
    this.#isFull = false;
  }

  /**
   * Sees to it that the next `accept` has a descriptor; false when it can't. Many may come in the moment in which many
   * leave, so that somebody may leave any time; but who waits behind one that was turned away has waited for long enough.
   */
  async #makeRoom(): Promise<boolean> {
    const isPatient = this.#parts.engine.now() - this.#shedAt > LEAVING_MS;
    if (this.#reserves.length > 0 && isPatient && (await this.#someoneLeaves())) return true;
    return this.#giveReserve();
  }

  #someoneLeaves(): Promise<boolean> {
    return new Promise((resolve) => {
      const callOff = this.#parts.engine.after(LEAVING_MS, () => resolve(false));
      this.#onLeft = () => {
        callOff();
        resolve(true);
      };
    });
  }

  /** The descriptor of this connection was the last: the next client gets it, or is turned away as well. */
  async #shed(connection: StreamSocket): Promise<void> {
    const { counters } = this.#parts;
    for (const name of ['connections', 'shedConnections', 'closed'] as const) counters.add(name);
    await reset(connection);
    this.#shedAt = this.#parts.engine.now();
    this.#fillReserves();
  }

  /** Lets the next `accept` have a descriptor that was kept for this; false when there is none. */
  async #giveReserve(): Promise<boolean> {
    const reserve = this.#reserves.pop();
    await reserve?.close();
    this.#isGiven = reserve !== undefined;
    return this.#isGiven;
  }

  /** False when no descriptor is left. */
  #fillReserves(): boolean {
    try {
      while (this.#reserves.length < RESERVES)
        this.#reserves.push(socket(AF_INET, SOCK_DGRAM, { engine: this.#parts.engine }));
      return true;
    } catch (error) {
      if (error instanceof SocketError) return false;
      throw error;
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.engine.after(REST_MS, resolve);
    });
  }
}
