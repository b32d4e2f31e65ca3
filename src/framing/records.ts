/** Messages of one size, one after another. */
import type { ByteReader } from './byte-reader.ts';
import type { ByteSource } from './byte-source.ts';
import type { MessageOptions } from './deadline.ts';
import { FramingError } from './framing-error.ts';
import { messages } from './iteration.ts';
import { checkBytes } from './sizes.ts';

/**
 * Yields records of exactly `recordBytes` bytes, and receives only when it is asked for one. Leaving the loop is as
 * with `lines`.
 *
 * @param recordBytes - from 1 up.
 * @param options - `timeoutMs` is for a whole record, from when it is asked for to its last byte.
 * @throws FramingError EOF when the stream ends inside a record, ETIMEDOUT; RangeError; and what the connection fails
 * with.
 *
 * @example
 * ```ts
 * import { decode } from 'portico';
 * import { records } from 'portico/framing';
 *
 * for await (const record of records(new Blob(['onetwosix']).stream(), 3)) console.log(decode(record));
 * ```
 */
export function records(
  from: ByteSource | ByteReader,
  recordBytes: number,
  options?: MessageOptions,
): AsyncGenerator<Uint8Array, void, void> {
  return messages(from, async (reader) => {
    checkBytes('A record', recordBytes, 1);
    try {
      return await reader.readExactly(recordBytes, options);
    } catch (error) {
      if (isEnd(error)) return undefined;
      throw error;
    }
  });
}

/** Tells the end between two records from one inside a record. */
function isEnd(error: unknown): boolean {
  return error instanceof FramingError && error.code === 'EOF' && error.received === 0;
}
