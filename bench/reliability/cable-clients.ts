/** The clients of rows/cable.ts, in a network of their own: they connect, some of them ask, and they say so. */
import { createInterface } from 'node:readline';
import type { InetAddress } from 'portico';
import { tell } from '../harness/usage.ts';
import { ask, dial } from './clients.ts';

interface Order {
  readonly server: InetAddress;
  readonly idle: number;
  readonly asking: number;
  readonly word: string;
}

tell('here');
for await (const line of createInterface({ input: process.stdin })) {
  const { server, idle, asking, word } = JSON.parse(line) as Order;
  // each has one answer, so that none waits for a first byte
  const connections = await Promise.all(Array.from({ length: idle + asking }, () => dial(server)));
  await Promise.all(connections.map((connection) => ask(connection, '0')));
  await Promise.all(connections.slice(idle).map((connection) => connection.sendall(`${word}\n`)));
  // the questions are there before the cable is pulled
  await new Promise((resolve) => setTimeout(resolve, 500));
  tell('asked');
}
