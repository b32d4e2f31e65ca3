/**
 * How one message is cut from the bytes that have come, and the cutters that only count. A cutter waits for nothing;
 * the reader asks it again when more has come.
 */
import type { ByteQueue } from './byte-queue.ts';
import { cutShort } from './framing-error.ts';

/** Cuts one message from a queue. */
export interface MessageCutter<Message> {
  /** How many bytes the message has at most, with what surrounds it, as far as is known. */
  readonly bytesMax: number;
  /**
   * Takes the message, or nothing while bytes are missing: then fewer than `bytesMax` are there.
   *
   * @throws FramingError EMSGSIZE, EPROTO; nothing is taken then.
   */
  take(queue: ByteQueue): Message | undefined;
  /**
   * Takes what there is at the end of the stream: at least one byte, and no whole message.
   *
   * @throws FramingError EOF, EMSGSIZE.
   */
  takeLast(queue: ByteQueue): Message;
}

/** Cuts what there is, up to a number of bytes. */
export class SomeCutter implements MessageCutter<Uint8Array> {
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  take(queue: ByteQueue): Uint8Array | undefined {
    return queue.length === 0 ? undefined : queue.take(Math.min(this.bytesMax, queue.length));
  }

  takeLast(queue: ByteQueue): Uint8Array {
    return queue.take(queue.length);
  }
}

/** Cuts a number of bytes. */
export class SizeCutter implements MessageCutter<Uint8Array> {
  readonly bytesMax: number;

  constructor(bytes: number) {
    this.bytesMax = bytes;
  }

  take(queue: ByteQueue): Uint8Array | undefined {
    return queue.length < this.bytesMax ? undefined : queue.take(this.bytesMax);
  }

  takeLast(queue: ByteQueue): never {
    throw cutShort('record', { received: queue.length, expected: this.bytesMax });
  }
}
