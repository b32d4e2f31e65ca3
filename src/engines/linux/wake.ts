/**
 * How a thread learns that its epoll descriptor has events. The main thread's event loop watches it. A worker thread
 * must not: a poll handle that is active when a worker ends ends the whole process (docs/decisions/0004). Its descriptor
 * is watched by a poller thread of its own, which holds no handle either: it blocks in epoll_wait(2), sets a word of
 * shared memory and notifies; the worker waits for the word with `Atomics.waitAsync`.
 */
import type { MessagePort, Worker } from 'node:worker_threads';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT } from './epoll.ts';
import type { Libc, PollHandle } from './ffi.ts';
import { EPOLL_EVENT } from './layout.ts';
import { Slab } from './memory.ts';

const EFD_CLOEXEC = 0x80000;

/** The words that a worker and its poller share. */
export const SHARED_WORDS = { woken: 0, state: 1 } as const;
/** What a poller is doing. */
export const POLLER_STATE = { new: 0, running: 1, stopping: 2, gone: 3 } as const;

/** How long the end of a thread waits for its poller, in milliseconds; it takes a fraction of one. A guess. */
const STOP_MS = 500;

/** How a thread watches its epoll descriptor. */
export interface EpollWatch extends PollHandle {
  /** The descriptors that it opened for that. */
  readonly descriptors: readonly number[];
  /** Resolves when nothing is being loaded any more: a thread that ends while native code loads ends the process. */
  settled(): Promise<void>;
}

/** What a poller is told. */
export interface PollerData {
  readonly epoll: number;
  readonly words: Int32Array;
}

/**
 * Calls `onWake` when `epoll` has events; it returns how many it served. In the main thread it runs as an immediate of
 * the same round of the event loop: since Node 26.4 promises do not go on after a callback that native code makes
 * (nodejs/node#62969), and an error thrown in one would end the process.
 */
export function watchEpoll(libc: Libc, epoll: number, onWake: () => number): EpollWatch {
  const { isMainThread } = process.getBuiltinModule('node:worker_threads');
  if (!isMainThread) return new WorkerWatch(libc, epoll, onWake);
  const handle = libc.watch(epoll, () => {
    setImmediate(onWake);
  });
  return {
    ref: () => handle.ref(),
    unref: () => handle.unref(),
    close: () => handle.close(),
    descriptors: [],
    settled: () => Promise.resolve(),
  };
}

class WorkerWatch implements EpollWatch {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #onWake: () => number;
  readonly #watching: number;
  readonly #event: Slab;
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #poller: Worker;
  /** Keeps the event loop running while it is referenced, which `Atomics.waitAsync` does not. */
  readonly #keeper: MessagePort;
  readonly #serve = () => this.#onTurn();

  constructor(libc: Libc, epoll: number, onWake: () => number) {
    this.#libc = libc;
    this.#epoll = epoll;
    this.#onWake = onWake;
    this.#event = new Slab(libc, EPOLL_EVENT.size);
    this.#watching = libc.epoll_create1(EPOLL_CLOEXEC);
    this.#control(EPOLL_CTL_ADD, epoll, 0);
    const { Worker, MessageChannel } = process.getBuiltinModule('node:worker_threads');
    const data: PollerData = { epoll: this.#watching, words: this.#words };
    this.#poller = new Worker(new URL('./poller.js', import.meta.url), { workerData: data, stdin: false });
    this.#poller.unref();
    this.#keeper = new MessageChannel().port1;
    this.#keeper.on('message', () => {});
    this.#arm();
  }

  get descriptors(): readonly number[] {
    return [this.#watching];
  }

  /** Waits for the poller's sign that it runs; the caller keeps the event loop running meanwhile. */
  async settled(): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, SHARED_WORDS.state, POLLER_STATE.new);
    if (wait.async) await wait.value;
  }

  ref(): void {
    this.#keeper.ref();
  }

  unref(): void {
    this.#keeper.unref();
  }

  /**
   * Wakes the poller for the last time, by an eventfd that is readable from the start, and waits until it is out of
   * the kernel: it is stopped together with this thread and could not close anything any more.
   */
  close(): void {
    const { state } = SHARED_WORDS;
    if (Atomics.exchange(this.#words, state, POLLER_STATE.stopping) === POLLER_STATE.running) {
      const wakeUp = this.#libc.eventfd(1, EFD_CLOEXEC);
      this.#control(EPOLL_CTL_ADD, wakeUp, EPOLLIN);
      Atomics.wait(this.#words, state, POLLER_STATE.stopping, STOP_MS);
      this.#libc.close(wakeUp);
    }
    this.#libc.close(this.#watching);
    this.#keeper.close();
  }

  #arm(): void {
    Atomics.store(this.#words, SHARED_WORDS.woken, 0);
    this.#control(EPOLL_CTL_MOD, this.#epoll, EPOLLIN | EPOLLONESHOT);
    const wait = Atomics.waitAsync(this.#words, SHARED_WORDS.woken, 0);
    if (wait.async) void wait.value.then(this.#serve);
    else setImmediate(this.#serve);
  }

  /** While there is work the thread goes on by itself and wakes nobody. */
  #onTurn(): void {
    if (this.#onWake() > 0) setImmediate(this.#serve);
    else this.#arm();
  }

  #control(operation: number, fd: number, events: number): void {
    this.#event.view.setUint32(EPOLL_EVENT.events, events >>> 0, true);
    this.#libc.epoll_ctl(this.#watching, operation, fd, this.#event.at(0, EPOLL_EVENT.size));
  }
}
