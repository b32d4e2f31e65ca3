/** What the stream sockets of one thread share: memory for one call at a time, and slabs for what waits to be sent. */
import { IOVEC, MSGHDR } from './layout.ts';
import { Slab } from './memory.ts';
import type { Reactor } from './reactor.ts';
import { OutboxPool } from './stream-outbox.ts';

/** The most that one `recv` of the kernel takes, in bytes, and the most that is copied to be sent. */
export const SLAB_BYTES = 262_144;

/** Memory that is valid until the next call. */
export class StreamShare {
  readonly bytes: Slab;
  /** One `struct msghdr` with its vector, for `recvmsg`. */
  readonly message: Slab;
  readonly outboxes: OutboxPool;

  constructor(reactor: Reactor) {
    this.outboxes = new OutboxPool(reactor.libc);
    this.bytes = new Slab(reactor.libc, SLAB_BYTES);
    this.message = new Slab(reactor.libc, MSGHDR.size + IOVEC.size + 8);
    this.message.setPointer(MSGHDR.iov, this.message, MSGHDR.size, IOVEC.size);
    this.message.words[MSGHDR.iovLength / 4] = 1;
    this.message.setPointer(MSGHDR.size + IOVEC.base, this.bytes, 0, SLAB_BYTES);
  }
}
