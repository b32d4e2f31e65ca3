/** What the stream sockets of one thread share: memory for one call at a time, and slabs for what waits to be sent. */
import type { Libc } from './ffi.ts';
import { IOVEC, MSGHDR } from './layout.ts';
import { copyOut, Slab, UnclearedBytes } from './memory.ts';
import type { Reactor } from './reactor.ts';
import { OutboxPool, StreamOutbox } from './stream-outbox.ts';

/** The most that one `recv` of the kernel takes, in bytes, and the most that is copied to be sent. */
export const SLAB_BYTES = 262_144;

/** How many times as much memory as bytes a caller may hold on to. */
const WASTE_MAX = 4;

/** Memory that is valid until the next call. */
export class StreamShare {
  readonly bytes: Slab;
  /** One `struct msghdr` with its vector, for `recvmsg`. */
  readonly message: Slab;
  readonly outboxes: OutboxPool;
  /** The outbox of every stream that has never queued anything. */
  readonly noOutbox: StreamOutbox;
  readonly #libc: Libc;
  #uncleared: UnclearedBytes | undefined;

  constructor(reactor: Reactor) {
    this.#libc = reactor.libc;
    this.outboxes = new OutboxPool(reactor.libc);
    this.noOutbox = new StreamOutbox(this.outboxes);
    this.bytes = new Slab(reactor.libc, SLAB_BYTES);
    this.message = new Slab(reactor.libc, MSGHDR.size + IOVEC.size + 8);
    this.message.setPointer(MSGHDR.iov, this.message, MSGHDR.size, IOVEC.size);
    this.message.words[MSGHDR.iovLength / 4] = 1;
    this.message.setPointer(MSGHDR.size + IOVEC.base, this.bytes, 0, SLAB_BYTES);
  }

  /** Memory for a receive of up to `size` bytes that is expected to be large; the same until it is kept. */
  uncleared(size: number): UnclearedBytes {
    if (this.#uncleared === undefined || this.#uncleared.length < size)
      this.#uncleared = new UnclearedBytes(this.#libc, size);
    return this.#uncleared;
  }

  /** The first `count` bytes of it as the caller's own: in place when they fill a good part of it, else as a copy. */
  keep(memory: UnclearedBytes, count: number): Uint8Array {
    const bytes = memory.first(count);
    if (count < memory.length / WASTE_MAX) return copyOut(bytes, 0, count);
    this.#uncleared = undefined;
    return bytes;
  }
}
