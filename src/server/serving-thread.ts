/**
 * One serving thread as the main thread sees it. All descriptors are the main thread's: it lends them by their numbers
 * and closes them when the thread says that it is done with one, or when the thread is gone, in whatever way.
 */
import { Worker } from 'node:worker_threads';
import type { Engine, InetAddress } from '../index.ts';
import type { ConnectionEvent } from './connection-event.ts';
import { Counters } from './counters.ts';
import type { Looked, ThreadLook } from './look.ts';
import type { Problem } from './problems.ts';
import type { FromThread, Handed, ServeOrder, ThreadData, ToThread } from './protocol.ts';
import { BEATS } from './protocol.ts';

/**
 * The most that the young generation of a thread takes, in megabytes. V8's own bound is 48, which it comes to when many
 * connections are opened together, for their objects survive together, and keeps. With 12 a message costs no more.
 */
const YOUNG_MB = 12;
/** How long a thread that has nothing left may take to end, in milliseconds: a timer of its handlers may hold it. A guess. */
const END_MS = 500;
/**
 * How long the end of a thread waits for what native code loads, in milliseconds: a tenth of a second, and many times as
 * long where the processor is lent by the slice. To end the thread before ends the process. A guess.
 */
const SETTLE_MS = 60_000;

/** One connection that a thread has. Its socket is the thread's: a second one here would be half of what it costs. */
export interface Lent {
  readonly fd: number;
  readonly address: InetAddress;
  readonly number: number;
  readonly onClosed: () => void;
}

/** Who wants to know of a thread. */
export interface ThreadListener {
  onProblem(problem: Problem): void;
  onConnection(event: ConnectionEvent): void;
  /** A connection ended with its thread. */
  onLost(lent: Lent): void;
  /** It is gone; `untaken` are the connections that it had not begun with, the others are closed. */
  onGone(thread: ServingThread, untaken: readonly Lent[], reason: Error | undefined): void;
}

/** What a handler module offers. */
export type Offer = Pick<Extract<FromThread, { type: 'loaded' }>, 'udp' | 'tcp'>;

export class ServingThread {
  readonly counters: Counters;
  /** What the module offers; rejects when it can't be loaded. */
  readonly loaded: Promise<Offer>;
  /** It serves; rejects when it can't. */
  readonly ready: Promise<void>;
  /** It is gone. */
  readonly gone: Promise<void>;
  readonly #engine: Engine;
  readonly #listener: ThreadListener;
  readonly #worker: Worker;
  readonly #beats = new Int32Array(new SharedArrayBuffer(4 * BEATS.count));
  readonly #lent = new Map<number, Lent & { readonly turn: number }>();
  readonly #settled: Promise<void>;
  #onSettled: () => void = () => {};
  #turn = 0;
  /** How many of its connections it has said to be over. */
  #closed = 0;
  #lastBeat = 0;
  #lastBeatAt = performance.now();
  #descriptors: readonly number[] = [];
  #toHand: Handed[] = [];
  #isLoaded = false;
  /** Whether it accepts connections itself, so that nobody lends it any. */
  #accepts = false;
  #serves = false;
  #hasServed = false;
  #isKilled = false;
  #ends = false;
  #failure: Error | undefined;
  #look: ThreadLook | undefined;
  #looking: Promise<void> | undefined;
  #askedAt = 0;
  #onLook: () => void = () => {};
  #onLoaded: (offer: Offer) => void = () => {};
  #onReady: () => void = () => {};
  #onFailed: ((error: Error) => void)[] = [];

  constructor(engine: Engine, data: Omit<ThreadData, 'counters' | 'beats'>, listener: ThreadListener) {
    this.#engine = engine;
    this.#listener = listener;
    const memory = Counters.memory();
    this.counters = new Counters(memory);
    const workerData: ThreadData = { ...data, counters: memory, beats: this.#beats };
    const { heapMb } = data.limits;
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData,
      env: { ...process.env, PORTICO_ENGINE: engine.name },
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_MB,
        ...(heapMb > 0 ? { maxOldGenerationSizeMb: heapMb } : {}),
      },
    });
    this.loaded = new Promise((resolve, reject) => {
      this.#onLoaded = resolve;
      this.#onFailed.push(reject);
    });
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#onFailed.push(reject);
    });
    // whoever waits for them is told; a thread that is replaced has nobody who does
    for (const promise of [this.loaded, this.ready]) promise.catch(() => {});
    this.gone = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve());
    });
    this.#settled = new Promise((resolve) => {
      this.#onSettled = resolve;
    });
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message));
    this.#worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    });
    this.#worker.once('exit', (code) => this.#onExit(code));
  }

  /** Whether it takes connections. */
  get serves(): boolean {
    return this.#serves && !this.#ends;
  }

  get ends(): boolean {
    return this.#ends;
  }

  /** Whether it has ever taken connections. */
  get hasServed(): boolean {
    return this.#hasServed;
  }

  /** Whether it has been ended from outside. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  get connections(): number {
    const { counters } = this;
    return this.#accepts ? counters.get('connections') - counters.get('closed') : this.#lent.size;
  }

  /** Whether it has its handlers: to load them can take seconds in which it does nothing else. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** For how long it has given no sign of life, in milliseconds, as far as has been asked. */
  silenceMs(): number {
    const beat = Atomics.load(this.#beats, BEATS.beat);
    const now = performance.now();
    if (beat !== this.#lastBeat) {
      this.#lastBeat = beat;
      this.#lastBeatAt = now;
    }
    return now - this.#lastBeatAt;
  }

  /** Does not count so much of the time in which it was silent, in milliseconds. */
  excuse(ms: number): void {
    this.#lastBeatAt += Math.max(0, ms);
  }

  /** Gives it its sockets. */
  serve(order: Omit<ServeOrder, 'type'>): void {
    this.#accepts = order.own !== undefined;
    this.#post({ type: 'serve', ...order });
  }

  take(lent: Lent): void {
    const { fd, address, number, onClosed } = lent;
    this.#turn = (this.#turn + 1) | 0;
    const turn = this.#turn;
    // named one by one: a copy by `...` gets a hidden class of its own, which is larger than the object
    this.#lent.set(number, { fd, address, number, onClosed, turn });
    if (this.#toHand.length === 0) setImmediate(() => this.#hand());
    this.#toHand.push({ number, turn, fd, address });
  }

  /** Asks what it has open, if no question is unanswered; resolves when the answer is there or the thread gone. */
  look(connectionsMax: number): Promise<void> {
    this.#looking ??= new Promise((resolve) => {
      this.#askedAt = performance.now();
      this.#onLook = resolve;
      this.#post({ type: 'look', connectionsMax });
    });
    return this.#looking;
  }

  /** What it has said last. */
  get looked(): Looked | undefined {
    if (!this.#look) return undefined;
    return {
      look: this.#look,
      silentMs: this.#looking !== undefined ? performance.now() - this.#askedAt : 0,
    };
  }

  /** Lets it finish what it has; it takes no more, and then ends. */
  drain(): void {
    if (this.#ends) return;
    this.#ends = true;
    this.#hand();
    this.#post({ type: 'drain' });
  }

  /** Resets the connections that it has left. */
  cut(): void {
    this.#post({ type: 'cut' });
  }

  /** Ends it now, whatever it does; as soon as it has loaded what native code loads, which would end the process. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    const late = setTimeout(this.#onSettled, SETTLE_MS);
    await Promise.race([this.#settled, this.gone]);
    clearTimeout(late);
    await this.#worker.terminate();
  }

  #hand(): void {
    const connections = this.#toHand;
    this.#toHand = [];
    if (connections.length > 0) this.#post({ type: 'take', connections });
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromThread): void {
    switch (message.type) {
      case 'settled':
        this.#onSettled();
        break;
      case 'loaded':
        this.#isLoaded = true;
        this.#lastBeatAt = performance.now();
        this.#onLoaded(message);
        break;
      case 'ready':
        this.#serves = true;
        this.#hasServed = true;
        this.#onReady();
        break;
      case 'descriptors':
        this.#descriptors = message.descriptors;
        break;
      case 'closed':
        this.#closed += message.numbers.length;
        for (const number of message.numbers) this.#giveBack(number);
        break;
      case 'problem':
        this.#listener.onProblem(message.problem);
        break;
      case 'connection':
        this.#listener.onConnection(message.event);
        break;
      case 'look':
        this.#look = message.look;
        this.#looking = undefined;
        this.#onLook();
        break;
      case 'failed':
        this.#failure = Object.assign(new Error(message.message), { name: message.name });
        break;
      case 'drained':
        setTimeout(() => void this.#worker.terminate(), END_MS).unref();
    }
  }

  #giveBack(number: number): void {
    const lent = this.#lent.get(number);
    if (!lent) return;
    this.#lent.delete(number);
    this.#engine.descriptors?.close(lent.fd);
    lent.onClosed();
  }

  /** Counts what ended with it: it has not said of all that it has counted that they are over, nor the other way round. */
  #countLost(): void {
    const { counters } = this;
    const begun = this.#accepts ? counters.get('connections') : this.#closed + this.#lent.size;
    const count = begun - counters.get('closed');
    for (const name of ['closed', 'cutThread'] as const) counters.add(name, count);
  }

  #onExit(code: number): void {
    this.#serves = false;
    this.#onLook();
    const failure =
      this.#failure ?? (this.#ends ? undefined : new Error(`The thread ended with code ${code}`));
    // a thread that ended in order has closed its own descriptors, and their numbers may be others' by now
    if (Atomics.load(this.#beats, BEATS.closed) === 0)
      for (const fd of this.#descriptors) this.#engine.descriptors?.close(fd);
    const taken = Atomics.load(this.#beats, BEATS.taken);
    const untaken = [...this.#lent.values()].filter(({ turn }) => ((turn - taken) | 0) > 0);
    for (const { number } of untaken) this.#lent.delete(number);
    this.#countLost();
    for (const lent of [...this.#lent.values()]) {
      this.#listener.onLost(lent);
      this.#giveBack(lent.number);
    }
    for (const reject of this.#onFailed) reject(failure ?? new Error('The thread was ended'));
    this.#listener.onGone(this, untaken, failure);
  }
}
