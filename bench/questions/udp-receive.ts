/** UDP in one direction: the server reads. */
import type { Question } from '../harness/question.ts';
import { udpWith } from './contestants.ts';

export const udpReceive: Question = {
  name: 'udp-receive',
  title: 'UDP receive only, saturated, 64 bytes',
  note: 'More comes than any can read, as messages of segments that the kernel cuts first (UDP_SEGMENT); what each has read counts.',
  kind: 'load',
  mode: 'udp-receive',
  load: { transport: 'udp', shape: 'flood', connections: 1, window: 1, bytes: 64, segments: true },
  counts: 'server',
  contestants: udpWith('udp-receive', 'udp-receive').filter(({ name }) => name !== 'c-gso'),
  metrics: ['cpu', 'user', 'system', 'rate', 'rss', 'serverBusy', 'loadBusy'],
  targets: [{ metric: 'cpu', against: 'c-mmsg', atMost: 1.35 }],
  quick: true,
};
