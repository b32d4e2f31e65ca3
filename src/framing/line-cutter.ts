/** What a line is: its ending, its longest length, text or bytes. */
import type { ByteQueue } from './byte-queue.ts';
import type { MessageOptions } from './deadline.ts';
import type { MessageCutter } from './message-cutter.ts';
import { checkBytes, MESSAGE_BYTES_MAX } from './sizes.ts';
import { DelimiterCutter, giveBytes } from './until-cutter.ts';

/** What a line is given as. */
export type LineKind = 'text' | 'bytes';

/** A line of a kind. */
export type Line<Kind extends LineKind> = Kind extends 'bytes' ? Uint8Array : string;

/** The options of `lines` and `readLine`. `timeoutMs` is for a whole line, from when it is asked for to its ending. */
export interface LineOptions<Kind extends LineKind = LineKind> extends MessageOptions {
  /** The longest line in bytes, without its ending; 65,536 when left out. */
  readonly lineBytesMax?: number | undefined;
  /**
   * What ends a line. `any`, when left out, is a newline with or without a carriage return before it. With `\n` the
   * carriage return belongs to the line, and with `\r\n` a newline by itself does: for protocols in which two programs
   * may not disagree about where a line ends.
   */
  readonly ending?: '\n' | '\r\n' | 'any' | undefined;
  /** `text`, decoded from UTF-8 when left out, or `bytes`. */
  readonly as?: Kind | undefined;
  /** What a last line without an ending is: a line (`take`, when left out), or a FramingError `EOF` (`fail`). */
  readonly unfinished?: 'take' | 'fail' | undefined;
}

const ENDINGS = {
  '\n': { delimiter: Uint8Array.of(0x0a), carriageReturn: false },
  '\r\n': { delimiter: Uint8Array.of(0x0d, 0x0a), carriageReturn: false },
  any: { delimiter: Uint8Array.of(0x0a), carriageReturn: true },
} as const;

const ENDING_NAMES = Object.keys(ENDINGS);
const KINDS = ['text', 'bytes'];
const UNFINISHED = ['take', 'fail'];

/** As `decode` of the core: a byte order mark stays. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** @throws RangeError for an option that is none of its values. */
export function lineCutter<Kind extends LineKind>(options: LineOptions<Kind>): MessageCutter<Line<Kind>> {
  const { lineBytesMax = MESSAGE_BYTES_MAX, ending = 'any', as = 'text', unfinished = 'take' } = options;
  checkOneOf('ending', ending, ENDING_NAMES);
  checkOneOf('as', as, KINDS);
  checkOneOf('unfinished', unfinished, UNFINISHED);
  return new DelimiterCutter({
    what: 'line',
    ...ENDINGS[ending],
    messageBytesMax: checkBytes('lineBytesMax', lineBytesMax, 0),
    endsAtEnd: unfinished === 'take',
    give: (as === 'text' ? giveText : giveBytes) as (
      queue: ByteQueue,
      length: number,
      after: number,
    ) => Line<Kind>,
  });
}

function giveText(queue: ByteQueue, length: number, after: number): string {
  const text = decoder.decode(queue.view.subarray(0, length));
  queue.skip(length + after);
  return text;
}

function checkOneOf(option: string, value: string, values: readonly string[]): void {
  if (values.includes(value)) return;
  const names = values.map((name) => JSON.stringify(name)).join(', ');
  throw new RangeError(`The option ${option} must be one of ${names}, got ${JSON.stringify(value)}`);
}
