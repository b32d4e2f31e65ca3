/** The one check of every number of bytes, and the longest message when nobody says otherwise. */

/**
 * The longest line, frame or delimited message in bytes. A guess at what a protocol of small messages needs; a thousand
 * peers that each send a message without end hold 64 MB with it.
 */
export const MESSAGE_BYTES_MAX = 65_536;

/**
 * Checks a number of bytes and gives it back.
 *
 * @throws RangeError for what is no whole number from `min` up.
 */
export function checkBytes(what: string, bytes: number, min: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= min) return bytes;
  throw new RangeError(`${what} must be a whole number of bytes from ${min} up, got ${String(bytes)}`);
}
