/** The length before a message: as an integer of fixed size, or as a varint (LEB128, as Protocol Buffers write it). */
import { FramingError } from './framing-error.ts';

/**
 * How a length is written: in 1, 2 or 4 bytes, the most significant first (`be`, the order of the network) or last
 * (`le`), or as a varint: 7 bits a byte, the least significant first, at most 5 bytes.
 *
 * @see https://protobuf.dev/programming-guides/encoding/#varints
 */
export type LengthPrefix = 'u8' | 'u16be' | 'u16le' | 'u32be' | 'u32le' | 'varint';

interface FixedPrefix {
  readonly bytes: 1 | 2 | 4;
  readonly littleEndian: boolean;
}

const FIXED: Readonly<Record<Exclude<LengthPrefix, 'varint'>, FixedPrefix>> = {
  u8: { bytes: 1, littleEndian: false },
  u16be: { bytes: 2, littleEndian: false },
  u16le: { bytes: 2, littleEndian: true },
  u32be: { bytes: 4, littleEndian: false },
  u32le: { bytes: 4, littleEndian: true },
};

/** The longest varint of a length below 2 ** 32, and with it the longest prefix. */
export const PREFIX_BYTES_MAX = 5;
const LENGTH_MAX = 0xffff_ffff;

/** @throws RangeError for a name that is none of a prefix. */
export function checkPrefix(prefix: LengthPrefix): void {
  if (prefix === 'varint' || Object.hasOwn(FIXED, prefix)) return;
  const names = [...Object.keys(FIXED), 'varint'].join(', ');
  throw new RangeError(`A prefix must be one of ${names}, got ${String(prefix)}`);
}

/**
 * Reads the prefix at the start of `bytes`.
 *
 * @returns The number in it and its own length, or `undefined` while it is not complete.
 * @throws FramingError EPROTO for a varint that goes on after its fifth byte.
 */
export function readPrefix(
  prefix: LengthPrefix,
  bytes: Uint8Array,
): { readonly value: number; readonly bytes: number } | undefined {
  if (prefix === 'varint') return readVarint(bytes);
  const fixed = FIXED[prefix];
  if (bytes.length < fixed.bytes) return undefined;
  return { value: readFixed(bytes, fixed), bytes: fixed.bytes };
}

/** @throws RangeError for a length that this prefix has no room for. */
export function writePrefix(prefix: LengthPrefix, length: number): Uint8Array {
  const lengthMax = prefix === 'varint' ? LENGTH_MAX : 2 ** (8 * FIXED[prefix].bytes) - 1;
  if (length > lengthMax)
    throw new RangeError(`A length after a ${prefix} prefix is at most ${lengthMax}, got ${length}`);
  return prefix === 'varint' ? writeVarint(length) : writeFixed(FIXED[prefix], length);
}

/** How many bytes the prefix itself takes before a message of `length` bytes. */
export function prefixBytes(prefix: LengthPrefix, length: number): number {
  return prefix === 'varint' ? writeVarint(length).length : FIXED[prefix].bytes;
}

// Products rather than shifts, here and below: a shift keeps 32 bits with a sign.
function readFixed(source: Uint8Array, { bytes, littleEndian }: FixedPrefix): number {
  let value = 0;
  for (let index = 0; index < bytes; index += 1)
    value = 0x100 * value + (source[littleEndian ? bytes - 1 - index : index] ?? 0);
  return value;
}

function writeFixed({ bytes, littleEndian }: FixedPrefix, length: number): Uint8Array {
  const target = new Uint8Array(bytes);
  for (let index = 0, rest = length; index < bytes; index += 1, rest = Math.floor(rest / 0x100))
    target[littleEndian ? index : bytes - 1 - index] = rest;
  return target;
}

function readVarint(bytes: Uint8Array): { readonly value: number; readonly bytes: number } | undefined {
  let value = 0;
  let unit = 1;
  for (const [index, byte] of bytes.subarray(0, PREFIX_BYTES_MAX).entries()) {
    value += (byte & 0x7f) * unit;
    unit *= 0x80;
    if (byte < 0x80) return { value, bytes: index + 1 };
  }
  if (bytes.length < PREFIX_BYTES_MAX) return undefined;
  throw new FramingError('EPROTO', `A length is a varint of more than ${PREFIX_BYTES_MAX} bytes`, {
    received: bytes.length,
  });
}

function writeVarint(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.of(...bytes, rest);
}
