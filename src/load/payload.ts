/**
 * What is sent, and what a good answer looks like. A datagram begins with its number, in characters that no server
 * changes, because datagrams get lost; a stream keeps its order and needs none.
 */

/** The number of a datagram: six characters for its slot, one for how often the slot was used, and a bar. */
export const HEADER_BYTES = 8;
const SLOT_CHARACTERS = 6;
/** Characters `0` to `?`: four bits each, and no letters. */
const ZERO = 0x30;
const BAR = 0x7c;
const NEWLINE = 0x0a;
/** How many uses of a slot can be told apart. */
export const GENERATIONS = 16;

/** Lower-case letters, `bytes` of them; the last a newline where a line is wanted. */
export function letters(bytes: number, line: boolean): Uint8Array {
  const message = Uint8Array.from({ length: bytes }, (_, at) => 97 + (at % 26));
  if (line) message[bytes - 1] = NEWLINE;
  return message;
}

/** What the server makes of it. */
export function answerTo(message: Uint8Array, answer: 'upper' | 'echo'): Uint8Array {
  if (answer === 'echo') return message.slice();
  return message.map((byte) => (byte >= 97 && byte <= 122 ? byte - 32 : byte));
}

/** Writes the number of a slot at `at`. */
export function writeHeader(bytes: Uint8Array, at: number, slot: number, generation: number): void {
  for (let place = 0; place < SLOT_CHARACTERS; place += 1) {
    bytes[at + place] = ZERO + ((slot >> (4 * (SLOT_CHARACTERS - 1 - place))) & 15);
  }
  bytes[at + SLOT_CHARACTERS] = ZERO + (generation & (GENERATIONS - 1));
  bytes[at + SLOT_CHARACTERS + 1] = BAR;
}

/** Writes only how often the slot was used. */
export function writeGeneration(bytes: Uint8Array, at: number, generation: number): void {
  bytes[at + SLOT_CHARACTERS] = ZERO + (generation & (GENERATIONS - 1));
}

/** Reads the number of a slot; negative or far out when it is none. */
export function readSlot(bytes: Uint8Array, at: number): number {
  let slot = 0;
  for (let place = 0; place < SLOT_CHARACTERS; place += 1) {
    const digit = (bytes[at + place] ?? 0) - ZERO;
    if (digit < 0 || digit > 15) return -1;
    slot = (slot << 4) | digit;
  }
  return slot;
}

/** Reads how often the slot was used. */
export function readGeneration(bytes: Uint8Array, at: number): number {
  return (bytes[at + SLOT_CHARACTERS] ?? 0) - ZERO;
}

/** Tells whether `bytes` from `at` on are `expected` from `from` on, `length` bytes. */
export function same(
  bytes: Uint8Array,
  at: number,
  expected: Uint8Array,
  from: number,
  length: number,
): boolean {
  for (let offset = 0; offset < length; offset += 1) {
    if (bytes[at + offset] !== expected[from + offset]) return false;
  }
  return true;
}
