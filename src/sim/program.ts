/** A program on a simulated host: what it is given, how it is started, how it ends. */
import type { HostKernel } from '../engines/sim/host.ts';
import type { Process } from '../engines/sim/process.ts';
import { NO_SOCKET } from '../engines/sim/process.ts';
import type {
  AF_INET,
  DatagramSocket,
  Engine,
  Family,
  SOCK_DGRAM,
  SOCK_STREAM,
  StreamSocket,
} from '../index.ts';
import { socket } from '../index.ts';
import { SimulationError } from './simulation-error.ts';

/** As `socket()`, on the host of the program. */
export interface SocketOpener {
  <F extends Family>(family: F, type: typeof SOCK_DGRAM): DatagramSocket<F>;
  <F extends Family>(family: F, type: typeof SOCK_STREAM): StreamSocket<F>;
}

/** What a program works with. */
export interface ProgramContext {
  /** Opens a socket on this host. */
  readonly socket: SocketOpener;
  /** The host's network, for the calls that take an engine: `getaddrinfo`, `gethostname`. */
  readonly engine: Engine;
  /** Lets so many milliseconds of the host's clock pass. */
  sleep(ms: number): Promise<void>;
  /** The host's clock in milliseconds. */
  now(): number;
  /** A random number from 0 up to but not 1, of this program's own stream. */
  random(): number;
  /** Aborted by `host.stop()`: end in an orderly way. A crash gives no warning. */
  readonly signal: AbortSignal;
  /** Writes a line into the trace, as a program prints. */
  print(text: string): void;
}

/** A program. */
export type ProgramBody<T> = (context: ProgramContext) => Promise<T>;

/** What a program needs of its network. */
export interface ProgramRoom {
  kernel(): HostKernel;
  /** Told of a failure that nobody may have seen. */
  failed(program: Program<unknown>, error: unknown): void;
}

/** One program, through all its starts. */
export class Program<T> {
  readonly name: string;
  readonly host: string;
  /** The result of the last start; rejects with the error, or with `CRASHED`. */
  readonly result: Promise<T>;
  readonly #body: ProgramBody<T>;
  readonly #room: ProgramRoom;
  readonly #settle: { readonly resolve: (value: T) => void; readonly reject: (reason: unknown) => void };
  #process: Process | undefined;
  #abort = new AbortController();
  #state: 'new' | 'running' | 'ended' = 'new';

  constructor(room: ProgramRoom, host: string, name: string, body: ProgramBody<T>) {
    this.#room = room;
    this.host = host;
    this.name = name;
    this.#body = body;
    const { promise, resolve, reject } = promiseOf<T>();
    this.result = promise;
    this.#settle = { resolve, reject };
    // the run reports failures; whoever awaits the result hears of them too
    promise.catch(() => undefined);
  }

  /** Whether it has been started and has not ended. */
  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** What it waits for; nothing when that is outside the network. */
  get waiting(): readonly string[] {
    return this.#process?.waiting ?? [];
  }

  /** Starts it, or starts it again after a crash. */
  start(): void {
    const kernel = this.#room.kernel();
    const { process, engine } = kernel.newProcess(this.name);
    const random = kernel.randomFor(`program ${this.name}`);
    this.#process = process;
    this.#abort = new AbortController();
    this.#state = 'running';
    process.note('starts');
    const context: ProgramContext = {
      // the overloads of socket() are those of SocketOpener
      socket: ((family: typeof AF_INET, type: typeof SOCK_DGRAM) =>
        socket(family, type, { engine })) as SocketOpener,
      engine,
      sleep: async (ms) => {
        const slept = () => new Promise<void>((resolve) => process.after(ms * 1000, resolve));
        await process.call('sleep', NO_SOCKET, `${ms} ms`, slept, () => '');
      },
      now: () => process.clock.now() / 1000,
      random: () => random.unit(),
      signal: this.#abort.signal,
      print: (text) => process.note(`prints ${text}`),
    };
    this.#run(context, process);
  }

  /** Asks it to end. */
  stop(): void {
    this.#abort.abort(new Error(`The program ${this.name} was asked to end`));
  }

  /** Its host has crashed; `comesBack` when it will be started again. */
  crashed(comesBack: boolean): void {
    if (this.#state !== 'running') return;
    this.#state = comesBack ? 'new' : 'ended';
    this.#process = undefined;
    const text = `The host ${this.host} crashed while ${this.name} ran`;
    if (!comesBack) this.#settle.reject(new SimulationError('CRASHED', text));
  }

  #run(context: ProgramContext, process: Process): void {
    const ended = (text: string) => {
      if (this.#process !== process) return false;
      this.#state = 'ended';
      process.note(text);
      return true;
    };
    // a program that throws before it waits fails as one that rejects
    Promise.resolve()
      .then(() => this.#body(context))
      .then(
        (value) => {
          if (ended('ends')) this.#settle.resolve(value);
        },
        (error: unknown) => {
          if (!ended(`fails: ${String(error)}`)) return;
          this.#settle.reject(error);
          this.#room.failed(this as Program<unknown>, error);
        },
      );
  }
}

function promiseOf<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
