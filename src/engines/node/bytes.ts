/** The bytes of a stream on their way: what was asked to be sent, and what has arrived and nobody has taken. */

/** Bytes as a sending call takes them: one array, or parts one after another. */
export type Data = Uint8Array | readonly Uint8Array[];

/** Counts the bytes of all parts. */
function lengthOf(data: Data): number {
  return data instanceof Uint8Array ? data.length : data.reduce((sum, part) => sum + part.length, 0);
}

/** In place of an empty part, which may be a detached one, that nothing can be done with. */
const NOTHING = new Uint8Array(0);

/** Copies all parts into one array. */
export function gather(data: Data): Uint8Array {
  const all = new Uint8Array(lengthOf(data));
  let offset = 0;
  for (const part of data instanceof Uint8Array ? [data] : data) {
    all.set(part, offset);
    offset += part.length;
  }
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
