/**
 * One reactor a thread: an epoll descriptor that the thread's event loop watches. It wakes the sockets for which the
 * kernel has news, bounds what is done in one turn of the event loop, and keeps the program alive while a call waits.
 * It knows nothing of what a socket does with its news. Source: epoll(7).
 */
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EPOLLET, EPOLLIN } from './epoll.ts';
import type { Libc } from './ffi.ts';
import { EPOLL_EVENT, SOCKADDR_BYTES } from './layout.ts';
import { Slab } from './memory.ts';
import { RING_ENTRIES } from './ring.ts';
import type { Sharing } from './shared-calls.ts';
import { SHARING_MIN, SharedCalls } from './shared-calls.ts';
import { SockaddrCodec } from './sockaddr.ts';
import type { EpollWatch } from './wake.ts';
import { watchEpoll } from './wake.ts';

/** How many sockets one wake-up serves; the rest wait for the next turn, so that timers run in between. */
const EVENTS_MAX = RING_ENTRIES;
/**
 * How long the event loop is held after the last waiting call, in milliseconds: a program of one request after
 * another would otherwise pay two native calls for each.
 */
const IDLE_MS = 10;

/** Room for the value of any option; `TCP_INFO` is the longest, and the kernel cuts it. */
export const OPTION_VALUE_BYTES = 512;

/** A socket as the reactor sees it. */
export interface Watched {
  readonly fd: number;
  /** Tells this use of the descriptor's number from earlier ones: late events of a closed socket touch nobody. */
  readonly generation: number;
  /** The kernel has news: a set of `EPOLL…` bits. */
  onEvents(events: number): void;
  /** The socket itself where its calls may be shared with those of others. */
  readonly sharing?: Sharing;
  /** The next turn that `defer` asked for has come. */
  onTurn(): void;
  /** The program's turn is over: what was queued in it goes out. */
  onTurnEnd(): void;
  /** Gives the descriptor back: to the kernel, or to whom it belongs. */
  closeDescriptor(): void;
}

/** What one thread's sockets share. */
export class Reactor {
  readonly libc: Libc;
  readonly codec: SockaddrCodec;
  /** Scratch memory for one address and its length, valid until the next call. */
  readonly addressSlab: Slab;
  /** Scratch memory for the value of one option and its length. */
  readonly optionSlab: Slab;
  /** Counts the turns of the event loop in which sockets were served. */
  turn = 0;
  /** Whether many sockets have their turn at once: what each sends waits for the others. */
  crowded = false;

  readonly #epoll: number;
  readonly #events: Slab;
  readonly #handle: EpollWatch;
  readonly #sockets: (Watched | undefined)[] = [];
  /** Opened when many sockets first have their turn at once; `null` where there are none. */
  #shared: SharedCalls | null | undefined;
  #generations = 0;
  #waiting = 0;
  #held = false;
  #lettingGo = false;
  #deferred: Watched[] = [];
  #ending: Watched[] = [];
  readonly #spinMs: number;
  #spins = false;
  /** `release`, for every queue of waiting calls. */
  readonly onIdle = (): void => this.release();
  readonly #runSpin = () => this.#spin();
  readonly #runDeferred = () => this.#onDeferred();
  readonly #runLetGo = () => this.#letGo();
  readonly #runEnding = () => this.#onTurnEnd();

  /** @param spinUs - how long the thread looks for more news after the last before it sleeps, in microseconds. */
  constructor(libc: Libc, spinUs = 0) {
    this.#spinMs = spinUs / 1000;
    this.libc = libc;
    this.codec = new SockaddrCodec(libc);
    this.addressSlab = new Slab(libc, SOCKADDR_BYTES + 8);
    this.optionSlab = new Slab(libc, OPTION_VALUE_BYTES + 8);
    this.#events = new Slab(libc, (EVENTS_MAX + 1) * EPOLL_EVENT.size);
    this.#epoll = libc.epoll_create1(EPOLL_CLOEXEC);
    if (this.#epoll < 0) throw new Error(`epoll_create1 failed with errno ${libc.errno()}`);
    this.#handle = watchEpoll(libc, this.#epoll, () => this.#onWake());
    this.#handle.unref();
    process.once('exit', () => this.#close());
  }

  /**
   * Takes a new socket in.
   *
   * @returns Its generation: a number that no other socket of this thread has had for four thousand million openings.
   */
  enter(socket: Watched): number {
    this.#sockets[socket.fd] = socket;
    this.#generations = (this.#generations + 1) | 0;
    return this.#generations;
  }

  /** Whether a socket of this thread has the descriptor. */
  has(fd: number): boolean {
    return this.#sockets[fd] !== undefined;
  }

  /** The descriptors that are the reactor's own. */
  get descriptors(): readonly number[] {
    return [this.#epoll, ...this.#handle.descriptors, ...(this.#shared?.descriptors ?? [])];
  }

  /** Resolves when the thread may be ended from outside. */
  settled(): Promise<void> {
    return this.#handle.settled();
  }

  /** Lets a socket go, before its descriptor is closed: another process may hold the same open socket. */
  leave(socket: Watched, registered: boolean): void {
    if (registered) this.#control(EPOLL_CTL_DEL, socket, 0);
    if (this.#sockets[socket.fd] === socket) this.#sockets[socket.fd] = undefined;
  }

  /** Lets a socket go on which nothing has ever waited, and leaves its descriptor open. */
  letGo(fd: number): void {
    this.#sockets[fd] = undefined;
  }

  /** Watches a socket for `events`, edge-triggered. What is true already is reported too. */
  add(socket: Watched, events: number): boolean {
    return this.#control(EPOLL_CTL_ADD, socket, events);
  }

  /** Changes what a socket is watched for. What is true already is reported again. */
  modify(socket: Watched, events: number): boolean {
    return this.#control(EPOLL_CTL_MOD, socket, events);
  }

  /** One more call waits: the program must not end. */
  hold(): void {
    this.#waiting += 1;
    if (this.#held) return;
    this.#held = true;
    this.#handle.ref();
  }

  /** One call less waits. */
  release(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0 || this.#lettingGo) return;
    this.#lettingGo = true;
    setTimeout(this.#runLetGo, IDLE_MS);
  }

  /** Calls `onTurn` of the socket after the event loop has had its turn. */
  defer(socket: Watched): void {
    if (this.#deferred.length === 0) setImmediate(this.#runDeferred);
    this.#deferred.push(socket);
  }

  /** Calls `onTurnEnd` of the socket when all that can run now has run, before the event loop goes on. */
  atTurnEnd(socket: Watched): void {
    if (this.#ending.length === 0) process.nextTick(this.#runEnding);
    this.#ending.push(socket);
  }

  #control(operation: number, socket: Watched, events: number): boolean {
    const { view } = this.#events;
    const at = EVENTS_MAX * EPOLL_EVENT.size;
    view.setUint32(at + EPOLL_EVENT.events, (events | EPOLLET) >>> 0, true);
    view.setInt32(at + EPOLL_EVENT.data, socket.fd, true);
    view.setInt32(at + EPOLL_EVENT.data + 4, socket.generation, true);
    return (
      this.libc.epoll_ctl(this.#epoll, operation, socket.fd, this.#events.at(at, EPOLL_EVENT.size)) === 0
    );
  }

  /**
   * The thread ends: what is queued goes out. Other threads share the table of descriptors, so those of this one would
   * stay open.
   */
  #close(): void {
    this.#onTurnEnd();
    this.#handle.close();
    for (const socket of this.#sockets) socket?.closeDescriptor();
    this.#shared?.close();
    this.libc.close(this.#epoll);
  }

  #openShared(): SharedCalls | null {
    if (this.#shared === undefined) this.#shared = SharedCalls.open(this.libc) ?? null;
    return this.#shared;
  }

  #letGo(): void {
    this.#lettingGo = false;
    if (this.#waiting > 0 || !this.#held) return;
    this.#held = false;
    this.#handle.unref();
  }

  #onWake(): number {
    const count = this.#serve();
    if (count > 0) this.#spinSoon();
    return count;
  }

  /** Spins when the program has had its turn; once a round of the event loop, however often it was woken. */
  #spinSoon(): void {
    if (this.#spinMs === 0 || this.#spins) return;
    this.#spins = true;
    setImmediate(this.#runSpin);
  }

  /** Looks for news until there is some or the time is over: going to sleep and being woken takes longer than an answer. */
  #spin(): void {
    this.#spins = false;
    const until = performance.now() + this.#spinMs;
    let news = false;
    while (!news && performance.now() < until) news = this.#serve() > 0;
    if (news) this.#spinSoon();
  }

  /** Serves the sockets for which there is news, and says how many. */
  #serve(): number {
    this.turn += 1;
    const room = EVENTS_MAX * EPOLL_EVENT.size;
    const count = this.libc.epoll_wait(this.#epoll, this.#events.at(0, room), EVENTS_MAX, 0);
    const { words } = this.#events;
    const shared = count >= SHARING_MIN ? this.#openShared() : null;
    this.crowded = shared !== null;
    for (let index = 0; index < count; index += 1) {
      const word = (index * EPOLL_EVENT.size) / 4;
      const data = word + EPOLL_EVENT.data / 4;
      const socket = this.#sockets[words[data] as number];
      if (!socket || socket.generation !== words[data + 1]) continue;
      const events = words[word] as number;
      const { sharing } = socket;
      if (events !== EPOLLIN || !sharing || !shared?.join(sharing)) socket.onEvents(events);
    }
    shared?.receive();
    return count;
  }

  #onDeferred(): void {
    this.turn += 1;
    const sockets = this.#deferred;
    this.#deferred = [];
    for (const socket of sockets) socket.onTurn();
  }

  #onTurnEnd(): void {
    const sockets = this.#ending;
    this.#ending = [];
    if (this.#shared && sockets.length >= SHARING_MIN) {
      for (const { sharing } of sockets) if (sharing) this.#shared.joinSending(sharing);
      this.#shared.send();
    }
    for (const socket of sockets) socket.onTurnEnd();
  }
}
