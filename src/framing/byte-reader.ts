/**
 * Reads messages from a stream of bytes, one call a message, in whatever mixture a protocol has them: lines first, then
 * a body of so many bytes, then frames. It waits and keeps what is left over; where a message ends, the cutters know.
 */
import type { CallOptions, Data } from '../index.ts';
import { ByteQueue } from './byte-queue.ts';
import type { ByteSource, Source } from './byte-source.ts';
import { sourceOf } from './byte-source.ts';
import type { MessageOptions } from './deadline.ts';
import { checkCallOptions, Deadline } from './deadline.ts';
import type { FrameOptions } from './frame-cutter.ts';
import { FrameCutter } from './frame-cutter.ts';
import { cutShort, FramingError } from './framing-error.ts';
import type { Line, LineKind, LineOptions } from './line-cutter.ts';
import { lineCutter } from './line-cutter.ts';
import type { MessageCutter } from './message-cutter.ts';
import { SizeCutter, SomeCutter } from './message-cutter.ts';
import { checkBytes } from './sizes.ts';
import { untilCutter } from './until-cutter.ts';

/** The default size of a chunk, in bytes: that of `recv`. */
const CHUNK_BYTES = 65_536;

/** The options of a `ByteReader`. */
export interface ByteReaderOptions {
  /**
   * How many bytes are asked for at once, from 1 up; 65,536 when left out. The reader is never further ahead of its
   * caller than that. A Web Stream chooses its chunks itself.
   */
  readonly chunkBytes?: number | undefined;
}

/** The options of `readUntil`. */
export interface ReadUntilOptions extends MessageOptions {
  /** The most bytes before the delimiter; 65,536 when left out. */
  readonly bytesMax?: number | undefined;
}

/**
 * Reads messages from a connection or a Web Stream. It receives only while a call waits, and holds at most the longest
 * message that was asked for and one chunk. A call that ends early, by its signal, its time or a message that is too
 * long, has taken nothing: the next call finds every byte. What calls return belongs to the caller.
 *
 * @example
 * ```ts
 * import { decode } from 'portico';
 * import { ByteReader } from 'portico/framing';
 *
 * const reader = new ByteReader(new Blob(['length: 5\r\n\r\nhello', 'and more']).stream());
 * for (let line = await reader.readLine(); line; line = await reader.readLine()) console.log(line);
 * console.log(decode(await reader.readExactly(5)));
 * ```
 */
export class ByteReader {
  readonly #source: Source;
  readonly #chunkBytes: number;
  readonly #queue = new ByteQueue();
  #ended = false;
  #reading = false;
  #released = false;

  /** @throws RangeError for a chunk of no bytes; TypeError for a stream that another reader has locked. */
  constructor(from: ByteSource, options: ByteReaderOptions = {}) {
    this.#chunkBytes = checkBytes('A chunk', options.chunkBytes ?? CHUNK_BYTES, 1);
    this.#source = sourceOf(from);
  }

  /** Whether this program has closed the connection. */
  get closed(): boolean {
    return this.#source.closed;
  }

  /**
   * Reads what there is, between one and `bytesMax` bytes; zero bytes are the end, as with `recv`.
   *
   * @param bytesMax - from 0 up (0 gives zero bytes at once); 65,536 when left out.
   * @throws FramingError ETIMEDOUT; RangeError; and what the connection fails with.
   */
  async read(bytesMax: number = CHUNK_BYTES, options?: CallOptions): Promise<Uint8Array> {
    const none = new Uint8Array(0);
    if (checkBytes('A size', bytesMax, 0) === 0) return none;
    return (await this.#next(() => new SomeCutter(bytesMax), options)) ?? none;
  }

  /**
   * Reads exactly so many bytes. The memory grows with what arrives, whatever number a peer has announced.
   *
   * @param bytes - from 0 up; 0 gives zero bytes at once.
   * @throws FramingError EOF with `received` when the stream ends before, ETIMEDOUT; RangeError; and what the
   * connection fails with.
   */
  async readExactly(bytes: number, options?: MessageOptions): Promise<Uint8Array> {
    if (checkBytes('A size', bytes, 0) === 0) return new Uint8Array(0);
    const record = await this.#next(() => new SizeCutter(bytes), options);
    if (record === undefined) throw cutShort('record', { received: 0, expected: bytes });
    return record;
  }

  /**
   * Reads up to a delimiter, and drops the delimiter.
   *
   * @param delimiter - text or bytes, at least one.
   * @returns The bytes before it, or `undefined` at the end of the stream.
   * @throws FramingError EMSGSIZE, EOF when the stream ends without a delimiter, ETIMEDOUT; RangeError; and what the
   * connection fails with.
   */
  readUntil(delimiter: Data, options: ReadUntilOptions = {}): Promise<Uint8Array | undefined> {
    return this.#next(() => untilCutter(delimiter, options.bytesMax), options);
  }

  /**
   * Reads a line, without its ending.
   *
   * @returns The line, or `undefined` at the end of the stream. Text that is not UTF-8 has U+FFFD in its place.
   * @throws FramingError EMSGSIZE, EOF with `unfinished: 'fail'`, ETIMEDOUT; RangeError; and what the connection fails with.
   */
  readLine<Kind extends LineKind = 'text'>(options: LineOptions<Kind> = {}): Promise<Line<Kind> | undefined> {
    return this.#next(() => lineCutter(options), options);
  }

  /**
   * Reads a message with its length before it.
   *
   * @returns The message, perhaps of zero bytes, or `undefined` at the end of the stream.
   * @throws FramingError EMSGSIZE, EPROTO, EOF when the stream ends inside a frame, ETIMEDOUT; RangeError; and what the
   * connection fails with.
   */
  readFrame(options: FrameOptions): Promise<Uint8Array | undefined> {
    return this.#next(() => new FrameCutter(options), options);
  }

  /**
   * Ends this reader and hands back what it has received and nobody has read. The connection, or the stream, can be read
   * by others from there.
   *
   * @throws TypeError while a read waits.
   */
  async release(): Promise<Uint8Array> {
    this.#begin();
    this.#released = true;
    const late = await this.#source.release();
    if (late) this.#queue.append(late, late.length);
    return this.#queue.take(this.#queue.length);
  }

  /** Reads one message; `undefined` is the end. What `makeCutter` throws is a rejection too. */
  async #next<Message>(
    makeCutter: () => MessageCutter<Message>,
    options: MessageOptions | undefined,
  ): Promise<Message | undefined> {
    checkCallOptions(options);
    const cutter = makeCutter();
    this.#begin();
    try {
      // most messages have come with the one before
      return cutter.take(this.#queue) ?? (await this.#waitFor(cutter, options));
    } finally {
      this.#reading = false;
    }
  }

  async #waitFor<Message>(
    cutter: MessageCutter<Message>,
    options: MessageOptions | undefined,
  ): Promise<Message | undefined> {
    const deadline = this.#deadline(options);
    let begun: Deadline | undefined;
    try {
      for (;;) {
        if (this.#ended) return this.#queue.length === 0 ? undefined : cutter.takeLast(this.#queue);
        if (options?.completeMs && this.#queue.length > 0)
          begun ??= this.#deadline({ signal: deadline.signal, timeoutMs: options.completeMs });
        const chunk = await this.#source.read(this.#chunkBytes, (begun ?? deadline).signal);
        if (chunk) this.#queue.append(chunk, cutter.bytesMax);
        else this.#ended = true;
        const message = cutter.take(this.#queue);
        if (message !== undefined) return message;
      }
    } finally {
      begun?.end();
      deadline.end();
    }
  }

  #deadline(options: CallOptions | undefined): Deadline {
    return new Deadline(options, this.#source.after, (timeoutMs) => this.#timeout(timeoutMs));
  }

  #begin(): void {
    if (this.#released) throw new TypeError('The reader has been released');
    if (this.#reading)
      throw new TypeError('Another read of this reader is waiting; a reader has one at a time');
    this.#reading = true;
  }

  #timeout(timeoutMs: number): FramingError {
    const received = this.#queue.length;
    const message = `After ${timeoutMs} ms ${received} bytes of a message had come and it was not complete`;
    return new FramingError('ETIMEDOUT', message, { received });
  }
}
