/** Short connections: connect, one request, close. */
import type { Question } from '../harness/question.ts';
import { TCP } from './contestants.ts';

export const tcpAccept: Question = {
  name: 'tcp-accept',
  title: 'TCP connect, one request of 64 bytes, close; 64 connections at a time',
  note: 'The client closes with a reset, so that no port stays in TIME-WAIT.',
  kind: 'load',
  mode: 'tcp-accept',
  load: { transport: 'tcp', shape: 'connect', connections: 64, window: 1, bytes: 64 },
  contestants: TCP,
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [
    { metric: 'cpu', against: 'c-epoll', atMost: 1.4 },
    { metric: 'cpu', against: 'bun', atMost: 1 },
    { metric: 'cpu', against: 'node', atMost: 0.4 },
  ],
  quick: true,
};
