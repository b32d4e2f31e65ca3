/** Two worker threads with a socket each on one port (SO_REUSEPORT), on one core, against one. */
import type { Question } from '../harness/question.ts';

export const threads: Question = {
  name: 'threads',
  title:
    'UDP echo, two worker threads on one core against one, 64 clients, 8 datagrams of 64 bytes in flight each',
  kind: 'load',
  mode: 'udp-echo',
  load: { transport: 'udp', shape: 'echo', connections: 64, window: 8, bytes: 64, segments: true },
  contestants: [
    { name: 'two-threads', program: 'threads', env: { PORTICO_ENGINE: 'linux', THREADS: '2' } },
    { name: 'one-thread', program: 'threads', env: { PORTICO_ENGINE: 'linux', THREADS: '1' } },
    { name: 'no-thread', program: 'portico', env: { PORTICO_ENGINE: 'linux' } },
  ],
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [{ contestant: 'two-threads', metric: 'cpu', against: 'one-thread', atMost: 1.05 }],
  quick: false,
};
