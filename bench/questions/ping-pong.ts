/** Latency: one client, one message in flight. */
import type { Contestant, Question, Target } from '../harness/question.ts';
import { TCP, UDP } from './contestants.ts';

const SHARED = {
  note: 'The client sleeps while it waits, unless a contestant says that it spins.',
  kind: 'load',
  metrics: ['p50', 'p99', 'p999', 'cpu', 'rate', 'rss', 'serverBusy', 'loadBusy'],
} as const;

/** The server and its client never sleep: the spin budget against the peers, whose client spins too. */
function spinning(contestants: readonly Contestant[]): readonly Contestant[] {
  return contestants.flatMap((contestant) => {
    if (contestant.name === 'portico')
      return {
        ...contestant,
        name: 'portico-spin',
        env: { ...contestant.env, PORTICO_SPIN_US: '50' },
        load: { spin: true },
      };
    return ['node', 'bun', 'go'].includes(contestant.name)
      ? { ...contestant, name: `${contestant.name}-spun`, load: { spin: true } }
      : [];
  });
}

function targets(c: string): readonly Target[] {
  return [
    { metric: 'p50', against: 'bun', atMost: 1 },
    { metric: 'p99', against: c, atMost: 1.2 },
    { contestant: 'portico-spin', metric: 'p50', against: 'bun-spun', atMost: 0.5 },
    { contestant: 'portico-spin', metric: 'p50', against: 'go-spun', atMost: 0.5 },
    { contestant: 'portico-spin', metric: 'p50', against: 'node-spun', atMost: 0.5 },
  ];
}

export const pingPongUdp: Question = {
  ...SHARED,
  name: 'ping-pong-udp',
  title: 'UDP ping-pong, one client, 64 bytes',
  mode: 'udp-echo',
  load: { transport: 'udp', shape: 'echo', connections: 1, window: 1, bytes: 64 },
  contestants: [...UDP.filter(({ name }) => name !== 'c-gso'), ...spinning(UDP)],
  targets: targets('c-mmsg'),
  quick: false,
};

export const pingPongTcp: Question = {
  ...SHARED,
  name: 'ping-pong-tcp',
  title: 'TCP ping-pong, one client, 64 bytes',
  mode: 'tcp-echo',
  load: { transport: 'tcp', shape: 'echo', connections: 1, window: 1, bytes: 64 },
  contestants: [...TCP, ...spinning(TCP)],
  targets: targets('c-epoll'),
  quick: true,
};
