/**
 * Upper case for ASCII at the speed of memory: the bytes are copied into the memory of a small WebAssembly module, which
 * takes sixteen at once, and copied out. It knows no Unicode. Where that can't be had, a plain loop does the same.
 */
import type { AsciiKernel, WebAssemblyApi } from './ascii-kernel.ts';
import { asciiKernel, CASE_BIT, LOWER_A, LOWER_Z, SCRATCH_BYTES } from './ascii-kernel.ts';

const ASCII_MAX = 0x7f;

/**
 * From how many bytes on the kernel is no slower. Measured with Node 20.20 on a shared two-core guest, the least of forty
 * rounds: loop and kernel 70 and 84 ns for 16 bytes, 84 and 84 for 24, 100 and 83 for 32, 161 and 85 for 64.
 */
export const KERNEL_BYTES_MIN = 24;

/** What became of some bytes. */
export interface Raised {
  /** New bytes, as many. */
  readonly result: Uint8Array;
  /** Whether there is none above 0x7f. */
  readonly ascii: boolean;
}

/** What is looked at of a global object. */
interface Host {
  readonly WebAssembly?: WebAssemblyApi;
}

/** Turns ASCII a–z into A–Z and leaves every other byte as it is; reads each of the bytes once. */
export type AsciiUpper = (bytes: Uint8Array) => Raised;

/**
 * Chooses the faster way that works here: the kernel, or the loop where there is no WebAssembly (`--jitless`), no SIMD,
 * or no memory for it: every memory of WebAssembly reserves gigabytes of addresses, which `ulimit -v` may refuse.
 *
 * @param host - what may have WebAssembly.
 */
export function chooseAsciiUpper(host: Host = globalThis as Host): AsciiUpper {
  if (host.WebAssembly === undefined) return upperByLoop;
  try {
    return upperByKernel(asciiKernel(host.WebAssembly));
  } catch {
    return upperByLoop; // whatever it lacks, a server can do without
  }
}

/** The plain loop. */
export function upperByLoop(bytes: Uint8Array): Raised {
  const result = new Uint8Array(bytes);
  let ascii = true;
  for (let i = 0; i < result.length; i++) {
    const byte = result[i] as number;
    if (byte >= LOWER_A && byte <= LOWER_Z) result[i] = byte - CASE_BIT;
    else if (byte > ASCII_MAX) ascii = false;
  }
  return { result, ascii };
}

function upperByKernel({ scratch, raise }: AsciiKernel): AsciiUpper {
  return function upper(bytes: Uint8Array): Raised {
    const { length } = bytes;
    if (length < KERNEL_BYTES_MIN) return upperByLoop(bytes);
    if (length > SCRATCH_BYTES) return inPieces(bytes, upper);
    scratch.set(bytes);
    const ascii = raise(length) === 0;
    return { result: scratch.slice(0, length), ascii };
  };
}

function inPieces(bytes: Uint8Array, upper: AsciiUpper): Raised {
  const result = new Uint8Array(bytes.length);
  let ascii = true;
  for (let from = 0; from < result.length; from += SCRATCH_BYTES) {
    const piece = upper(bytes.subarray(from, from + SCRATCH_BYTES));
    result.set(piece.result, from);
    ascii &&= piece.ascii;
  }
  return { result, ascii };
}
