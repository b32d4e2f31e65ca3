/**
 * Two hosts with a TCP each and a link in between that has a fixed delay and loses what a test says: the smallest
 * network there is, with a virtual clock. Everything that is sent is written down as the relay of the kernel traces
 * does, before it is lost.
 */
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import type { TcpEnvironment, TcpEvent } from '../../../../src/engines/sim/tcp/environment.ts';
import type { TcpProfile } from '../../../../src/engines/sim/tcp/profile.ts';
import { LINUX } from '../../../../src/engines/sim/tcp/profile.ts';
import type { Segment } from '../../../../src/engines/sim/tcp/segment.ts';
import { TcpStack } from '../../../../src/engines/sim/tcp/stack.ts';
import { AF_INET, SOCK_STREAM } from '../../../../src/posix/constants.ts';

/** Virtual time, and what is to happen in it. */
export class VirtualClock {
  now = 0;
  #order = 0;
  #events: { at: number; order: number; run: () => void }[] = [];

  after(delayUs: number, run: () => void): () => void {
    if (!Number.isInteger(delayUs) || delayUs < 0) throw new RangeError(`A delay of ${delayUs} us`);
    const event = { at: this.now + delayUs, order: this.#order++, run };
    const index = this.#events.findLastIndex(({ at }) => at <= event.at);
    this.#events.splice(index + 1, 0, event);
    return () => {
      const found = this.#events.indexOf(event);
      if (found >= 0) this.#events.splice(found, 1);
    };
  }

  get isIdle(): boolean {
    return this.#events.length === 0;
  }

  /** Runs what happens next. */
  async step(): Promise<void> {
    const [next] = this.#events;
    if (next) await this.runUntil(next.at);
  }

  /** Runs what happens until `at`, and lets programs go on in between. */
  async runUntil(at: number): Promise<void> {
    await rest();
    for (let event = this.#events[0]; event && event.at <= at; event = this.#events[0]) {
      this.#events.shift();
      this.now = event.at;
      event.run();
      await rest();
    }
    this.now = Math.max(this.now, at);
  }
}

/** Lets every promise that can go on go on. */
export function rest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The next of a row of unsigned 32-bit numbers: splitmix32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let value = state ^ (state >>> 16);
    value = Math.imul(value, 0x21f0_aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a_2d97);
    return (value ^ (value >>> 15)) >>> 0;
  };
}

/** A segment on the link, as the relay writes it down. */
export interface Passing {
  readonly atUs: number;
  readonly direction: '>' | '<';
  readonly segment: Segment;
  readonly dropped: boolean;
}

/** Sends so many zero bytes, which need not all have room at once. */
export function push(socket: EngineStreamSocket, count: number): void {
  void Promise.resolve(socket.send(new Uint8Array(count), 0, true)).catch(() => undefined);
}

/** What a link does with a segment: drops it, or hands it on after so many microseconds, once for each number. */
export type Relay = (passing: Omit<Passing, 'dropped'>) => 'drop' | readonly number[];

export interface WorldOptions {
  readonly profile?: TcpProfile;
  readonly relay?: Relay;
  readonly seed?: number;
  readonly delayUs?: number;
  readonly mtu?: number;
  /** The initial sequence numbers come first of all random numbers. */
  readonly randoms?: readonly number[];
}

/** One host. */
export interface Host {
  readonly address: string;
  readonly stack: TcpStack;
  readonly events: (TcpEvent & { readonly at: number })[];
  open(): EngineStreamSocket;
}

/** A client at 10.8.0.1, a server at 10.8.0.2, and 25 ms in between. */
export class World {
  readonly clock = new VirtualClock();
  readonly wire: Passing[] = [];
  readonly client: Host;
  readonly server: Host;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.client = this.#host('10.8.0.1', '>', options.seed ?? 1);
    this.server = this.#host('10.8.0.2', '<', (options.seed ?? 1) + 1000);
  }

  /** Lets so many milliseconds pass. */
  run(ms: number): Promise<void> {
    return this.clock.runUntil(this.clock.now + Math.round(ms * 1000));
  }

  /** Runs until the time `ms`. */
  runUntil(ms: number): Promise<void> {
    return this.clock.runUntil(Math.round(ms * 1000));
  }

  /** A server's socket that listens. */
  async welcome(backlog = 8, prepare?: (socket: EngineStreamSocket) => void): Promise<EngineStreamSocket> {
    const socket = this.server.open();
    prepare?.(socket);
    await socket.bind({ host: '10.8.0.2', port: 12_000 });
    await socket.listen(backlog);
    return socket;
  }

  /** Starts to connect a client's socket. */
  connect(port = 12_000): { readonly socket: EngineStreamSocket; readonly connected: Promise<void> } {
    const socket = this.client.open();
    const connected = Promise.resolve(socket.connect({ host: '10.8.0.2', port }));
    connected.catch(() => undefined);
    return { socket, connected };
  }

  /** The two ends of a connection, at the time when the accepted end is there. */
  async pair(welcome?: EngineStreamSocket): Promise<readonly [EngineStreamSocket, EngineStreamSocket]> {
    const listening = welcome ?? (await this.welcome());
    const { socket, connected } = this.connect();
    await this.settle(connected);
    const { socket: server } = await this.settle(listening.accept());
    return [socket, server];
  }

  /** Lets time pass until `waiting` settles. */
  async settle<T>(waiting: T | Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    const watched = Promise.resolve(waiting);
    watched.then(over, over);
    for (await rest(); !isOver && !this.clock.isIdle; ) await this.clock.step();
    if (!isOver) throw new Error('Nothing is left to happen, and the call still waits');
    return watched;
  }

  #host(address: string, direction: '>' | '<', seed: number): Host {
    const events: Host['events'] = [];
    const random = randomNumbers(seed);
    const firsts = [...(this.#options.randoms ?? [])];
    const environment: TcpEnvironment = {
      now: () => this.clock.now,
      after: (delayUs, callback) => this.clock.after(delayUs, callback),
      random: () => firsts.shift() ?? random(),
      transmit: (segment) => this.#transmit(direction, segment),
      sourceFor: (destination) => (destination.startsWith('127.') ? destination : address),
      isLocal: (host) => host === address || host.startsWith('127.'),
      mtuTo: () => this.#options.mtu ?? 1500,
      note: (event) => events.push({ ...event, at: this.clock.now }),
    };
    const stack = new TcpStack(environment, this.#options.profile ?? LINUX);
    return { address, stack, events, open: () => stack.open(AF_INET, SOCK_STREAM) };
  }

  #transmit(direction: '>' | '<', segment: Segment): void {
    const own = direction === '>' ? this.client : this.server;
    const other = direction === '>' ? this.server : this.client;
    if (segment.destination === own.address || segment.destination.startsWith('127.')) {
      this.clock.after(10, () => own.stack.receive(segment));
      return;
    }
    const passing = { atUs: this.clock.now, direction, segment };
    const fate = this.#options.relay?.(passing) ?? [0];
    this.wire.push({ ...passing, dropped: fate === 'drop' });
    if (fate === 'drop') return;
    for (const extraUs of fate)
      this.clock.after((this.#options.delayUs ?? 25_000) + extraUs, () => other.stack.receive(segment));
  }
}
