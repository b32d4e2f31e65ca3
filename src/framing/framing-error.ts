/**
 * The error of a stream whose bytes are not what its framing expects. What the connection itself fails with passes
 * through as it is (`SocketError`), and mistakes in arguments are `TypeError` and `RangeError`.
 */

/**
 * What was wrong: `EMSGSIZE`, a line or message is longer than allowed; `EPROTO`, a length prefix that can't be one;
 * `EOF`, the stream ended inside a message; `ETIMEDOUT`, `timeoutMs` or `completeMs` passed before the message was
 * complete. They are the names that libuv has for these.
 */
export type FramingErrorCode = 'EMSGSIZE' | 'EPROTO' | 'EOF' | 'ETIMEDOUT';

/** What is known about a message that could not be read. */
export interface FramingErrorDetails {
  /** How many bytes of the message have come, its prefix or what there is of its ending with them. */
  readonly received: number;
  /** How many it has in all, where that is known. */
  readonly expected?: number | undefined;
}

/**
 * A message that could not be read. The bytes that have come of it are still in the reader, and the connection is open:
 * close it, for after a length that is wrong nobody knows where the next message begins.
 *
 * @example
 * ```ts
 * import { FramingError, records } from 'portico/framing';
 *
 * try {
 *   for await (const record of records(new Blob(['12345678abc']).stream(), 8)) console.log(record.length);
 * } catch (error) {
 *   if (!(error instanceof FramingError)) throw error;
 *   console.log(error.code, error.received, error.expected);
 * }
 * ```
 */
export class FramingError extends Error {
  override readonly name: string = 'FramingError';
  /** What was wrong. */
  readonly code: FramingErrorCode;
  /** How many bytes of the message have come, its prefix or what there is of its ending with them. */
  readonly received: number;
  /** How many it has in all; `undefined` where that is not known. */
  readonly expected: number | undefined;

  constructor(code: FramingErrorCode, message: string, { received, expected }: FramingErrorDetails) {
    super(message);
    this.code = code;
    this.received = received;
    this.expected = expected;
  }
}

/** The error of a message that is longer than `bytesMax`. */
export function tooLong(what: string, bytesMax: number, details: FramingErrorDetails): FramingError {
  return new FramingError('EMSGSIZE', `A ${what} is longer than ${bytesMax} bytes`, details);
}

/** The error of a stream that ended inside a message. */
export function cutShort(what: string, details: FramingErrorDetails): FramingError {
  const { received, expected } = details;
  const count = expected === undefined ? `${received}` : `${received} of ${expected}`;
  return new FramingError('EOF', `The stream ended after ${count} bytes of a ${what}`, details);
}
