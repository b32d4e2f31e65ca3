/** Lines: read one after another, and sent with their ending. */
import type { CallOptions, Data } from '../index.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteSink } from './byte-sink.ts';
import { sendParts, toBytes } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import { messages } from './iteration.ts';
import type { Line, LineKind, LineOptions } from './line-cutter.ts';

const NEWLINE = 0x0a;
const ENDINGS = { '\n': Uint8Array.of(0x0a), '\r\n': Uint8Array.of(0x0d, 0x0a) } as const;

/** The options of `sendLine`. */
export interface SendLineOptions extends CallOptions {
  /** What ends the line; `\n` when left out. */
  readonly ending?: '\n' | '\r\n' | undefined;
}

/**
 * Yields the lines of a connection or a stream, without their endings, and receives only when it is asked for one.
 * Leaving the loop leaves the connection open, but what was received after the last line is gone with it: where
 * something else follows the lines, make a `ByteReader` and hand that in.
 *
 * @throws FramingError EMSGSIZE for a line longer than `lineBytesMax`, EOF with `unfinished: 'fail'`, ETIMEDOUT;
 * RangeError; and what the connection fails with.
 *
 * @example
 * ```ts
 * import { lines } from 'portico/framing';
 *
 * for await (const line of lines(new Blob(['one\r\ntwo\nthree']).stream())) console.log(line);
 * ```
 */
export function lines<Kind extends LineKind = 'text'>(
  from: ByteSource | ByteReader,
  options: LineOptions<Kind> = {},
): AsyncGenerator<Line<Kind>, void, void> {
  return messages(from, (reader) => reader.readLine(options));
}

/**
 * Sends a line and its ending, in one piece.
 *
 * @param line - text, or bytes; without a newline.
 * @throws RangeError for a line with a newline in it, for it would arrive as two; and as `sendall`.
 *
 * @example
 * ```ts
 * import { sendLine } from 'portico/framing';
 *
 * const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
 * await Promise.all([sendLine(writable, 'hello'), readable.getReader().read()]);
 * ```
 */
export async function sendLine(to: ByteSink, line: Data, options: SendLineOptions = {}): Promise<void> {
  const ending = ENDINGS[options.ending ?? '\n'];
  if (ending === undefined) throw new RangeError(`A line is sent with \\n or \\r\\n, got ${options.ending}`);
  const bytes = toBytes(line);
  if (bytes.includes(NEWLINE)) throw new RangeError('A line must not contain a newline');
  await sendParts(to, [bytes, ending], options);
}
