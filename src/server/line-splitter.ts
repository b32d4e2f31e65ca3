/**
 * Cuts a stream of bytes into lines, without looking into them: it knows newlines, a longest line, and where a UTF-8
 * character is not complete yet. It reads no socket and has no clock.
 */
import { isUtf8 } from 'node:buffer';

const NEWLINE = 0x0a;
/** What the buffer of an unfinished line begins with, in bytes; it doubles as the line grows. */
const BUFFER_BYTES_MIN = 256;
const EMPTY = new Uint8Array(0);

/** What one more piece of the stream completed. */
export interface Split {
  /** The lines that are complete now, each with its newline; none is zero bytes. */
  readonly lines: Uint8Array;
  /** Whether the line after them is longer than allowed: the stream can't go on. */
  readonly tooLong: boolean;
}

/** The unfinished line of one stream. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #buffer = EMPTY;
  /** How much of `#buffer` is in use: what was pushed and not handed out yet. */
  #kept = 0;
  /** The length of the unfinished line, with what `takeCharacters` has handed out of it. */
  #lineBytes = 0;

  /** @param lineBytesMax - the longest line, without its newline. */
  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Whether `takeCharacters` would give anything. */
  get hasCharacters(): boolean {
    return this.#characters > 0;
  }

  /** Adds what has arrived. The bytes of a line that is too long are dropped. */
  push(chunk: Uint8Array): Split {
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, from)) {
      if (this.#lineBytes + newline - from > this.#lineBytesMax) return this.#tooLong(chunk, from);
      this.#lineBytes = 0;
      from = newline + 1;
    }
    this.#lineBytes += chunk.length - from;
    if (this.#lineBytes > this.#lineBytesMax) return this.#tooLong(chunk, from);
    const lines = this.#lines(chunk, from);
    this.#keep(chunk.subarray(from));
    return { lines, tooLong: false };
  }

  /** Hands out what there is of the unfinished line, up to its last complete character. */
  takeCharacters(): Uint8Array {
    return this.#take(this.#characters);
  }

  /** Hands out all there is: the stream has ended. */
  takeRest(): Uint8Array {
    return this.#take(this.#kept);
  }

  get #characters(): number {
    return this.#kept - incompleteBytes(this.#buffer.subarray(0, this.#kept));
  }

  #tooLong(chunk: Uint8Array, from: number): Split {
    const lines = this.#lines(chunk, from);
    this.#kept = 0;
    return { lines, tooLong: true };
  }

  /** The first `end` bytes of `chunk`, whole lines, after what was kept of the first of them. */
  #lines(chunk: Uint8Array, end: number): Uint8Array {
    if (end === 0) return EMPTY;
    const lines = chunk.subarray(0, end);
    return this.#kept === 0 ? lines : Buffer.concat([this.#take(this.#kept), lines]);
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#kept + bytes.length;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#buffer.length, BUFFER_BYTES_MIN));
      grown.set(this.#buffer.subarray(0, this.#kept));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#kept);
    this.#kept = needed;
  }

  #take(count: number): Uint8Array {
    const taken = this.#buffer.slice(0, count);
    this.#buffer.copyWithin(0, count, this.#kept);
    this.#kept -= count;
    return taken;
  }
}

/** The longest part of a UTF-8 character that is not a whole one, in bytes. */
const PARTIAL_BYTES_MAX = 3;
/** Every beginning of a character becomes a whole one with continuation bytes of either end of their range. */
const CONTINUATIONS = [0x80, 0xbf];

/**
 * How many bytes at the end are the beginning of a UTF-8 character whose rest has not arrived; 0 when the text ends
 * with a whole character, or with bytes that no more bytes would make one.
 *
 * @see RFC 3629 section 4
 */
export function incompleteBytes(bytes: Uint8Array): number {
  for (let count = 1; count <= Math.min(PARTIAL_BYTES_MAX, bytes.length); count++) {
    const lead = bytes[bytes.length - count] as number;
    if (lead >= 0xc0) return canBecomeCharacter(bytes.subarray(-count), lead) ? count : 0;
    if (lead < 0x80) return 0;
  }
  return 0;
}

function canBecomeCharacter(start: Uint8Array, lead: number): boolean {
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (start.length >= length) return false;
  return CONTINUATIONS.some((byte) => {
    const whole = new Uint8Array(length).fill(byte);
    whole.set(start);
    return isUtf8(whole);
  });
}
