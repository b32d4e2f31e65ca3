/** UDP echo where replies can be put together: few clients, many datagrams in flight each. */
import type { Question } from '../harness/question.ts';
import { UDP } from './contestants.ts';

export const udpEcho: Question = {
  name: 'udp-echo',
  title: 'UDP echo, 16 clients, 32 datagrams of 64 bytes in flight each',
  note: 'Each client hands its window to the kernel as one message (UDP_SEGMENT), which is cut before the server has it: else the load would be what limits C with GSO.',
  kind: 'load',
  mode: 'udp-echo',
  load: { transport: 'udp', shape: 'echo', connections: 16, window: 32, bytes: 64, segments: true },
  contestants: UDP,
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [
    { metric: 'cpu', against: 'c-mmsg', atMost: 1 },
    { metric: 'cpu', against: 'c-gso', atMost: 1.3 },
    { metric: 'cpu', against: 'go', atMost: 0.6 },
    { metric: 'cpu', against: 'node', atMost: 0.3 },
  ],
  quick: true,
};
