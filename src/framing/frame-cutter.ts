/** What a frame is: a length, and a message of that length. */
import type { ByteQueue } from './byte-queue.ts';
import type { MessageOptions } from './deadline.ts';
import { cutShort, FramingError, tooLong } from './framing-error.ts';
import type { LengthPrefix } from './length-prefix.ts';
import { checkPrefix, PREFIX_BYTES_MAX, readPrefix } from './length-prefix.ts';
import type { MessageCutter } from './message-cutter.ts';
import { checkBytes, MESSAGE_BYTES_MAX } from './sizes.ts';

/** How a message and its length lie on the wire. */
export interface FrameFormat {
  /** How the length is written. */
  readonly prefix: LengthPrefix;
  /** Whether the length counts its own bytes too; `false` when left out. */
  readonly lengthIncludesPrefix?: boolean | undefined;
}

/** The options of `frames` and `readFrame`. `timeoutMs` is for a whole frame, from when it is asked for to its last byte. */
export interface FrameOptions extends FrameFormat, MessageOptions {
  /** The longest message in bytes, without its prefix; 65,536 when left out. */
  readonly messageBytesMax?: number | undefined;
}

/** Cuts one frame and takes its message. */
export class FrameCutter implements MessageCutter<Uint8Array> {
  bytesMax: number = PREFIX_BYTES_MAX;
  readonly #options: FrameOptions;
  readonly #messageBytesMax: number;

  /** @throws RangeError for a prefix or a maximum that is none. */
  constructor(options: FrameOptions) {
    checkPrefix(options.prefix);
    this.#messageBytesMax = checkBytes('messageBytesMax', options.messageBytesMax ?? MESSAGE_BYTES_MAX, 0);
    this.#options = options;
  }

  take(queue: ByteQueue): Uint8Array | undefined {
    const prefix = readPrefix(this.#options.prefix, queue.view);
    if (prefix === undefined) return undefined;
    const frameBytes = this.#options.lengthIncludesPrefix ? prefix.value : prefix.bytes + prefix.value;
    this.#check(frameBytes, prefix.bytes, queue.length);
    this.bytesMax = frameBytes;
    if (queue.length < frameBytes) return undefined;
    queue.skip(prefix.bytes);
    return queue.take(frameBytes - prefix.bytes);
  }

  takeLast(queue: ByteQueue): never {
    const expected = readPrefix(this.#options.prefix, queue.view) && this.bytesMax;
    throw cutShort('frame', { received: queue.length, expected });
  }

  #check(expected: number, prefixBytes: number, received: number): void {
    if (expected < prefixBytes) {
      const text = `A frame claims ${expected} bytes in all, which is less than its prefix of ${prefixBytes}`;
      throw new FramingError('EPROTO', text, { received, expected });
    }
    if (expected - prefixBytes > this.#messageBytesMax)
      throw tooLong('message', this.#messageBytesMax, { received, expected });
  }
}
