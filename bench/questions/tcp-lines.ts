/** A line protocol in which every answer is a write of its own. */
import type { Question } from '../harness/question.ts';
import { TCP } from './contestants.ts';

export const tcpLines: Question = {
  name: 'tcp-lines',
  title: 'TCP lines, 16 connections, 32 lines of 64 bytes in flight each, one send a line',
  kind: 'load',
  mode: 'tcp-lines',
  load: { transport: 'tcp', shape: 'echo', connections: 16, window: 32, bytes: 64, lines: true },
  contestants: TCP,
  metrics: ['cpu', 'user', 'system', 'rate', 'p50', 'p99', 'p999', 'rss', 'serverBusy', 'loadBusy'],
  targets: [{ metric: 'cpu', against: 'node', atMost: 0.15 }],
  quick: false,
};
