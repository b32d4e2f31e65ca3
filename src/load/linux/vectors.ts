/** Arrays of `struct mmsghdr` that point into memory of ours: for recvmmsg(2), sendmmsg(2) and messages of segments. */
import type { Libc } from '../../engines/linux/ffi.ts';
import { IOVEC, MMSGHDR, MSGHDR } from '../../engines/linux/layout.ts';
import { Slab } from '../../engines/linux/memory.ts';

/** Datagrams a call. */
export const BATCH_MAX = 64;

const IPPROTO_UDP = 17;
const UDP_SEGMENT = 103;
export const UDP_GRO = 104;
/** A `struct cmsghdr` with a number in it: its room, and where its fields are. */
const CONTROL = { space: 24, level: 8, type: 12, value: 16, segmentLength: 18 } as const;
const WORDS = MMSGHDR.size / 4;

/** Up to 64 messages of one vector each. */
export class Vectors {
  readonly #headers: Slab;
  readonly #vectors: Slab;
  readonly #controls: Slab;
  /** What the messages point to: the kernel's pointers keep nothing from being collected. */
  readonly #targets: Slab[] = [];

  constructor(libc: Libc) {
    this.#headers = new Slab(libc, BATCH_MAX * MMSGHDR.size);
    this.#vectors = new Slab(libc, BATCH_MAX * IOVEC.size);
    this.#controls = new Slab(libc, BATCH_MAX * CONTROL.space);
    for (let at = 0; at < BATCH_MAX; at += 1) {
      const header = at * MMSGHDR.size;
      this.#headers.setPointer(header + MSGHDR.iov, this.#vectors, at * IOVEC.size, IOVEC.size);
      this.#headers.words[(header + MSGHDR.iovLength) / 4] = 1;
    }
  }

  /** Lets message `at` be `length` bytes of `slab` from `offset` on. */
  point(at: number, slab: Slab, offset: number, length: number): void {
    this.#targets[at] = slab;
    this.#vectors.setPointer(at * IOVEC.size + IOVEC.base, slab, offset, length);
    this.#vectors.words[(at * IOVEC.size + IOVEC.length) / 4] = length;
  }

  /** Makes the vectors of the first `count` messages one message, which the kernel cuts into `bytes` bytes each again. */
  join(count: number, bytes: number): void {
    this.#headers.words[MSGHDR.iovLength / 4] = count;
    if (count > 1) this.cut(0, bytes);
    else this.#headers.words[MSGHDR.controlLength / 4] = 0;
  }

  /** The address of `count` headers. */
  headers(count: number): number {
    return this.#headers.at(0, count * MMSGHDR.size);
  }

  /** How long the received message `at` is. */
  lengthOf(at: number): number {
    return this.#headers.words[at * WORDS + MMSGHDR.length / 4] ?? 0;
  }

  /** Has the kernel cut message `at` into datagrams of `bytes` bytes. */
  cut(at: number, bytes: number): void {
    const control = this.#control(at);
    const { view } = this.#controls;
    view.setUint32(control, CONTROL.segmentLength, true);
    view.setUint32(control + CONTROL.level, IPPROTO_UDP, true);
    view.setUint32(control + CONTROL.type, UDP_SEGMENT, true);
    view.setUint16(control + CONTROL.value, bytes, true);
  }

  /** Makes room for what the kernel says about each of the first `count` messages that it receives. */
  expectSegments(count: number): void {
    for (let at = 0; at < count; at += 1)
      this.#controls.words.fill(0, this.#control(at) / 4, this.#control(at) / 4 + 6);
  }

  /** The length of the datagrams that message `at` was put together from: its own when it is a single one. */
  segmentOf(at: number): number {
    const control = at * CONTROL.space;
    const { view } = this.#controls;
    const told =
      view.getUint32(control + CONTROL.level, true) === IPPROTO_UDP &&
      view.getUint32(control + CONTROL.type, true) === UDP_GRO;
    return told ? view.getUint16(control + CONTROL.value, true) : this.lengthOf(at);
  }

  #control(at: number): number {
    const control = at * CONTROL.space;
    const header = at * MMSGHDR.size;
    this.#headers.setPointer(header + MSGHDR.control, this.#controls, control, CONTROL.space);
    this.#headers.words[(header + MSGHDR.controlLength) / 4] = CONTROL.space;
    return control;
  }
}
