/** Text and bytes: what a program may hand to `send`, and the two conversions of the notes. */

/** What `send` takes: text goes out as UTF-8, a view of any element type as the bytes it covers. */
export type Data = string | ArrayBufferView | ArrayBufferLike;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Turns text into its UTF-8 bytes, as Python's `str.encode()`. A lone surrogate becomes U+FFFD.
 *
 * @example
 * ```ts
 * import { decode, encode } from 'portico';
 *
 * console.log(encode('straße').length, decode(encode('straße')));
 * ```
 */
export function encode(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Turns UTF-8 bytes into text, as Python's `bytes.decode(errors='replace')`. A byte order mark stays. */
export function decode(bytes: ArrayBufferView | ArrayBufferLike): string {
  return decoder.decode(toBytes(bytes));
}

/**
 * The bytes of `data`, without a copy where it has bytes already.
 *
 * @throws TypeError for anything that is neither text nor bytes.
 */
export function toBytes(data: Data): Uint8Array {
  if (typeof data === 'string') return encoder.encode(data);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (
    data instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== 'undefined' && data instanceof SharedArrayBuffer)
  ) {
    return new Uint8Array(data);
  }
  throw new TypeError(
    `Data must be a string, an ArrayBuffer or a view of one, got ${data === null ? 'null' : typeof data}`,
  );
}
