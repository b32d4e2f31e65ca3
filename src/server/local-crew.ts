/** The handlers of this thread at work: on every engine, and in each thread of a server that has many. */
import type { DatagramSocket, Engine, InetAddress, StreamSocket } from '../index.ts';
import { Counters } from './counters.ts';
import type { Crew, ThreadStats } from './crew.ts';
import type { Context, Handlers } from './handlers.ts';
import type { Limits } from './limits.ts';
import type { Looked, ThreadLook } from './look.ts';
import type { ProblemTeller } from './problems.ts';
import type { Serving } from './tcp-service.ts';
import { TcpService } from './tcp-service.ts';
import type { UdpRules } from './udp-service.ts';
import { UdpService } from './udp-service.ts';

/** What a crew of one thread is made of. */
export interface LocalCrewParts {
  readonly engine: Engine;
  readonly handlers: Handlers;
  readonly limits: Limits;
  readonly thread: number;
  readonly threads: number;
  readonly counters?: Counters;
  readonly problems: ProblemTeller;
  /** The server's own address over TCP. */
  readonly local: InetAddress | undefined;
  /** The sockets for datagrams; the crew closes them. */
  readonly datagrams: readonly DatagramSocket[];
  readonly rules: UdpRules;
  readonly onConnection: Serving['onConnection'];
}

/** One thread's services. */
export class LocalCrew implements Crew {
  readonly counters: readonly Counters[];
  readonly #serving: Serving;
  readonly #local: InetAddress | undefined;
  readonly #tcp: TcpService;
  readonly #udp: readonly UdpService[];
  readonly #draining = new AbortController();
  #drained: Promise<void> | undefined;
  #onCut: () => void = () => {};
  readonly #isCut = new Promise<void>((resolve) => {
    this.#onCut = resolve;
  });

  /** Starts the handlers; it serves datagrams when the promise resolves. */
  static async start(parts: LocalCrewParts): Promise<LocalCrew> {
    const signal = new AbortController();
    const { limits, thread, threads } = parts;
    const context: Context = { limits, thread, threads, signal: signal.signal };
    await parts.handlers.start?.(context);
    return new LocalCrew(parts, context, signal);
  }

  private constructor(parts: LocalCrewParts, context: Context, draining: AbortController) {
    const { engine, handlers, problems, onConnection, counters = new Counters() } = parts;
    this.#draining = draining;
    this.counters = [counters];
    this.#serving = { engine, handlers, context, counters, problems, onConnection };
    this.#local = parts.local;
    this.#tcp = new TcpService(this.#serving);
    this.#udp = parts.datagrams.map((socket) => new UdpService(socket, this.#serving, parts.rules));
  }

  get threads(): readonly ThreadStats[] {
    const state = this.#draining.signal.aborted ? 'ending' : 'serving';
    const { thread } = this.#serving.context;
    return [{ thread, state, connections: this.#tcp.size, restarts: 0, deaths: 0 }];
  }

  take(connection: StreamSocket, address: InetAddress, number: number, onClosed: () => void): void {
    const { thread } = this.#serving.context;
    const local = this.#local ?? address;
    this.#tcp.serve(connection, { address, local, thread, connection: number }, onClosed);
  }

  /** What this thread has open. */
  lookNow(connectionsMax: number): ThreadLook {
    const { context, counters } = this.#serving;
    const tcp = this.#tcp.look(connectionsMax);
    return {
      ...tcp,
      thread: context.thread,
      bytesRead: counters.get('bytesRead') + tcp.bytesRead,
      bytesWritten: counters.get('bytesWritten') + tcp.bytesWritten,
      datagrams: counters.get('datagrams'),
      answers: counters.get('answers'),
    };
  }

  async look(connectionsMax: number): Promise<readonly Looked[]> {
    return [{ look: this.lookNow(connectionsMax), silentMs: 0 }];
  }

  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async close(): Promise<void> {
    const drained = this.drain();
    for (const one of this.#udp) one.cut();
    await this.#tcp.cut();
    this.#onCut();
    await drained;
  }

  async #drain(): Promise<void> {
    this.#draining.abort(new Error('The server ends'));
    this.#tcp.drain();
    await Promise.all([...this.#udp.map((one) => one.end()), this.#tcp.empty()]);
    await Promise.race([this.#stop(), this.#isCut]);
  }

  /** The end goes on without a handler that fails. */
  async #stop(): Promise<void> {
    const { handlers, counters, problems } = this.#serving;
    try {
      await handlers.stop?.();
    } catch (error) {
      counters.add('failures');
      problems.report('thread', undefined, error);
    }
  }
}
