/** Arrays of `struct mmsghdr` with their vectors, names and bytes, for recvmmsg(2) and sendmmsg(2). */
import type { Libc } from './ffi.ts';
import { IOVEC, MMSGHDR, MSGHDR, SOCKADDR_BYTES } from './layout.ts';
import { Slab } from './memory.ts';

/** Datagrams a call: past 32 to 64 more of them gain nothing (speed.md, the knee is at 8). */
export const BATCH_MAX = 64;
/** The longest datagram that is sent or received whole, in bytes: every UDP datagram is; a longer Unix datagram is not. */
export const DATAGRAM_BYTES_MAX = 65_536;
/** The room of one name in bytes. */
export const NAME_STRIDE: number = 128;

/** A header's length, and where its fields are, in words of 32 bits. */
export const WORDS: number = MMSGHDR.size / 4;
export const NAME_LENGTH_WORD: number = MSGHDR.nameLength / 4;
export const CONTROL_LENGTH_WORD: number = MSGHDR.controlLength / 4;
export const FLAGS_WORD: number = MSGHDR.flags / 4;
export const LENGTH_WORD: number = MMSGHDR.length / 4;

/** Headers, and what they point at. */
export class Messages {
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
