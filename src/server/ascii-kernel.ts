/**
 * The WebAssembly module behind `ascii-upper.ts`, assembled here instruction by instruction: it owns its memory and the
 * one function in it, and knows nothing of messages. Source: WebAssembly Core Specification 2.0, chapter 5 (binary
 * format); the instructions have the names of its text format.
 */

export const LOWER_A = 0x61;
export const LOWER_Z = 0x7a;
/** What is between a small ASCII letter and its capital. */
export const CASE_BIT = 0x20;

/** What is taken of `WebAssembly`, whose types the libraries of the compiler leave out. */
export interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

/** The module at work. */
export interface AsciiKernel {
  /** Where bytes are put and taken from, SCRATCH_BYTES long. Its memory never grows, so the view stays good. */
  readonly scratch: Uint8Array;
  /**
   * Turns a–z into A–Z in the first bytes of `scratch`.
   *
   * @param length - how many, 0 to SCRATCH_BYTES.
   * @returns Zero when they are ASCII, every one of them.
   */
  raise(length: number): number;
}

/** One SIMD register, in bytes. */
const BLOCK_BYTES = 16;
/**
 * Two pages of 64 KiB: what `recv` gives at once, 64 KiB, fits with the beginning of its first line, and so does every
 * datagram.
 */
const PAGES = 2;
/** The most that the kernel takes at once: its memory without the block before the bytes. */
export const SCRATCH_BYTES: number = PAGES * 65_536 - BLOCK_BYTES;

/**
 * Compiles the module.
 *
 * @throws What `wasm` throws where it has no SIMD (CompileError) or gets no memory (RangeError).
 */
export function asciiKernel(wasm: WebAssemblyApi): AsciiKernel {
  const { exports } = new wasm.Instance(new wasm.Module(Uint8Array.from(MODULE)));
  const { memory, raise } = exports as {
    memory: { readonly buffer: ArrayBuffer };
    raise: AsciiKernel['raise'];
  };
  return { scratch: new Uint8Array(memory.buffer, BLOCK_BYTES), raise };
}

// Numbers and sizes are LEB128 in a module. All of these are below 64, or below 128 and unsigned: one byte each.
const I32 = 0x7f;
const V128 = 0x7b;
const vector = (items: number[][]): number[] => [items.length, ...items.flat()];
const sized = (content: number[]): number[] => [content.length, ...content];
const name = (text: string): number[] => sized([...Buffer.from(text)]);
const section = (id: number, items: number[][]): number[] => [id, ...sized(vector(items))];

const loop = [0x03, 0x40]; // a block without parameters and results
const end = [0x0b];
const brIf = (depth: number): number[] => [0x0d, depth];
const localGet = (local: number): number[] => [0x20, local];
const localSet = (local: number): number[] => [0x21, local];
const localTee = (local: number): number[] => [0x22, local];
const i32Const = (value: number): number[] => [0x41, value];
const i32GtS = [0x4a];
const i32Sub = [0x6b];
const v128Load = [0xfd, 0, 0, 0]; // aligned to 2 ** 0 bytes, offset 0
const v128Store = [0xfd, 11, 0, 0];
const v128Splat = (byte: number): number[] => [0xfd, 12, ...new Array<number>(BLOCK_BYTES).fill(byte)]; // v128.const
const i8x16LtU = [0xfd, 38];
const v128And = [0xfd, 78];
const v128Or = [0xfd, 80];
const v128Xor = [0xfd, 81];
const i8x16Bitmask = [0xfd, 100];
const i8x16Sub = [0xfd, 113];

// `raise` has one parameter, the length, and two more locals.
const AT = 0;
const BLOCK = 1;
const SEEN = 2;

/**
 * It goes from the last block of the bytes down to the first, which may begin before them. That is why one block stands
 * free before `scratch`: it is zero, and zero is no letter, so a length that is no multiple of 16 needs no care, and
 * nothing that an earlier call has left behind the bytes is looked at. `AT` is the block's address, the length at first.
 */
const RAISE: number[] = [
  loop,
  [localGet(AT), v128Load, localSet(BLOCK)],
  [localGet(SEEN), localGet(BLOCK), v128Or, localSet(SEEN)],
  // the block, its case bit changed where byte - a, as an unsigned number, is below 26: stored where it was
  [localGet(AT), localGet(BLOCK)],
  [localGet(BLOCK), v128Splat(LOWER_A), i8x16Sub, v128Splat(LOWER_Z - LOWER_A + 1), i8x16LtU],
  [v128Splat(CASE_BIT), v128And, v128Xor, v128Store],
  [localGet(AT), i32Const(BLOCK_BYTES), i32Sub, localTee(AT), i32Const(0), i32GtS, brIf(0)],
  end,
  // the highest bit of every byte
  [localGet(SEEN), i8x16Bitmask],
  end,
].flat(2);

const MODULE: number[] = [
  [0x00, ...Buffer.from('asm'), 1, 0, 0, 0], // version 1
  section(1, [[0x60, ...vector([[I32]]), ...vector([[I32]])]]), // types: one function, i32 to i32
  section(3, [[0]]), // functions: one, of type 0
  section(5, [[0x01, PAGES, PAGES]]), // memories: one, as it is and at most
  section(7, [
    [...name('memory'), 0x02, 0],
    [...name('raise'), 0x00, 0],
  ]), // exports
  section(10, [sized([...vector([[2, V128]]), ...RAISE])]), // code: two locals, and the instructions
].flat();
