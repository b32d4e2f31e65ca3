/** Messages that end at a delimiter: it looks at no byte twice, however the bytes come. */
import type { Data } from '../index.ts';
import type { ByteQueue } from './byte-queue.ts';
import { toBytes } from './byte-sink.ts';
import { cutShort, tooLong } from './framing-error.ts';
import type { MessageCutter } from './message-cutter.ts';
import { checkBytes, MESSAGE_BYTES_MAX } from './sizes.ts';

const CARRIAGE_RETURN = 0x0d;

/** What a `DelimiterCutter` looks for. */
export interface DelimiterCut<Message> {
  /** What the message is called in an error. */
  readonly what: string;
  readonly delimiter: Uint8Array;
  /** Whether a carriage return before the delimiter belongs to it. */
  readonly carriageReturn: boolean;
  /** The longest message, without its delimiter. */
  readonly messageBytesMax: number;
  /** Whether the end of the stream ends a message too. */
  readonly endsAtEnd: boolean;
  /** Takes the first `length` bytes as a message and drops `after` more. */
  readonly give: (queue: ByteQueue, length: number, after: number) => Message;
}

/** Cuts what comes before a delimiter. One cutter cuts one message. */
export class DelimiterCutter<Message> implements MessageCutter<Message> {
  readonly bytesMax: number;
  readonly #cut: DelimiterCut<Message>;
  /** How many of the unread bytes do not end a delimiter. */
  #searched = 0;

  constructor(cut: DelimiterCut<Message>) {
    this.#cut = cut;
    this.bytesMax = cut.messageBytesMax + cut.delimiter.length + (cut.carriageReturn ? 1 : 0);
  }

  take(queue: ByteQueue): Message | undefined {
    const { delimiter, carriageReturn, messageBytesMax } = this.#cut;
    const { view } = queue;
    const at = this.#find(view);
    if (at < 0) {
      if (view.length >= this.bytesMax) throw this.#tooLong(queue);
      return undefined;
    }
    const length = carriageReturn && view[at - 1] === CARRIAGE_RETURN ? at - 1 : at;
    if (length > messageBytesMax) throw this.#tooLong(queue);
    return this.#cut.give(queue, length, at + delimiter.length - length);
  }

  takeLast(queue: ByteQueue): Message {
    if (queue.length > this.#cut.messageBytesMax) throw this.#tooLong(queue);
    if (!this.#cut.endsAtEnd) throw cutShort(this.#cut.what, { received: queue.length });
    return this.#cut.give(queue, queue.length, 0);
  }

  /** Where the first delimiter begins; it is found by its last byte, so that one that came in two pieces is too. */
  #find(view: Uint8Array): number {
    const { delimiter } = this.#cut;
    const last = delimiter[delimiter.length - 1] as number;
    for (let end = view.indexOf(last, this.#searched); end >= 0; end = view.indexOf(last, end + 1)) {
      const at = end + 1 - delimiter.length;
      if (at >= 0 && startsAt(delimiter, view, at)) return at;
    }
    this.#searched = view.length;
    return -1;
  }

  #tooLong({ length }: ByteQueue): Error {
    return tooLong(this.#cut.what, this.#cut.messageBytesMax, { received: length });
  }
}

function startsAt(delimiter: Uint8Array, view: Uint8Array, at: number): boolean {
  for (let index = 0; index < delimiter.length; index += 1)
    if (view[at + index] !== delimiter[index]) return false;
  return true;
}

/**
 * The cutter of `readUntil`.
 *
 * @throws RangeError for a delimiter of no bytes, or a maximum that is none; TypeError for what is no data.
 */
export function untilCutter(
  delimiter: Data,
  bytesMax: number = MESSAGE_BYTES_MAX,
): DelimiterCutter<Uint8Array> {
  const bytes = toBytes(delimiter);
  checkBytes('A delimiter', bytes.length, 1);
  return new DelimiterCutter({
    what: 'message',
    delimiter: bytes,
    carriageReturn: false,
    messageBytesMax: checkBytes('bytesMax', bytesMax, 0),
    endsAtEnd: false,
    give: giveBytes,
  });
}

/** Takes a message as the bytes that it is. */
export function giveBytes(queue: ByteQueue, length: number, after: number): Uint8Array {
  return queue.take(length, after);
}
