/**
 * Datagrams in flight. Each has a slot with its bytes ready, and its number in them, so that every answer is matched
 * with its request, and a late or doubled one is told from the one that is waited for.
 */
import { MMSGHDR } from '../../engines/linux/layout.ts';
import { Slab } from '../../engines/linux/memory.ts';
import {
  answerTo,
  GENERATIONS,
  HEADER_BYTES,
  letters,
  readGeneration,
  readSlot,
  same,
  writeGeneration,
  writeHeader,
} from '../payload.ts';
import type { Tally } from '../tally.ts';
import type { Clients } from './clients.ts';
import { EAGAIN, ECONNREFUSED, EINTR, MSG_DONTWAIT, MSG_NOSIGNAL } from './clients.ts';
import { BATCH_MAX, Vectors } from './vectors.ts';

const MSG_TRUNC = 0x20;
/** The longest message that the kernel cuts: what fits in one UDP datagram over IPv4. */
const MESSAGE_MAX = 65_507;
/** Every so many answers one is compared byte for byte. */
const COMPARE_EVERY = 16;
/** How often a send is tried again while the device is full, a millisecond each. */
const FULL_TRIES_MAX = 1000;

/** The sockets of a UDP load and what they have in flight. */
export class Datagrams {
  readonly sockets: readonly number[];
  /** Slots for each socket. */
  readonly window: number;
  /** How many slots of each socket are free. */
  readonly free: Int32Array;
  /** When the last answers came, in `performance.now()`. */
  now = 0;
  readonly #clients: Clients;
  readonly #tally: Tally;
  readonly #bytes: number;
  readonly #stride: number;
  readonly #slots: Slab;
  readonly #inbox: Slab;
  readonly #incoming: Vectors;
  readonly #outgoing: Vectors;
  readonly #answer: Uint8Array;
  /** How many datagrams go out with one call. */
  readonly #batch: number;
  readonly #segments: boolean;
  readonly #freeSlots: Int32Array;
  readonly #dueAt: Float64Array;
  readonly #inFlight: Uint8Array;
  readonly #generations: Uint8Array;
  #queued = 0;
  #compare = 0;

  constructor(clients: Clients, tally: Tally, sockets: readonly number[], window: number) {
    const { bytes, answer = 'upper', segments = false } = clients.spec;
    const { libc } = clients;
    this.sockets = sockets;
    this.window = window;
    this.free = new Int32Array(sockets.length).fill(window);
    this.#clients = clients;
    this.#tally = tally;
    this.#bytes = bytes;
    this.#segments = segments;
    this.#batch = segments ? Math.max(1, Math.min(BATCH_MAX, Math.floor(MESSAGE_MAX / bytes))) : BATCH_MAX;
    // one byte more than an answer may have, so that a longer one shows
    this.#stride = (bytes + 1 + 63) & ~63;
    const count = sockets.length * window;
    this.#slots = new Slab(libc, count * this.#stride);
    this.#inbox = new Slab(libc, BATCH_MAX * this.#stride);
    this.#incoming = new Vectors(libc);
    this.#outgoing = new Vectors(libc);
    for (let at = 0; at < BATCH_MAX; at += 1)
      this.#incoming.point(at, this.#inbox, at * this.#stride, bytes + 1);
    const message = letters(bytes, false);
    this.#answer = answerTo(message, answer);
    this.#freeSlots = Int32Array.from({ length: count }, (_, slot) => slot);
    this.#dueAt = new Float64Array(count);
    this.#inFlight = new Uint8Array(count);
    this.#generations = new Uint8Array(count);
    for (let slot = 0; slot < count; slot += 1) {
      this.#slots.bytes.set(message, slot * this.#stride);
      writeHeader(this.#slots.bytes, slot * this.#stride, slot, 0);
    }
  }

  /** Queues one datagram of socket `index`, which has a free slot; its latency counts from `dueAt`. */
  post(index: number, dueAt: number): void {
    const left = (this.free[index] ?? 0) - 1;
    this.free[index] = left;
    const slot = this.#freeSlots[index * this.window + left] as number;
    this.#dueAt[slot] = dueAt;
    this.#inFlight[slot] = 1;
    this.#outgoing.point(this.#queued, this.#slots, slot * this.#stride, this.#bytes);
    this.#queued += 1;
    if (this.#queued === this.#batch) this.flush(index);
  }

  /** Sends what was queued for socket `index`. */
  flush(index: number): void {
    const fd = this.sockets[index] as number;
    let tries = 0;
    for (let from = 0; from < this.#queued; ) {
      const sent = this.#segments ? this.#sendJoined(fd) : this.#sendFrom(fd, from);
      if (sent > 0) from += sent;
      else {
        this.#mayGoOn('sendmmsg', tries);
        tries += 1;
      }
    }
    this.#queued = 0;
  }

  #sendFrom(fd: number, from: number): number {
    const headers = this.#outgoing.headers(BATCH_MAX) + from * MMSGHDR.size;
    return this.#clients.libc.sendmmsg(fd, headers, this.#queued - from, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  /** Sends all that is queued as one message. */
  #sendJoined(fd: number): number {
    this.#outgoing.join(this.#queued, this.#bytes);
    const sent = this.#clients.libc.sendmsg(fd, this.#outgoing.headers(1), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? sent : this.#queued;
  }

  /** Receives a batch of answers on socket `index` and frees their slots; gives how many came. */
  receive(index: number): number {
    const count = this.#clients.libc.recvmmsg(
      this.sockets[index] as number,
      this.#incoming.headers(BATCH_MAX),
      BATCH_MAX,
      MSG_DONTWAIT | MSG_TRUNC,
      0,
    );
    if (count <= 0) {
      const errno = this.#clients.libc.errno();
      if (errno !== EAGAIN) this.#mayGoOn('recvmmsg', 0);
      return 0;
    }
    const now = performance.now();
    this.now = now;
    for (let at = 0; at < count; at += 1) this.#take(index, at, now);
    return count;
  }

  /** Gives up what is due since `before` or longer: counts it as lost and frees its slot. */
  sweep(before: number): void {
    const slots = this.#dueAt.length;
    for (let slot = 0; slot < slots; slot += 1) {
      if (this.#inFlight[slot] === 0 || (this.#dueAt[slot] as number) > before) continue;
      this.#tally.lost += 1;
      this.#release(Math.floor(slot / this.window), slot);
    }
  }

  #take(index: number, at: number, now: number): void {
    const slot = this.#slotOf(index, at);
    if (slot < 0) this.#tally.wrong += 1;
    else if (!this.#isAwaited(slot, at)) this.#tally.late += 1;
    else {
      if (this.#isGood(at)) this.#tally.answered(this.#bytes, now - (this.#dueAt[slot] as number));
      else this.#tally.wrong += 1;
      this.#release(index, slot);
    }
  }

  /** The slot of socket `index` that answer `at` belongs to; negative when it is no answer to anything. */
  #slotOf(index: number, at: number): number {
    if (this.#incoming.lengthOf(at) !== this.#bytes) return -1;
    const slot = readSlot(this.#inbox.bytes, at * this.#stride);
    return slot >= index * this.window && slot < (index + 1) * this.window ? slot : -1;
  }

  #isAwaited(slot: number, at: number): boolean {
    const generation = readGeneration(this.#inbox.bytes, at * this.#stride);
    return this.#inFlight[slot] === 1 && generation === this.#generations[slot];
  }

  #isGood(at: number): boolean {
    this.#compare += 1;
    if (this.#compare % COMPARE_EVERY !== 0) return true;
    const offset = at * this.#stride + HEADER_BYTES;
    return same(this.#inbox.bytes, offset, this.#answer, HEADER_BYTES, this.#bytes - HEADER_BYTES);
  }

  #release(index: number, slot: number): void {
    this.#inFlight[slot] = 0;
    const generation = ((this.#generations[slot] as number) + 1) % GENERATIONS;
    this.#generations[slot] = generation;
    writeGeneration(this.#slots.bytes, slot * this.#stride, generation);
    const left = this.free[index] as number;
    this.#freeSlots[index * this.window + left] = slot;
    this.free[index] = left + 1;
  }

  /** Whether a failed call can be made again; it rests a moment while the device is full. */
  #mayGoOn(syscall: string, tries: number): void {
    const errno = this.#clients.libc.errno();
    if (errno === ECONNREFUSED) this.#tally.errors += 1;
    else if (errno === EAGAIN && tries < FULL_TRIES_MAX)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    else if (errno !== EINTR) throw this.#clients.error(syscall, errno);
  }
}
