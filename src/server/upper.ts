/**
 * Upper case for bytes, as the notes' server does it: Unicode's full mapping of UTF-8 text, which Python's `str.upper()`
 * gives too. No rule of that mapping looks at the neighbours of a character (SpecialCasing.txt has such rules for
 * lower case only: the final sigma), so a text cut between two characters gives the same bytes in parts as in one.
 *
 * Python and Node agree on every character that both know; each takes the tables of its own Unicode version
 * (`process.versions.unicode`, Python's `unicodedata.unidata_version`), and a younger one knows more letters. The 55
 * of Python 3.11 (Unicode 14) against Node 20 (Unicode 17): U+019B, U+0264, U+1C8A, U+A7CD, U+A7CF, U+A7D3, U+A7D5,
 * U+A7DB, U+10D70 to U+10D85 and U+16EBB to U+16ED3 have an upper case since Unicode 16 or 17.
 */
import { isUtf8 } from 'node:buffer';
import { decode, encode } from '../index.ts';
import type { AsciiUpper } from './ascii-upper.ts';
import { chooseAsciiUpper } from './ascii-upper.ts';

const NEWLINE = 0x0a;

/** Chosen by the first message. */
let asciiUpper: AsciiUpper | undefined;

/**
 * Turns one message into upper case: UTF-8 text by Unicode's full mapping (`straße` becomes `STRASSE`), anything else
 * unchanged byte for byte except ASCII a–z.
 *
 * @returns New bytes, up to three times as many (U+0390 takes 2 bytes, its upper case 6); none for none.
 */
export function upper(bytes: Uint8Array): Uint8Array {
  asciiUpper ??= chooseAsciiUpper();
  const { result, ascii } = asciiUpper(bytes);
  // `bytes` is read once, for another thread may write it; raised, it is as much UTF-8 as before, with one upper case
  return ascii || !isUtf8(result) ? result : encode(decode(result).toUpperCase());
}

/** As `upper`, for a block of whole lines, each a message of its own: one that is not UTF-8 leaves the others alone. */
export function upperLines(block: Uint8Array): Uint8Array {
  return isUtf8(block) ? upper(block) : Buffer.concat(linesOf(block).map(upper));
}

function linesOf(block: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < block.length; ) {
    const newline = block.indexOf(NEWLINE, from);
    const end = newline < 0 ? block.length : newline + 1;
    lines.push(block.subarray(from, end));
    from = end;
  }
  return lines;
}
