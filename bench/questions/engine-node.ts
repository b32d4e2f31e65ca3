/** What the engine `node` adds to the modules that it stands on. */
import type { Question } from '../harness/question.ts';
import { PORTICO_NODE, TCP, UDP } from './contestants.ts';
import { tcpEcho64 } from './tcp-echo.ts';
import { udpEcho } from './udp-echo.ts';

const TARGETS = [{ contestant: PORTICO_NODE.name, metric: 'cpu', against: 'node', atMost: 1.3 }] as const;

export const engineNodeUdp: Question = {
  ...udpEcho,
  name: 'engine-node-udp',
  title: `The engine node beside node:dgram: ${udpEcho.title}`,
  contestants: UDP.filter(({ name }) => name === PORTICO_NODE.name || name === 'node'),
  targets: TARGETS,
  quick: false,
};

export const engineNodeTcp: Question = {
  ...tcpEcho64,
  name: 'engine-node-tcp',
  title: `The engine node beside node:net: ${tcpEcho64.title}`,
  contestants: TCP.filter(({ name }) => name === PORTICO_NODE.name || name === 'node'),
  targets: TARGETS,
  quick: false,
};
