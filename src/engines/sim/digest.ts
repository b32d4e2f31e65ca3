/**
 * A digest of a run, the same in every runtime: cyrb53 (bryc, public domain) with both of its 32-bit halves kept. It
 * tells runs apart; it is no cryptography.
 */

/** How many texts are known by number; a run has a few hosts, links and reasons. */
const NAMES_MAX = 4096;

/** Takes values one after another. */
export class Digest {
  readonly #names = new Map<string, number>();
  #a = 0xdeadbeef | 0;
  #b = 0x41c6ce57;

  /** Takes a 32-bit number. */
  word(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 2_654_435_761);
    this.#b = Math.imul(this.#b ^ value, 1_597_334_677);
  }

  /** Takes any whole number up to 2^53. */
  number(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 2 ** 32));
  }

  text(value: string): void {
    this.word(value.length);
    for (let index = 0; index < value.length; index++) this.word(value.charCodeAt(index));
  }

  /** Takes a text that comes again and again: whole the first time, then as the number of its first time. */
  name(value: string): void {
    const number = this.#names.get(value);
    if (number !== undefined) {
      this.word(number);
      return;
    }
    if (this.#names.size < NAMES_MAX) this.#names.set(value, this.#names.size);
    this.text(value);
  }

  bytes(value: Uint8Array): void {
    const { length } = value;
    this.word(length);
    const whole = length & ~3;
    // the busiest loop of a run: four bytes a step, one multiplication each, the halves in variables
    let a = this.#a;
    let b = this.#b;
    for (let at = 0; at < whole; at += 4) {
      const high = ((value[at] as number) << 24) | ((value[at + 1] as number) << 16);
      const word = high | ((value[at + 2] as number) << 8) | (value[at + 3] as number);
      a = Math.imul(a ^ word, 2_654_435_761);
      b = ((b ^ (a >>> 15)) + word) | 0;
    }
    this.#a = a;
    this.#b = b;
    for (let at = whole; at < length; at++) this.word(value[at] as number);
  }

  /** The digest so far, 16 hexadecimal digits. */
  hex(): string {
    let a = Math.imul(this.#a ^ (this.#a >>> 16), 2_246_822_507);
    a ^= Math.imul(this.#b ^ (this.#b >>> 13), 3_266_489_909);
    let b = Math.imul(this.#b ^ (this.#b >>> 16), 2_246_822_507);
    b ^= Math.imul(this.#a ^ (this.#a >>> 13), 3_266_489_909);
    return [b, a].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
