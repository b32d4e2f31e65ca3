/** UDP echo where nothing can be put together: many clients with one datagram in flight each. */
import type { Question } from '../harness/question.ts';
import { UDP } from './contestants.ts';

export const udpEcho256: Question = {
  name: 'udp-echo-256',
  title: 'UDP echo, 256 clients, one datagram of 64 bytes in flight each',
  kind: 'load',
  mode: 'udp-echo',
  load: { transport: 'udp', shape: 'echo', connections: 256, window: 1, bytes: 64 },
  contestants: UDP,
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [
    { metric: 'cpu', against: 'c-mmsg', atMost: 1.3 },
    { metric: 'cpu', against: 'go', atMost: 0.9 },
    { metric: 'cpu', against: 'node', atMost: 0.45 },
  ],
  quick: false,
};
