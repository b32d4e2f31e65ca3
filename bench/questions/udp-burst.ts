/** Bursts of one client that come and go as one message of the kernel: UDP_GRO and UDP_SEGMENT. */
import type { Question } from '../harness/question.ts';
import { udpWith } from './contestants.ts';

export const udpBurst: Question = {
  name: 'udp-burst',
  title: 'UDP echo, one client, 16 bursts of 32 datagrams of 64 bytes in flight',
  note: 'The client sends with UDP_SEGMENT and receives with UDP_GRO.',
  kind: 'load',
  mode: 'udp-burst',
  load: { transport: 'udp', shape: 'burst', connections: 1, window: 32, bytes: 64 },
  contestants: udpWith('udp-echo', 'udp-burst'),
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [
    { metric: 'cpu', against: 'c-mmsg', atMost: 0.25 },
    { metric: 'cpu', against: 'go', atMost: 0.17 },
  ],
  quick: true,
};
