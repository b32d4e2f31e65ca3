/** Packets as bytes: there and back for all of them, a known one byte by byte, and every flipped bit noticed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumOf, sumOf } from '../../../src/engines/sim/checksum.ts';
import { decodePacket, encodePacket, Malformed } from '../../../src/engines/sim/codec.ts';
import type { Packet, Payload } from '../../../src/engines/sim/packet.ts';
import { fragmentsOf, packetBytes, payloadBytesOf } from '../../../src/engines/sim/packet.ts';
import { Reassembly } from '../../../src/engines/sim/reassembly.ts';

const port = fc.integer({ min: 1, max: 65_535 });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const data = fc.uint8Array({ maxLength: 3000 });
const host = fc.ipV4();

const udp: fc.Arbitrary<Payload> = fc.record({
  protocol: fc.constant('udp' as const),
  sourcePort: port,
  destinationPort: port,
  data,
});

function packetOf(payload: Payload, source = '10.0.0.1', destination = '10.0.0.2'): Packet {
  return { id: 7, source, destination, ttl: 64, tos: 0, payload, payloadBytes: payloadBytesOf(payload) };
}

const packet: fc.Arbitrary<Packet> = fc
  .record({
    source: host,
    destination: host,
    udp,
    isTcp: fc.boolean(),
    syn: fc.boolean(),
    seq: uint32,
    ack: uint32,
    flags: fc.integer({ min: 0, max: 63 }),
    window: fc.integer({ min: 0, max: 65_535 }),
  })
  .map(({ source, destination, udp: datagram, isTcp, syn, ...fields }) => {
    if (!isTcp || datagram.protocol !== 'udp') return packetOf(datagram, source, destination);
    const { sourcePort, destinationPort, data: bytes } = datagram;
    const flags = syn ? fields.flags | 2 : fields.flags & ~2;
    const segment = {
      source,
      destination,
      sourcePort,
      destinationPort,
      ...fields,
      flags,
      data: bytes,
      ...(syn ? { mss: 1460 } : {}),
    };
    return packetOf({ protocol: 'tcp', segment }, source, destination);
  });

it('the checksum of RFC 1071 section 3', () => {
  expect(sumOf(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0x2ddf0);
  expect(checksumOf(0x2ddf0)).toBe(~0xddf2 & 0xffff);
});

it('a UDP datagram, byte by byte', () => {
  const bytes = encodePacket(
    packetOf({
      protocol: 'udp',
      sourcePort: 50_000,
      destinationPort: 53,
      data: Uint8Array.of(0x68, 0x69, 0x21),
    }),
  );
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  // sums by hand: the pseudo header 0x141f, the UDP header 0xc390, the data 0x8969: 0x16118, folded 0x6119
  expect(hex).toBe(
    '45 00 00 1f 00 07 00 00 40 11 66 c5 0a 00 00 01 0a 00 00 02 c3 50 00 35 00 0b 9e e6 68 69 21',
  );
});

it('every packet comes back from its bytes', () => {
  fc.assert(
    fc.property(packet, (one) => {
      const bytes = encodePacket(one);
      expect(bytes.length).toBe(packetBytes(one));
      expect(decodePacket(bytes)).toEqual(one);
    }),
  );
});

it('one flipped bit is always noticed', () => {
  fc.assert(
    fc.property(packet, fc.nat(), (one, at) => {
      const bytes = encodePacket(one);
      const bit = at % (bytes.length * 8);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decodePacket(bytes)).toThrow(Malformed);
    }),
  );
});

it('bytes cut short are malformed, never something else', () => {
  fc.assert(
    fc.property(packet, fc.nat(), (one, at) => {
      const bytes = encodePacket(one);
      expect(() => decodePacket(bytes.subarray(0, at % bytes.length))).toThrow(Malformed);
    }),
  );
});

it('ICMP quotes the header and eight bytes of what it is about', () => {
  const original = packetOf({
    protocol: 'udp',
    sourcePort: 1000,
    destinationPort: 9,
    data: new Uint8Array(100),
  });
  const bytes = encodePacket(packetOf({ protocol: 'icmp', code: 'port', original }));
  expect(bytes.length).toBe(20 + 8 + 28);
  expect([bytes[20], bytes[21]]).toEqual([3, 3]);
  expect(checksumOf(sumOf(bytes.subarray(20)))).toBe(0);
  expect(bytes.subarray(28)).toEqual(encodePacket(original).subarray(0, 28));
});

describe('fragments', () => {
  it('of 65,507 bytes at an MTU of 1,500 there are 45, as on Linux (G13)', () => {
    const whole = packetOf({
      protocol: 'udp',
      sourcePort: 1,
      destinationPort: 2,
      data: new Uint8Array(65_507),
    });
    expect(fragmentsOf(whole, 1500).length).toBe(45);
  });

  it('fit, carry every byte once, and make the packet again in any order', () => {
    const shuffled = fc.tuple(packet, fc.integer({ min: 68, max: 1500 }), fc.infiniteStream(fc.nat()));
    fc.assert(
      fc.property(shuffled, ([whole, mtu, chance]) => {
        const pieces = [...fragmentsOf(whole, mtu)];
        for (const piece of pieces) expect(packetBytes(piece)).toBeLessThanOrEqual(mtu);
        const bytes = pieces.flatMap((piece) => [...encodePacket(piece).subarray(20)]);
        expect(bytes).toEqual([...encodePacket(whole).subarray(20)]);
        for (const piece of pieces) expect(checksumOf(sumOf(encodePacket(piece).subarray(0, 20)))).toBe(0);
        const order = pieces
          .map((piece) => ({ piece, key: chance.next().value }))
          .sort((a, b) => a.key - b.key);
        const reassembly = new Reassembly(
          () => () => {},
          () => {},
        );
        const made = order.map(({ piece }) => reassembly.add(piece)).filter(Boolean);
        expect(made).toEqual([whole]);
      }),
      { numRuns: 50 },
    );
  });

  it('a packet with a piece missing is given up after its time', () => {
    const whole = packetOf({
      protocol: 'udp',
      sourcePort: 1,
      destinationPort: 2,
      data: new Uint8Array(4000),
    });
    const timers: (() => void)[] = [];
    const expired: Packet[] = [];
    const reassembly = new Reassembly(
      (_, callback) => {
        timers.push(callback);
        return () => {};
      },
      (one) => expired.push(one),
    );
    const [first, , third] = fragmentsOf(whole, 1500);
    for (const piece of [first, third]) expect(piece && reassembly.add(piece)).toBeUndefined();
    timers[0]?.();
    expect(expired.length).toBe(1);
  });
});
