/** Messages with their length before them: read one after another, and sent. */
import type { CallOptions, Data } from '../index.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteSink } from './byte-sink.ts';
import { joined, sendParts, toBytes } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { FrameFormat, FrameOptions } from './frame-cutter.ts';
import { messages } from './iteration.ts';
import type { LengthPrefix } from './length-prefix.ts';
import { checkPrefix, prefixBytes, writePrefix } from './length-prefix.ts';

/** The options of `sendFrame`. */
export interface SendFrameOptions extends FrameFormat, CallOptions {}

/**
 * Yields the messages of a connection or a stream that come with their length before them, and receives only when it is
 * asked for one. Leaving the loop is as with `lines`.
 *
 * @throws FramingError EMSGSIZE for a message longer than `messageBytesMax`, EPROTO for a length that can't be, EOF when
 * the stream ends inside a frame, ETIMEDOUT; RangeError; and what the connection fails with.
 *
 * @example
 * ```ts
 * import { decode } from 'portico';
 * import { frame, frames } from 'portico/framing';
 *
 * const sent = new Blob([frame('one', { prefix: 'u16be' }), frame('two', { prefix: 'u16be' })]);
 * for await (const message of frames(sent.stream(), { prefix: 'u16be' })) console.log(decode(message));
 * ```
 */
export function frames(
  from: ByteSource | ByteReader,
  options: FrameOptions,
): AsyncGenerator<Uint8Array, void, void> {
  return messages(from, (reader) => reader.readFrame(options));
}

/**
 * Makes a frame: the length and the message in one piece. `sendFrame` sends the two without putting them together.
 *
 * @throws RangeError for a message that is too long for the prefix.
 */
export function frame(message: Data, format: FrameFormat): Uint8Array<ArrayBuffer> {
  return joined(frameParts(message, format));
}

/**
 * Sends a message with its length before it.
 *
 * @param message - text, as UTF-8, or bytes; zero bytes are a message.
 * @throws RangeError for a message that is too long for the prefix; and as `sendall`.
 */
export async function sendFrame(to: ByteSink, message: Data, options: SendFrameOptions): Promise<void> {
  await sendParts(to, frameParts(message, options), options);
}

function frameParts(message: Data, { prefix, lengthIncludesPrefix }: FrameFormat): Uint8Array[] {
  checkPrefix(prefix);
  const bytes = toBytes(message);
  const length = lengthIncludesPrefix ? lengthWithPrefix(bytes.length, prefix) : bytes.length;
  return [writePrefix(prefix, length), bytes];
}

/** The length of a frame with its prefix; a varint may need one byte more for the sum than for the message. */
function lengthWithPrefix(length: number, prefix: LengthPrefix): number {
  return length + prefixBytes(prefix, length + prefixBytes(prefix, length));
}
