/**
 * The receives and sends of many sockets in one turn, each kind with one system call: on a server of many small requests
 * the calls themselves, and what each evicts from the processor's caches, are what can still be saved.
 */
import type { Libc } from './ffi.ts';
import { Slab } from './memory.ts';
import { RING_ENTRIES, Ring } from './ring.ts';

/** From this many sockets on they share a call. A guess: fewer gain less than the bytes' detour costs. */
export const SHARING_MIN = 4;
/** The most that one socket receives this way, in bytes. */
const SLOT_BYTES = 65_536;
/** Slots a page apart would share one set of the processor's cache. */
const SLOT_STRIDE = SLOT_BYTES + 128;

/** A socket whose plain receives and sends may share a call with those of others. */
export interface Sharing {
  readonly fd: number;
  /** The bytes that the end of a turn sends. */
  readonly outbox: { readonly size: number; address(): number };
  /** How many bytes a `recv` that waits would take now; 0 when none does, or there is more to it than that. */
  wantsBytes(): number;
  /** The outcome of that `recv`: a count of bytes at `offset`, or a negative errno. */
  onReceived(result: number, bytes: Uint8Array, offset: number, room: number): void;
  /** The outcome of sending the outbox: a count, or a negative errno. */
  onSent(result: number): void;
}

/** The shared calls of one thread. */
export class SharedCalls {
  readonly #ring: Ring;
  readonly #inbox: Slab;
  readonly #rooms = new Int32Array(RING_ENTRIES);
  readonly #sockets: Sharing[] = [];

  /** @returns `undefined` where the kernel has no io_uring or does not let us use it. */
  static open(libc: Libc): SharedCalls | undefined {
    const ring = Ring.open(libc);
    return ring && new SharedCalls(libc, ring);
  }

  private constructor(libc: Libc, ring: Ring) {
    this.#ring = ring;
    this.#inbox = new Slab(libc, RING_ENTRIES * SLOT_STRIDE);
  }

  /** Lets a readable socket take part in the next `receive`; false when it is to be served by itself. */
  join(socket: Sharing): boolean {
    const room = Math.min(socket.wantsBytes(), SLOT_BYTES);
    if (room === 0) return false;
    const slot = this.#sockets.push(socket) - 1;
    this.#rooms[slot] = room;
    this.#ring.recv(socket.fd, this.#inbox.at(slot * SLOT_STRIDE, room), room);
    return true;
  }

  /** Receives for all that have joined, at most `RING_ENTRIES`. */
  receive(): void {
    if (this.#sockets.length === 0) return;
    const results = this.#ring.run();
    this.#sockets.forEach((socket, slot) => {
      const room = this.#rooms[slot] as number;
      socket.onReceived(results[slot] as number, this.#inbox.bytes, slot * SLOT_STRIDE, room);
    });
    this.#sockets.length = 0;
  }

  /** Lets a socket that has something to send take part in the next `send`. */
  joinSending(socket: Sharing): void {
    const { fd, outbox } = socket;
    if (outbox.size === 0) return;
    this.#ring.send(fd, outbox.address(), outbox.size);
    if (this.#sockets.push(socket) === RING_ENTRIES) this.send();
  }

  /** Sends for all that have joined. */
  send(): void {
    if (this.#sockets.length === 0) return;
    const results = this.#ring.run();
    this.#sockets.forEach((socket, slot) => {
      socket.onSent(results[slot] as number);
    });
    this.#sockets.length = 0;
  }

  get descriptors(): readonly number[] {
    return [this.#ring.fd];
  }

  close(): void {
    this.#ring.close();
  }
}
