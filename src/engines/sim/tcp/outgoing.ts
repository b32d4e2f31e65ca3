/** How far a `send` has come through its parts. */
import { NO_BYTES } from './byte-queue.ts';

/** The bytes of one `send`, given out in copies from the start. */
export class Outgoing {
  /** All bytes. */
  readonly length: number;
  readonly #parts: readonly Uint8Array[];
  #part = 0;
  #offset = 0;
  #taken = 0;

  constructor(data: Uint8Array | readonly Uint8Array[]) {
    this.#parts = data instanceof Uint8Array ? [data] : data;
    this.length = this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** How many bytes have been given out. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Copies the next bytes, `max` at most.
   *
   * @throws TypeError when they are gone, with a buffer that was detached meanwhile.
   */
  take(max: number): Uint8Array {
    const copy = new Uint8Array(Math.min(max, this.length - this.#taken));
    let filled = 0;
    while (filled < copy.length) {
      const piece = this.#next(copy.length - filled);
      copy.set(piece, filled);
      filled += piece.length;
    }
    this.#taken += copy.length;
    return copy;
  }

  #next(max: number): Uint8Array {
    const part = this.#parts[this.#part];
    if (part === undefined)
      throw new TypeError('The data must stay as it is until the send settles: it has become shorter');
    const piece = part.length > 0 ? part.subarray(this.#offset, this.#offset + max) : NO_BYTES;
    this.#offset += piece.length;
    if (this.#offset >= part.length) {
      this.#part += 1;
      this.#offset = 0;
    }
    return piece;
  }
}
