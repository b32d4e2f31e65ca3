/** The bytes of a stream on their way: what was asked to be sent, and what has arrived and nobody has taken. */

/** Bytes as a sending call takes them: one array, or parts one after another. */
export type Data = Uint8Array | readonly Uint8Array[];

/** Taken once, for the global is a getter, and a small copy is made for each message. A browser has none. */
const { Buffer } = globalThis;

/** Counts the bytes of all parts. */
function lengthOf(data: Data): number {
  return data instanceof Uint8Array ? data.length : data.reduce((sum, part) => sum + part.length, 0);
}

/** No bytes; in place of an empty part, which may be a detached one, that nothing can be done with. */
export const NOTHING: Uint8Array = new Uint8Array(0);

/** Copies all parts into one array: a `Buffer`, which Node takes as it is and cuts from a pool while it is small. */
export function copy(data: Data): Buffer {
  if (!(data instanceof Uint8Array)) return Buffer.concat(data);
  const all = Buffer.allocUnsafe(data.length);
  all.set(data);
  return all;
}

/** Bytes to send, given out in copies from the start. */
export class Outbox {
  /** All bytes. */
  readonly length: number;
  readonly #parts: readonly Uint8Array[];
  #part = 0;
  #offset = 0;
  #taken = 0;

  constructor(data: Data) {
    this.#parts = data instanceof Uint8Array ? [data] : data;
    this.length = lengthOf(data);
  }

  /** How many bytes `take` has given out. */
  get taken(): number {
    return this.#taken;
  }

  /** Copies the next bytes, `max` at most; `undefined` when they have gone, with a buffer that was detached meanwhile. */
  take(max: number): Uint8Array | undefined {
    const copy = new Uint8Array(Math.min(max, this.length - this.#taken));
    let filled = 0;
    while (filled < copy.length) {
      const part = this.#parts[this.#part];
      if (part === undefined) return undefined;
      const piece =
        part.length > 0 ? part.subarray(this.#offset, this.#offset + copy.length - filled) : NOTHING;
      copy.set(piece, filled);
      filled += piece.length;
      this.#offset += piece.length;
      if (this.#offset < part.length) continue;
      this.#part += 1;
      this.#offset = 0;
    }
    this.#taken += copy.length;
    return copy;
  }
}

/** Bytes that have arrived, in chunks as they came. */
export class Inbox {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Takes up to `size` bytes. A chunk that is wanted whole is given as it is, all else is copied. */
  take(size: number): Uint8Array {
    const [first] = this.#chunks;
    if (first && first.length <= size && this.#chunks.length === 1) {
      this.clear();
      return first;
    }
    const taken = this.peek(size);
    this.#drop(taken.length);
    return taken;
  }

  /** Copies up to `size` bytes and leaves them. */
  peek(size: number): Uint8Array {
    const copy = new Uint8Array(Math.min(size, this.#length));
    let filled = 0;
    for (const chunk of this.#chunks) {
      if (filled === copy.length) break;
      copy.set(chunk.subarray(0, copy.length - filled), filled);
      filled += Math.min(chunk.length, copy.length - filled);
    }
    return copy;
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  #drop(count: number): void {
    this.#length -= count;
    let left = count;
    let whole = 0;
    for (const chunk of this.#chunks) {
      if (chunk.length > left) break;
      left -= chunk.length;
      whole += 1;
    }
    this.#chunks.splice(0, whole);
    const first = this.#chunks[0];
    if (first && left > 0) this.#chunks[0] = first.subarray(left);
  }
}
