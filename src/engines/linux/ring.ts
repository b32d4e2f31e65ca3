/**
 * Many receives or many sends with one system call: an io_uring whose requests never wait (MSG_DONTWAIT), so that all
 * are done when the call returns, and nothing is ever in flight. It is a faster way to make the same calls, not another
 * way to wait: epoll still says who is ready, and where there is no io_uring each call is made by itself.
 * Sources: io_uring_setup(2), io_uring_enter(2).
 */
import { errorNumber } from '../../posix/errno.ts';
import type { Libc } from './ffi.ts';
import {
  IO_CQRING_OFFSETS,
  IO_SQRING_OFFSETS,
  IO_URING_CQE,
  IO_URING_PARAMS,
  IO_URING_SQE,
} from './layout.ts';
import { Slab } from './memory.ts';

const IORING_SETUP_SUBMIT_ALL = 1 << 7;
const IORING_FEAT_SINGLE_MMAP = 1 << 0;
const IORING_OFF_SQ_RING = 0;
const IORING_OFF_SQES = 0x1000_0000;
const IORING_OP_SEND = 26;
const IORING_OP_RECV = 27;
/** Waits for what was submitted: no request waits for anything itself, so this is a safeguard that costs nothing. */
const IORING_ENTER_GETEVENTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

const EINTR = errorNumber('EINTR');

/** How many requests one call makes: as many as one wake-up serves sockets. */
export const RING_ENTRIES = 64;

const SQE_WORDS = IO_URING_SQE.size / 4;
const CQE_WORDS = IO_URING_CQE.size / 4;

/** A ring of one thread, and the requests that are gathered for its next call. */
export class Ring {
  readonly #libc: Libc;
  readonly fd: number;
  readonly #ring: Int32Array;
  readonly #submissions: Int32Array;
  readonly #headWord: number;
  readonly #tailWord: number;
  readonly #completedHeadWord: number;
  readonly #completedTailWord: number;
  readonly #completionsWord: number;
  readonly #mask: number;
  readonly #completedMask: number;
  readonly #results = new Int32Array(RING_ENTRIES);
  #size = 0;

  /** Opens a ring, `undefined` where the kernel has none or does not let us use it. */
  static open(libc: Libc): Ring | undefined {
    const params = new Slab(libc, IO_URING_PARAMS.size);
    params.view.setUint32(IO_URING_PARAMS.flags, IORING_SETUP_SUBMIT_ALL, true);
    const fd = libc.io_uring_setup(RING_ENTRIES, params.at(0, IO_URING_PARAMS.size));
    if (fd < 0) return undefined;
    try {
      if ((params.view.getUint32(IO_URING_PARAMS.features, true) & IORING_FEAT_SINGLE_MMAP) !== 0)
        return new Ring(libc, fd, params.view);
    } catch {
      // the kernel has a ring and no memory for it: each call is made by itself
    }
    libc.close(fd);
    return undefined;
  }

  private constructor(libc: Libc, fd: number, params: DataView) {
    const field = (offset: number) => params.getUint32(offset, true);
    const completions = field(IO_URING_PARAMS.cqOffsets + IO_CQRING_OFFSETS.cqes);
    const array = field(IO_URING_PARAMS.sqOffsets + IO_SQRING_OFFSETS.array);
    const ringBytes = Math.max(
      array + RING_ENTRIES * 4,
      completions + field(IO_URING_PARAMS.cqEntries) * IO_URING_CQE.size,
    );
    this.#libc = libc;
    this.fd = fd;
    this.#ring = new Int32Array(libc.map(fd, ringBytes, IORING_OFF_SQ_RING));
    this.#submissions = new Int32Array(libc.map(fd, RING_ENTRIES * IO_URING_SQE.size, IORING_OFF_SQES));
    this.#headWord = field(IO_URING_PARAMS.sqOffsets + IO_SQRING_OFFSETS.head) / 4;
    this.#tailWord = field(IO_URING_PARAMS.sqOffsets + IO_SQRING_OFFSETS.tail) / 4;
    this.#completedHeadWord = field(IO_URING_PARAMS.cqOffsets + IO_CQRING_OFFSETS.head) / 4;
    this.#completedTailWord = field(IO_URING_PARAMS.cqOffsets + IO_CQRING_OFFSETS.tail) / 4;
    this.#completionsWord = completions / 4;
    this.#mask = field(IO_URING_PARAMS.sqEntries) - 1;
    this.#completedMask = field(IO_URING_PARAMS.cqEntries) - 1;
    for (let index = 0; index < RING_ENTRIES; index += 1) this.#ring[array / 4 + index] = index;
  }

  /** Adds a `recv` of up to `length` bytes to `address`. Requests are numbered from 0; a call has RING_ENTRIES at most. */
  recv(fd: number, address: number, length: number): void {
    this.#add(IORING_OP_RECV, fd, address, length, MSG_DONTWAIT);
  }

  /** Adds a `send` of `length` bytes at `address`. */
  send(fd: number, address: number, length: number): void {
    this.#add(IORING_OP_SEND, fd, address, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  /**
   * Makes the requests.
   *
   * @returns What each gave, by its number: a count, or a negative errno. Valid until the next call; as many as there
   * were requests. -EINTR stands for a request that was not made.
   */
  run(): Int32Array {
    const results = this.#results;
    const ring = this.#ring;
    results.fill(-EINTR, 0, this.#size);
    this.#submit();
    // what the kernel did not take must not be made with the next call
    ring[this.#tailWord] = ring[this.#headWord] as number;
    const tail = ring[this.#completedTailWord] as number;
    let head = ring[this.#completedHeadWord] as number;
    for (; head !== tail; head = (head + 1) | 0) {
      const word = this.#completionsWord + (head & this.#completedMask) * CQE_WORDS;
      const index = ring[word + IO_URING_CQE.userData / 4] as number;
      results[index] = ring[word + IO_URING_CQE.result / 4] as number;
    }
    ring[this.#completedHeadWord] = head;
    this.#size = 0;
    return results;
  }

  #submit(): void {
    for (let left = this.#size; left > 0; ) {
      const made = this.#libc.io_uring_enter(this.fd, left, left, IORING_ENTER_GETEVENTS, 0, 0);
      if (made > 0) left -= made;
      else if (made === 0 || this.#libc.errno() !== EINTR) return;
    }
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  #add(operation: number, fd: number, address: number, length: number, flags: number): void {
    const ring = this.#ring;
    const words = this.#submissions;
    const tail = ring[this.#tailWord] as number;
    const word = (tail & this.#mask) * SQE_WORDS;
    words[word] = operation;
    words[word + IO_URING_SQE.fd / 4] = fd;
    words[word + IO_URING_SQE.address / 4] = address | 0;
    words[word + IO_URING_SQE.address / 4 + 1] = Math.floor(address / 2 ** 32);
    words[word + IO_URING_SQE.length / 4] = length;
    words[word + IO_URING_SQE.flags / 4] = flags;
    words[word + IO_URING_SQE.userData / 4] = this.#size;
    ring[this.#tailWord] = (tail + 1) | 0;
    this.#size += 1;
  }
}
