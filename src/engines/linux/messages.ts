/**
 * Arrays of `struct mmsghdr` with their vectors, names and bytes, for recvmmsg(2) and sendmmsg(2): one to receive into,
 * which all sockets of a thread share, and one a socket to queue what it sends. Layout and bounds only; no calls.
 */
import type { Address } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import type { Libc } from './ffi.ts';
import { IOVEC, MMSGHDR, MSGHDR, SOCKADDR_BYTES } from './layout.ts';
import { copyOut, Slab } from './memory.ts';
import type { SockaddrCodec } from './sockaddr.ts';

/** Datagrams a call: past 32 to 64 more of them gain nothing (speed.md, the knee is at 8). */
export const BATCH_MAX = 64;
/** The longest datagram that is sent or received whole, in bytes: every UDP datagram is; a longer Unix datagram is not. */
export const DATAGRAM_BYTES_MAX = 65_536;
/** The bytes that a socket queues to send. */
const SEND_QUEUE_BYTES = 131_072;

/** Slots a page apart would share one set of the processor's cache; two lines more spread them over all. */
const RECEIVE_STRIDE = DATAGRAM_BYTES_MAX + 128;
const NAME_STRIDE = 128;

const WORDS = MMSGHDR.size / 4;
const NAME_LENGTH_WORD = MSGHDR.nameLength / 4;
const FLAGS_WORD = MSGHDR.flags / 4;
const LENGTH_WORD = MMSGHDR.length / 4;

class Messages {
  readonly headers: Slab;
  readonly vectors: Slab;
  readonly names: Slab;
  readonly data: Slab;

  constructor(libc: Libc, dataBytes: number) {
    this.headers = new Slab(libc, BATCH_MAX * MMSGHDR.size);
    this.vectors = new Slab(libc, BATCH_MAX * IOVEC.size);
    this.names = new Slab(libc, BATCH_MAX * NAME_STRIDE);
    this.data = new Slab(libc, dataBytes);
    for (let slot = 0; slot < BATCH_MAX; slot += 1) {
      const header = slot * MMSGHDR.size;
      this.headers.setPointer(header + MSGHDR.name, this.names, slot * NAME_STRIDE, SOCKADDR_BYTES);
      this.headers.setPointer(header + MSGHDR.iov, this.vectors, slot * IOVEC.size, IOVEC.size);
      this.headers.words[slot * WORDS + MSGHDR.iovLength / 4] = 1;
    }
  }

  /** The address of `count` headers from `slot` on. */
  header(slot: number, count: number): number {
    return this.headers.at(slot * MMSGHDR.size, count * MMSGHDR.size);
  }

  protected setVector(slot: number, offset: number, length: number): void {
    this.vectors.setPointer(slot * IOVEC.size + IOVEC.base, this.data, offset, length);
    this.vectors.words[(slot * IOVEC.size + IOVEC.length) / 4] = length;
  }
}

/** Where datagrams are received, valid until the next receiving call of the thread. */
export class ReceiveMessages extends Messages {
  readonly #codec: SockaddrCodec;

  constructor(libc: Libc, codec: SockaddrCodec) {
    super(libc, BATCH_MAX * RECEIVE_STRIDE);
    this.#codec = codec;
    for (let slot = 0; slot < BATCH_MAX; slot += 1)
      this.setVector(slot, slot * RECEIVE_STRIDE, DATAGRAM_BYTES_MAX);
  }

  /** Makes every header ready to receive, for the kernel writes lengths into them. */
  reset(): void {
    const { words } = this.headers;
    for (let at = 0; at < BATCH_MAX * WORDS; at += WORDS) {
      words[at + NAME_LENGTH_WORD] = SOCKADDR_BYTES;
      words[at + FLAGS_WORD] = 0;
    }
  }

  /** The length of the datagram in `slot` on the wire, as recvmmsg wrote it. */
  lengthOf(slot: number): number {
    return this.headers.words[slot * WORDS + LENGTH_WORD] ?? 0;
  }

  /** Says how long the datagram in `slot` is, when it came by another call. */
  setLength(slot: number, length: number): void {
    this.headers.words[slot * WORDS + LENGTH_WORD] = length;
  }

  /** The bytes of `slot`, copied out. */
  dataOf(slot: number): Uint8Array {
    return copyOut(this.data.bytes, slot * RECEIVE_STRIDE, Math.min(this.lengthOf(slot), DATAGRAM_BYTES_MAX));
  }

  /** The sender of `slot`. */
  addressOf(slot: number): Address {
    const length = this.headers.words[slot * WORDS + NAME_LENGTH_WORD] ?? 0;
    return this.#codec.read(this.names, slot * NAME_STRIDE, Math.min(length, SOCKADDR_BYTES));
  }
}

/** What a socket has queued to send: at most 64 datagrams of 128 KiB in all. */
export class SendMessages extends Messages {
  readonly #codec: SockaddrCodec;
  #head = 0;
  #tail = 0;
  #used = 0;

  constructor(libc: Libc, codec: SockaddrCodec) {
    super(libc, SEND_QUEUE_BYTES);
    this.#codec = codec;
  }

  /** How many datagrams wait. */
  get size(): number {
    return this.#tail - this.#head;
  }

  /** Tells whether a datagram of `length` bytes has room. */
  hasRoom(length: number): boolean {
    return this.#tail < BATCH_MAX && this.#used + length <= this.data.bytes.length;
  }

  /** Queues a copy of the parts as one datagram; false when the address is none of this family. */
  push(parts: readonly Uint8Array[], length: number, address: Address | undefined, family: Family): boolean {
    const slot = this.#tail;
    const nameLength = address ? this.#codec.write(this.names, slot * NAME_STRIDE, address, family) : 0;
    if (address && nameLength === 0) return false;
    this.headers.words[slot * WORDS + NAME_LENGTH_WORD] = nameLength;
    this.setVector(slot, this.#used, length);
    for (const part of parts) {
      this.data.bytes.set(part, this.#used);
      this.#used += part.length;
    }
    this.#tail += 1;
    return true;
  }

  /** The address of the headers that wait. */
  pending(): number {
    return this.header(this.#head, this.size);
  }

  /** The address of the `struct msghdr` of the first that waits. */
  first(): number {
    return this.header(this.#head, 1);
  }

  /** Where the first that waits goes to. */
  firstAddress(): Address | undefined {
    const length = this.headers.words[this.#head * WORDS + NAME_LENGTH_WORD] ?? 0;
    return length === 0 ? undefined : this.#codec.read(this.names, this.#head * NAME_STRIDE, length);
  }

  /** Takes `count` off the front. */
  drop(count: number): void {
    this.#head += count;
    if (this.#head < this.#tail) return;
    this.clear();
  }

  /** Takes all off. */
  clear(): void {
    this.#head = 0;
    this.#tail = 0;
    this.#used = 0;
  }
}
