/** Random numbers from a seed: a failed run is played again with the seed that it printed. */

/** A stream of random numbers, the same for the same seed. */
export interface Random {
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** So many random bytes. */
  bytes(length: number): Uint8Array;
}

/** A generator for `seed` and a text, so that each case has its own whichever cases run. Mulberry32. */
export function randomOf(seed: number, text: string): Random {
  let state = seed >>> 0;
  for (const letter of text) state = Math.imul(state ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    integer: (min, max) => min + Math.floor(next() * (max - min + 1)),
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let index = 0; index < length; index++) bytes[index] = next() * 256;
      return bytes;
    },
  };
}
