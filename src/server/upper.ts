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

const NEWLINE = 0x0a;
const ASCII_MAX = 0x7f;
const LOWER_A = 0x61;
const LOWER_Z = 0x7a;
/** What is between a small ASCII letter and its capital. */
const CASE_BIT = 0x20;

/**
 * Turns one message into upper case: UTF-8 text by Unicode's full mapping (`straße` becomes `STRASSE`), anything else
 * unchanged byte for byte except ASCII a–z.
 *
 * @returns New bytes, up to three times as many (U+0390 takes 2 bytes, its upper case 6); none for none.
 */
export function upper(bytes: Uint8Array): Uint8Array {
  const { result, ascii } = upperAscii(bytes);
  return ascii || !isUtf8(bytes) ? result : encode(decode(bytes).toUpperCase());
}

/** As `upper`, for a block of whole lines, each a message of its own: one that is not UTF-8 leaves the others alone. */
export function upperLines(block: Uint8Array): Uint8Array {
  return isUtf8(block) ? upper(block) : Buffer.concat(linesOf(block).map(upper));
}

function upperAscii(bytes: Uint8Array): { result: Uint8Array; ascii: boolean } {
  const result = new Uint8Array(bytes);
  let ascii = true;
  for (let i = 0; i < result.length; i++) {
    const byte = result[i] as number;
    if (byte >= LOWER_A && byte <= LOWER_Z) result[i] = byte - CASE_BIT;
    else if (byte > ASCII_MAX) ascii = false;
  }
  return { result, ascii };
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
