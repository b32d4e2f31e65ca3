/** Start-up: what importing and the first socket add to Node. */
import type { Question } from '../harness/question.ts';

export const startup: Question = {
  name: 'startup',
  title: 'From start to a bound UDP socket',
  note: 'Each figure is the median of five starts.',
  kind: 'startup',
  mode: 'bare',
  load: { transport: 'udp', shape: 'echo', connections: 1, window: 1, bytes: 64 },
  contestants: [
    { name: 'portico', program: 'startup', mode: 'portico', env: { PORTICO_ENGINE: 'linux' } },
    { name: 'portico-node', program: 'startup', mode: 'portico', env: { PORTICO_ENGINE: 'node' } },
    { name: 'node', program: 'startup', mode: 'dgram' },
    { name: 'bare-node', program: 'startup', mode: 'bare' },
  ],
  metrics: ['startMs', 'rss'],
  targets: [
    { metric: 'startMs', against: 'bare-node', as: 'difference', atMost: 10 },
    { metric: 'rss', against: 'bare-node', as: 'difference', atMost: 6e6 },
  ],
  quick: true,
};
