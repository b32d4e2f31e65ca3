/**
 * A digest of a run, the same in every runtime: cyrb53 (bryc, public domain) with both of its 32-bit halves kept. It
 * tells runs apart; it is no cryptography.
 */

/** Takes values one after another. */
export class Digest {
  #a = 0xdeadbeef;
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

  bytes(value: Uint8Array): void {
    this.word(value.length);
    let word = 0;
    for (let index = 0; index < value.length; index++) {
      word = (word << 8) | (value[index] ?? 0);
      if ((index & 3) === 3) this.word(word);
    }
    if (value.length & 3) this.word(word);
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
