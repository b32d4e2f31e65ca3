/**
 * The bytes that a stream took from its program after the first `send` of a turn and has not given to the kernel yet:
 * a program that sends line by line pays one system call a turn, not one a line. Memory and bounds only; no calls.
 */
import type { Libc } from './ffi.ts';
import { Slab } from './memory.ts';

/** The most that one stream queues, in bytes: what the kernel takes in one call without a pause, more or less. */
const OUTBOX_BYTES = 65_536;
/** How many slabs that are not in use are kept: as many as one turn serves sockets. */
const SPARE_MAX = 64;

/** The slabs of one thread; a stream has one only while it has bytes in it. */
export class OutboxPool {
  readonly #libc: Libc;
  readonly #spare: Slab[] = [];

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  take(): Slab {
    return this.#spare.pop() ?? new Slab(this.#libc, OUTBOX_BYTES);
  }

  giveBack(slab: Slab): void {
    if (this.#spare.length < SPARE_MAX) this.#spare.push(slab);
  }
}

/** One stream's queue of bytes. */
export class StreamOutbox {
  readonly #pool: OutboxPool;
  #slab: Slab | undefined;
  #from = 0;
  #to = 0;

  constructor(pool: OutboxPool) {
    this.#pool = pool;
  }

  /** How many bytes wait. */
  get size(): number {
    return this.#to - this.#from;
  }

  /** Queues a copy of `bytes`, all or nothing; false when they have no room. */
  push(bytes: Uint8Array): boolean {
    if (this.#to + bytes.length > OUTBOX_BYTES) return false;
    this.#slab ??= this.#pool.take();
    this.#slab.bytes.set(bytes, this.#to);
    this.#to += bytes.length;
    return true;
  }

  /** The address of the bytes that wait; there must be some. */
  address(): number {
    return (this.#slab as Slab).at(this.#from, this.size);
  }

  /** Takes `count` bytes off the front. */
  drop(count: number): void {
    this.#from += count;
    if (this.#from === this.#to) this.clear();
  }

  /** Takes all off. */
  clear(): void {
    if (this.#slab) this.#pool.giveBack(this.#slab);
    this.#slab = undefined;
    this.#from = 0;
    this.#to = 0;
  }
}
