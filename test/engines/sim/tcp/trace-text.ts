/** Writes control bits as the kernel's traces have them: `FA`. */
import type { Segment } from '../../../../src/engines/sim/tcp/segment.ts';
import { ACK, FIN, RST, SYN } from '../../../../src/engines/sim/tcp/segment.ts';

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
