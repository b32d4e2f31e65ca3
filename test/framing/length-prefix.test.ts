/** Lengths as bytes: the known encodings, both ends of each range, and what is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FramingError, LengthPrefix } from '../../src/framing/index.ts';
import { readPrefix, writePrefix } from '../../src/framing/length-prefix.ts';

const TABLE: readonly [LengthPrefix, number, number[]][] = [
  ['u8', 0, [0]],
  ['u8', 255, [0xff]],
  ['u16be', 0x1234, [0x12, 0x34]],
  ['u16be', 65_535, [0xff, 0xff]],
  ['u16le', 0x1234, [0x34, 0x12]],
  ['u32be', 0x1234_5678, [0x12, 0x34, 0x56, 0x78]],
  ['u32be', 0xffff_ffff, [0xff, 0xff, 0xff, 0xff]],
  ['u32le', 0x1234_5678, [0x78, 0x56, 0x34, 0x12]],
  ['u32le', 0xffff_fffe, [0xfe, 0xff, 0xff, 0xff]],
  ['varint', 0, [0]],
  ['varint', 127, [0x7f]],
  ['varint', 128, [0x80, 0x01]],
  // the example of the Protocol Buffers documentation
  ['varint', 150, [0x96, 0x01]],
  ['varint', 16_383, [0xff, 0x7f]],
  ['varint', 16_384, [0x80, 0x80, 0x01]],
  ['varint', 0xffff_ffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
];

describe('a length prefix', () => {
  it.each(TABLE)('%s of %i is %j', (prefix, value, bytes) => {
    expect([...writePrefix(prefix, value)]).toEqual(bytes);
    expect(readPrefix(prefix, Uint8Array.of(...bytes, 0xaa))).toEqual({ value, bytes: bytes.length });
    for (let cut = 0; cut < bytes.length; cut += 1)
      expect(readPrefix(prefix, Uint8Array.from(bytes.slice(0, cut)))).toBeUndefined();
  });

  it('reads a varint with zeros at its end, as others write it', () => {
    expect(readPrefix('varint', Uint8Array.of(0x81, 0x80, 0x00))).toEqual({ value: 1, bytes: 3 });
  });

  it('reads the largest number that five bytes of a varint hold, beyond 32 bits', () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x7f);
    expect(readPrefix('varint', bytes)).toEqual({ value: 2 ** 35 - 1, bytes: 5 });
  });

  it('fails with EPROTO when a varint goes on after five bytes, and not before', () => {
    const endless = new Uint8Array(5).fill(0x80);
    expect(readPrefix('varint', endless.subarray(0, 4))).toBeUndefined();
    expect(() => readPrefix('varint', endless)).toThrow(
      expect.objectContaining({
        name: 'FramingError',
        code: 'EPROTO',
        received: 5,
      } satisfies Partial<FramingError>),
    );
  });

  it.each([
    ['u8', 256, 255],
    ['u16be', 65_536, 65_535],
    ['u16le', 65_536, 65_535],
    ['u32be', 2 ** 32, 4_294_967_295],
    ['varint', 2 ** 32, 4_294_967_295],
  ] as const)('%s has no room for %i', (prefix, length, lengthMax) => {
    expect(() => writePrefix(prefix, length)).toThrow(
      new RangeError(`A length after a ${prefix} prefix is at most ${lengthMax}, got ${length}`),
    );
  });

  it('reads back what it wrote', () => {
    const prefixes = fc.constantFrom<LengthPrefix>('u32be', 'u32le', 'varint');
    fc.assert(
      fc.property(prefixes, fc.nat(0xffff_ffff), (prefix, value) => {
        expect(readPrefix(prefix, writePrefix(prefix, value))?.value).toBe(value);
      }),
    );
  });
});
