/** How far a stream's `send` has come through its parts. */

/** The bytes of one `send`, in order, and which of them are still to go. */
export class ByteCursor {
  /** Bytes in all. */
  readonly total: number;
  /** Bytes gone. */
  sent: number;
  readonly #parts: readonly Uint8Array[];
  #index = 0;
  #offset: number;

  /** @param sent - bytes that are gone already, of one piece of data. */
  constructor(data: Uint8Array | readonly Uint8Array[], sent = 0) {
    this.sent = sent;
    this.#offset = sent;
    this.#parts = data instanceof Uint8Array ? [data] : data;
    let total = 0;
    for (const part of this.#parts) total += part.length;
    this.total = total;
  }

  /** What is left of the part at hand, when that is at least `min` bytes. */
  inPlace(min: number): Uint8Array | undefined {
    const part = this.#parts[this.#index];
    if (part === undefined || part.length - this.#offset < min) return undefined;
    return this.#offset === 0 ? part : part.subarray(this.#offset);
  }

  /** Copies what fits of the bytes that are left to the start of `target` and gives the count. */
  gather(target: Uint8Array): number {
    let used = 0;
    for (let index = this.#index; index < this.#parts.length && used < target.length; index += 1) {
      const part = this.#parts[index] as Uint8Array;
      const from = index === this.#index ? this.#offset : 0;
      // memory that its owner has shrunk or handed on meanwhile has nothing left
      const fits = Math.min(Math.max(part.length - from, 0), target.length - used);
      target.set(fits === part.length ? part : part.subarray(from, from + fits), used);
      used += fits;
    }
    return used;
  }

  /** Says that `count` more bytes are gone. */
  advance(count: number): void {
    this.sent += count;
    this.#offset += count;
    for (
      let part = this.#parts[this.#index];
      part && this.#offset >= part.length;
      part = this.#parts[this.#index]
    ) {
      this.#offset -= part.length;
      this.#index += 1;
    }
  }
}
