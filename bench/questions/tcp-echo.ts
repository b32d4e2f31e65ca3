/** TCP request and answer on open connections. */
import type { Question } from '../harness/question.ts';
import { TCP } from './contestants.ts';

export const tcpEcho64: Question = {
  name: 'tcp-echo-64',
  title: 'TCP echo, 64 connections, one request of 64 bytes in flight each',
  kind: 'load',
  mode: 'tcp-echo',
  load: { transport: 'tcp', shape: 'echo', connections: 64, window: 1, bytes: 64 },
  contestants: TCP,
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [
    { metric: 'cpu', against: 'c-epoll', atMost: 1.15 },
    { metric: 'cpu', against: 'bun', atMost: 1 },
    { metric: 'cpu', against: 'node', atMost: 0.65 },
  ],
  quick: true,
};

export const tcpEcho1000: Question = {
  ...tcpEcho64,
  name: 'tcp-echo-1000',
  title: 'TCP echo, 1,000 connections, one request of 64 bytes in flight each',
  load: { ...tcpEcho64.load, connections: 1000 },
  targets: [
    { metric: 'cpu', against: 'c-epoll', atMost: 1.25 },
    { metric: 'cpu', against: 'bun', atMost: 1 },
    { metric: 'cpu', against: 'node', atMost: 0.7 },
  ],
  quick: false,
};
