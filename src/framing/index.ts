/**
 * `portico/framing`: where messages end in a stream of bytes, over any connection and any Web Stream. It uses nothing
 * but types of the core, so it runs wherever there is one of the two.
 */
export { ByteReader, type ByteReaderOptions, type ReadUntilOptions } from './byte-reader.ts';
export type { ByteSink, Sender } from './byte-sink.ts';
export type { ByteSource, Receiver } from './byte-source.ts';
export type { MessageOptions } from './deadline.ts';
export type { FrameFormat, FrameOptions } from './frame-cutter.ts';
export { frame, frames, type SendFrameOptions, sendFrame } from './frames.ts';
export { FramingError, type FramingErrorCode, type FramingErrorDetails } from './framing-error.ts';
export type { LengthPrefix } from './length-prefix.ts';
export type { Line, LineKind, LineOptions } from './line-cutter.ts';
export { lines, type SendLineOptions, sendLine } from './lines.ts';
export { records } from './records.ts';
