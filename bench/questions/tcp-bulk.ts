/** One stream of bytes, written and read in large blocks. */
import type { Contestant, Question } from '../harness/question.ts';
import { TCP } from './contestants.ts';

const METRICS = ['bytesPerSecond', 'cpuPerKilobyte', 'rss', 'serverBusy', 'loadBusy'] as const;

/** The server writes; the load reads as much as comes. */
function source(name: string, bytes: number, title: string): Question {
  return {
    name,
    title: `TCP bulk, the server writes blocks of ${title}`,
    kind: 'load',
    mode: 'tcp-source',
    env: { CHUNK: String(bytes) },
    load: { transport: 'tcp', shape: 'sink', connections: 1, window: 1, bytes: 1 << 20 },
    contestants: TCP,
    metrics: METRICS,
    targets: [{ metric: 'bytesPerSecond', against: 'c-epoll', atLeast: 0.95 }],
    quick: false,
  };
}

/** As the C server, and Node's with `onread`, would: into the same memory each time. */
const INTO: Contestant = {
  name: 'portico-into',
  program: 'portico',
  env: { PORTICO_ENGINE: 'linux', RECEIVE_INTO: '1' },
};

/** The load writes; the server reads. */
function sink(name: string, bytes: number, title: string): Question {
  return {
    name,
    title: `TCP bulk, the server reads, the load writes blocks of ${title}`,
    kind: 'load',
    mode: 'tcp-sink',
    env: { CHUNK: String(bytes) },
    load: { transport: 'tcp', shape: 'source', connections: 1, window: 1, bytes },
    contestants: [INTO, ...TCP],
    metrics: ['cpuPerKilobyte', 'bytesPerSecond', 'rss', 'serverBusy', 'loadBusy'],
    targets: [
      { contestant: INTO.name, metric: 'cpuPerKilobyte', against: 'c-epoll', atMost: 1.2 },
      { contestant: INTO.name, metric: 'bytesPerSecond', against: 'c-epoll', atLeast: 0.95 },
    ],
    quick: false,
  };
}

export const tcpSource64k: Question = source('tcp-source-64k', 65_536, '64 KiB');
export const tcpSource1m: Question = source('tcp-source-1m', 1 << 20, '1 MiB');
export const tcpSink64k: Question = sink('tcp-sink-64k', 65_536, '64 KiB');
export const tcpSink1m: Question = sink('tcp-sink-1m', 1 << 20, '1 MiB');
