/** Writes segments as the kernel's traces have them: `> PA 1 1 1460`. */
import type { Segment } from '../../../../src/engines/sim/tcp/segment.ts';
import { ACK, FIN, RST, SYN } from '../../../../src/engines/sim/tcp/segment.ts';
import type { Passing } from './world.ts';

/** The control bits but PSH, which depends on how a program cuts its writes. */
export function flagsText({ flags }: Segment): string {
  return [
    [FIN, 'F'],
    [SYN, 'S'],
    [RST, 'R'],
    [ACK, 'A'],
  ]
    .map(([bit, letter]) => (flags & (bit as number) ? letter : ''))
    .join('');
}

/** One line a segment, with numbers relative to the first SYN of each side of its connection. */
export function wireText(wire: readonly Passing[]): string[] {
  const first = new Map<string, number>();
  return wire.map(({ direction, segment, dropped }) => {
    const own = `${segment.source}:${segment.sourcePort}-${segment.destination}:${segment.destinationPort}`;
    const other = `${segment.destination}:${segment.destinationPort}-${segment.source}:${segment.sourcePort}`;
    if (segment.flags & SYN && !first.has(own)) first.set(own, segment.seq);
    const seq = (segment.seq - (first.get(own) ?? segment.seq)) >>> 0;
    const ack = segment.flags & ACK ? (segment.ack - (first.get(other) ?? segment.ack)) >>> 0 : '-';
    return `${direction} ${flagsText(segment)} ${seq} ${ack} ${segment.data.length}${dropped ? ' DROPPED' : ''}`;
  });
}
