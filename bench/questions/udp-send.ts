/** UDP in one direction: the server sends. */
import type { Contestant, Question } from '../harness/question.ts';
import { udpWith } from './contestants.ts';

/** `sendmmsg` in place of `send`. */
const BATCH: Contestant = {
  name: 'portico-batch',
  program: 'portico',
  mode: 'udp-send-batch',
  env: { PORTICO_ENGINE: 'linux' },
};
/** Who can send to two peers in turn. */
const SPREAD: ReadonlySet<string> = new Set(['portico', 'c-mmsg']);

/** To one peer, so that datagrams can share messages. */
export const udpSend: Question = {
  name: 'udp-send',
  title: 'UDP send only, to one peer, 64 bytes',
  note: 'The receiver takes messages of segments whole (UDP_GRO), for all alike; the sender counts.',
  kind: 'sender',
  mode: 'udp-send',
  load: { transport: 'udp', shape: 'drain', connections: 1, window: 1, bytes: 64, segments: true },
  counts: 'server',
  contestants: [...udpWith('udp-send', 'udp-send-gso'), BATCH],
  metrics: ['cpu', 'user', 'system', 'rate', 'rss', 'serverBusy', 'loadBusy'],
  targets: [
    { metric: 'cpu', against: 'c-gso', atMost: 1.5 },
    { contestant: 'portico-batch', metric: 'cpu', against: 'c-gso', atMost: 1.5 },
  ],
  quick: true,
};

/** To many in turn, so that nothing can be put together. */
export const udpSendSpread: Question = {
  ...udpSend,
  name: 'udp-send-spread',
  title: 'UDP send only, no two datagrams in a row to one peer, 64 bytes',
  note: 'Portico and C send to two peers in turn; the others send to one, a message a datagram.',
  load: { ...udpSend.load, connections: 2 },
  contestants: udpWith('udp-send', 'udp-send-gso').flatMap((contestant) => {
    if (contestant.name === 'c-gso') return [];
    return SPREAD.has(contestant.name) ? { ...contestant, mode: 'udp-send-spread' } : contestant;
  }),
  targets: [{ metric: 'cpu', against: 'c-mmsg', atMost: 1.05 }],
  quick: false,
};
