/**
 * Memory that the kernel reads and writes. A slab is one ArrayBuffer whose address is taken once; nobody hands the
 * kernel an address except through `at`, which checks that the length stays inside.
 */
import type { Libc } from './ffi.ts';

/** Below this many bytes V8 may keep an array on its heap and move it. */
const SLAB_MIN_BYTES = 4096;

/** A piece of memory that never moves, with a view for each way in which we read it. */
export class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The same memory as 32-bit words, for the fields that are written for every message. */
  readonly words: Int32Array;
  readonly #address: number;

  /** @param size - bytes; rounded up to a whole number of 4 KiB. */
  constructor(libc: Libc, size: number) {
    const buffer = new ArrayBuffer(Math.ceil(size / SLAB_MIN_BYTES) * SLAB_MIN_BYTES);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.words = new Int32Array(buffer);
    this.#address = libc.addressOf(this.bytes);
  }

  /** The address of `length` bytes at `offset`. RangeError when they are not all inside: that would be corruption. */
  at(offset: number, length: number): number {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.bytes.length)) {
      throw new RangeError(`A slab of ${this.bytes.length} bytes has no ${length} bytes at ${offset}`);
    }
    return this.#address + offset;
  }

  /** Writes the address of `length` bytes of `target` at `targetOffset` as a pointer at `offset`, a multiple of 4. */
  setPointer(offset: number, target: Slab, targetOffset: number, length: number): void {
    const pointer = target.at(targetOffset, length);
    // An address has 47 bits, so a number holds it; `| 0` takes its low 32.
    this.words[offset >> 2] = pointer | 0;
    this.words[(offset >> 2) + 1] = Math.floor(pointer / 2 ** 32);
  }
}

/**
 * Memory for one large receive, which becomes the caller's as it is: clearing 64 KiB and copying them costs more than
 * the system call. What it held before is not cleared: the view that is given out covers what the kernel has written.
 */
export class UnclearedBytes {
  readonly #bytes: ArrayBuffer;
  readonly #address: number;

  /** @param size - bytes, at least 4 KiB, so that the memory never moves. */
  constructor(libc: Libc, size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(size, SLAB_MIN_BYTES)).buffer as ArrayBuffer;
    this.#address = libc.addressOf(new Uint8Array(this.#bytes));
  }

  get length(): number {
    return this.#bytes.byteLength;
  }

  /** The address of the first `length` bytes; RangeError when there are not as many. */
  at(length: number): number {
    if (!(length >= 0 && length <= this.length))
      throw new RangeError(`There are ${this.length} bytes, not ${length}`);
    return this.#address;
  }

  /** The first `length` bytes, which the kernel has written. */
  first(length: number): Uint8Array {
    return new Uint8Array(this.#bytes, 0, length);
  }
}

/** Up to this many bytes an array lives on V8's heap, where making one is cheap. */
const SMALL_BYTES = 64;
/** From this many bytes up an array gets memory of its own. */
export const LARGE_BYTES = 16_384;
const POOL_BYTES = 65_536;

let pool = new Uint8Array(0);
let poolUsed = 0;

/**
 * Copies `length` bytes out of a slab into an array that is the caller's for ever. Arrays of middling length share
 * pools of 64 KiB, as Node's own Buffers do: an allocation each would cost five times the copy. A pool can't be
 * transferred to another thread, which would take it from its neighbours.
 */
export function copyOut(source: Uint8Array, offset: number, length: number): Uint8Array {
  if (length <= SMALL_BYTES || length >= LARGE_BYTES) return source.slice(offset, offset + length);
  if (poolUsed + length > pool.length) {
    pool = new Uint8Array(POOL_BYTES);
    process.getBuiltinModule('node:worker_threads').markAsUntransferable(pool.buffer);
    poolUsed = 0;
  }
  const copy = pool.subarray(poolUsed, poolUsed + length);
  poolUsed += (length + 7) & ~7;
  copy.set(source.subarray(offset, offset + length));
  return copy;
}
