/**
 * Compares what the simulator sent with what the kernel sent: in each direction the same list of bits, numbers, lengths
 * and drops, at times within a tenth or 12 ms, for the kernel rounds to its tick. PSH and windows are left out.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { ACK, SYN } from '../../../../src/engines/sim/tcp/segment.ts';
import { flagsText } from './trace-text.ts';
import type { Passing, World } from './world.ts';

/** A segment of a fixture. */
interface GoldenSegment {
  readonly ms: number;
  /** Which connection of the trace, in the order in which they first appear. */
  readonly connection: number;
  readonly direction: '>' | '<';
  readonly flags: string;
  readonly seq: number;
  readonly ack: number | null;
  readonly length: number;
  readonly dropped: boolean;
}

/** One row G1–G16. */
export interface GoldenTrace {
  readonly row: string;
  readonly kernel: string;
  readonly experiment: string;
  readonly segments: readonly GoldenSegment[];
}

/** How far times may lie apart. */
const TOLERANCE_MS = 12;
const TOLERANCE_SHARE = 0.1;

/** Reads the fixture of a row. */
export function goldenTrace(row: string): GoldenTrace {
  const file = new URL(`../kernel-traces/${row}.json`, import.meta.url);
  const { segments, ...rest } = JSON.parse(readFileSync(file, 'utf8'));
  return { ...rest, segments: (segments as string[]).map(readLine) };
}

/** A line: `25.2 1 < SA 0 1 0`, in the order of the fields of `GoldenSegment`. */
function readLine(line: string): GoldenSegment {
  const [ms, connection, direction, flags, seq, ack, length, dropped] = line.trim().split(' ');
  return {
    ms: Number(ms),
    connection: Number(connection),
    direction: direction === '>' ? '>' : '<',
    flags: flags ?? '',
    seq: Number(seq),
    ack: ack === '-' ? null : Number(ack),
    length: Number(length),
    dropped: dropped === 'DROPPED',
  };
}

/** What passed the link, in the form of a fixture. */
function asGolden(wire: readonly Passing[]): GoldenSegment[] {
  const connections = new Map<string, number>();
  const first = new Map<string, number>();
  const begin = wire[0]?.atUs ?? 0;
  return wire.map(({ atUs, direction, segment, dropped }) => {
    const port = direction === '>' ? segment.sourcePort : segment.destinationPort;
    const key = `${port}`;
    const connection = connections.get(key) ?? connections.size + 1;
    connections.set(key, connection);
    const other = direction === '>' ? '<' : '>';
    if (segment.flags & SYN && !first.has(key + direction)) first.set(key + direction, segment.seq);
    const relative = (value: number, side: string) => (value - (first.get(key + side) ?? value)) >>> 0;
    return {
      ms: (atUs - begin) / 1000,
      connection,
      direction,
      flags: flagsText(segment),
      seq: relative(segment.seq, direction),
      ack: segment.flags & ACK ? relative(segment.ack, other) : null,
      length: segment.data.length,
      dropped,
    };
  });
}

/** Fails unless the world's link has seen what the kernel's did, up to the fixture's end. */
export function expectAsKernel(world: World, trace: GoldenTrace): void {
  const end = (trace.segments.at(-1)?.ms ?? 0) * (1 + TOLERANCE_SHARE);
  const got = asGolden(world.wire).filter(({ ms }) => ms <= Math.max(end, TOLERANCE_MS));
  for (const direction of ['>', '<'] as const) {
    const lines = (segments: readonly GoldenSegment[]) =>
      segments.filter((segment) => segment.direction === direction);
    const expected = lines(trace.segments);
    const actual = lines(got).slice(0, expected.length);
    expect(actual.map(withoutTime)).toEqual(expected.map(withoutTime));
    for (const [index, { ms }] of expected.entries()) {
      const tolerance = Math.max(TOLERANCE_MS, ms * TOLERANCE_SHARE);
      const apart = Math.abs((actual[index]?.ms ?? 0) - ms);
      expect({ segment: withoutTime(actual[index]), isInTime: apart <= tolerance, apart, ms }).toMatchObject({
        isInTime: true,
      });
    }
    const rest = lines(got).slice(expected.length);
    expect(rest.map(withoutTime)).toEqual([]);
  }
}

function withoutTime(segment: GoldenSegment | undefined): string {
  if (!segment) return 'nothing';
  const { connection, flags, seq, ack, length, dropped } = segment;
  return `${connection}: ${flags} ${seq} ${ack ?? '-'} ${length}${dropped ? ' DROPPED' : ''}`;
}
