/** The batch calls of the public API: `recvmmsg` and `sendmmsg`. */
import type { Question } from '../harness/question.ts';
import { udpWith } from './contestants.ts';

export const udpBatch: Question = {
  name: 'udp-batch',
  title: 'UDP echo with recvmmsg and sendmmsg, 16 clients, 32 datagrams of 64 bytes in flight each',
  note: 'The load is that of udp-echo, and the others answer as there.',
  kind: 'load',
  mode: 'udp-batch',
  load: { transport: 'udp', shape: 'echo', connections: 16, window: 32, bytes: 64, segments: true },
  contestants: udpWith('udp-echo', 'udp-echo-gso'),
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [{ metric: 'cpu', against: 'c-gso', atMost: 1.15 }],
  quick: true,
};
