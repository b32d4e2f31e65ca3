/**
 * Chance, from one seed: a stream of numbers for each purpose, so that one packet more on one link changes nothing on
 * another. sfc32 (Chris Doty-Humphrey, PractRand; public domain): 32-bit additions, shifts and exclusive ors, the same
 * bits in every JavaScript engine.
 */
import { exponentialOf } from './elementary.ts';

/** How many numbers are thrown away before the first: sfc32's own advice is 12. */
const WARM_UP = 12;

/** One stream of random numbers. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param labels - what the stream is for: the same seed and labels give the same numbers. */
  constructor(seed: number, ...labels: readonly (string | number)[]) {
    const text = labels.join('\u0000');
    this.#a = hash(text, seed >>> 0);
    this.#b = hash(text, (seed ^ 0x9e3779b9) >>> 0);
    this.#c = hash(text, Math.floor(seed / 2 ** 32) >>> 0);
    for (let index = 0; index < WARM_UP; index++) this.uint32();
  }

  /** A number from 0 to 4,294,967,295. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from 0 up to but not 1. */
  unit(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1));
  }

  /** Whether something of this probability happens. Takes a number of the stream in every case. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** About a standard normal number: the sum of twelve of `unit`, less 6. Nothing is further out than 6. */
  normal(): number {
    let sum = -6;
    for (let index = 0; index < 12; index++) sum += this.unit();
    return sum;
  }

  /** An exponential number of mean 1. */
  exponential(): number {
    return exponentialOf(1 - this.unit());
  }
}

/** FNV-1a over the UTF-16 units, begun with the seed and mixed at the end as MurmurHash3 does. */
function hash(text: string, seed: number): number {
  let state = 0x811c9dc5 ^ seed;
  for (let index = 0; index < text.length; index++) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) | 0;
}
