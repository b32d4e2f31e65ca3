/** Bytes in the order in which they came, in chunks: what waits to be sent, and what waits to be read. */

/** No bytes. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A queue of bytes. Chunks that go in are the queue's; what comes out may be a view of one. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  /** How many chunks at the start have gone; they are dropped together, for dropping each would move all others. */
  #gone = 0;
  #length = 0;

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Puts bytes back that were taken from the start. */
  putBack(chunk: Uint8Array): void {
    this.#compact();
    this.#chunks.unshift(chunk);
    this.#length += chunk.length;
  }

  /** Takes up to `size` bytes: a view when one chunk has them all, else a copy. */
  take(size: number): Uint8Array {
    const bytes = this.look(size);
    this.drop(bytes.length);
    return bytes;
  }

  /** Gives up to `size` bytes and leaves them. */
  look(size: number): Uint8Array {
    const wanted = Math.min(size, this.#length);
    const first = this.#chunks[this.#gone];
    if (first === undefined || wanted === 0) return NO_BYTES;
    return first.length >= wanted ? first.subarray(0, wanted) : this.#gather(wanted);
  }

  /** Drops the first `count` bytes. */
  drop(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    while (left > 0) {
      const first = this.#chunks[this.#gone] as Uint8Array;
      if (first.length > left) {
        this.#chunks[this.#gone] = first.subarray(left);
        break;
      }
      left -= first.length;
      this.#chunks[this.#gone] = NO_BYTES;
      this.#gone += 1;
    }
    if (this.#gone * 2 >= this.#chunks.length) this.#compact();
  }

  clear(): void {
    this.#chunks = [];
    this.#gone = 0;
    this.#length = 0;
  }

  #gather(wanted: number): Uint8Array {
    const all = new Uint8Array(wanted);
    let filled = 0;
    for (let index = this.#gone; filled < wanted; index++) {
      const piece = (this.#chunks[index] as Uint8Array).subarray(0, wanted - filled);
      all.set(piece, filled);
      filled += piece.length;
    }
    return all;
  }

  #compact(): void {
    this.#chunks = this.#chunks.slice(this.#gone);
    this.#gone = 0;
  }
}

/** Puts chunks together; one alone is given as it is. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const [first = NO_BYTES] = chunks;
  if (chunks.length <= 1) return first;
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let used = 0;
  for (const chunk of chunks) {
    whole.set(chunk, used);
    used += chunk.length;
  }
  return whole;
}
