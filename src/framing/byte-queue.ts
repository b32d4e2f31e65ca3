/**
 * The bytes that were received and not read, in one piece, so that a framing looks for its message without knowing in
 * which chunks it came. It reads no connection and has no clock.
 */

const EMPTY = new Uint8Array(0);

/** Unread bytes. Each byte is copied a bounded number of times, in however small pieces it comes. */
export class ByteQueue {
  #storage = EMPTY;
  #start = 0;
  #end = 0;

  /** How many bytes are unread. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The unread bytes, to look at: good until the next call. */
  get view(): Uint8Array {
    return this.#storage.subarray(this.#start, this.#end);
  }

  /**
   * Adds a chunk, which is the queue's from then on: a chunk that finds nothing unread is not copied.
   *
   * @param bytesMax - how many unread bytes are expected at most, so that there is not room for twice as many.
   */
  append(chunk: Uint8Array, bytesMax: number): void {
    if (this.length === 0) {
      this.#keep(plain(chunk));
      return;
    }
    this.#makeRoom(chunk.length, bytesMax);
    this.#storage.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** Drops the first `count` bytes. */
  skip(count: number): void {
    this.#start += count;
    if (this.#start === this.#end) this.#keep(EMPTY);
  }

  /**
   * Takes the first `count` bytes and drops `after` more. The result shares its memory with nobody: what is large is
   * given out in place, and the rest moves away; what is small is copied, so that it doesn't hold a whole chunk.
   */
  take(count: number, after: number = 0): Uint8Array {
    const end = this.#start + count;
    if (2 * count <= this.#storage.length) {
      const copy = this.#storage.slice(this.#start, end);
      this.skip(count + after);
      return copy;
    }
    const taken = this.#storage.subarray(this.#start, end);
    this.#keep(end + after === this.#end ? EMPTY : this.#storage.slice(end + after, this.#end));
    return taken;
  }

  #keep(bytes: Uint8Array<ArrayBuffer>): void {
    this.#storage = bytes;
    this.#start = 0;
    this.#end = bytes.length;
  }

  /** Doubles the storage when it is full, as far as `bytesMax`: growing byte by byte copies each byte once on average. */
  #makeRoom(count: number, bytesMax: number): void {
    if (this.#end + count <= this.#storage.length) return;
    const unread = this.view;
    this.#storage = new Uint8Array(Math.max(unread.length + count, Math.min(2 * unread.length, bytesMax)));
    this.#storage.set(unread);
    this.#start = 0;
    this.#end = unread.length;
  }
}

/** A Node Buffer is a Uint8Array whose `slice` does not copy: only the bytes are taken over, not the class. */
function plain(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = chunk;
  // a chunk of shared memory behaves the same; only the type tells them apart
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}
