/** Memory of connections that wait. */
import type { Question } from '../harness/question.ts';
import { TCP } from './contestants.ts';

export const idle: Question = {
  name: 'idle',
  title: '10,000 idle TCP connections (2,000 with --quick), each with a pending recv',
  note: "Resident bytes of the server with them open, less those before; the kernel's own memory is not in it.",
  kind: 'idle',
  mode: 'tcp-echo',
  load: { transport: 'tcp', shape: 'idle', connections: 10_000, window: 1, bytes: 64 },
  contestants: TCP,
  metrics: ['rssPerConnection', 'rss', 'connections'],
  targets: [
    { metric: 'rssPerConnection', atMost: 1600 },
    { metric: 'rssPerConnection', against: 'node', atMost: 0.5 },
  ],
  quick: true,
};
