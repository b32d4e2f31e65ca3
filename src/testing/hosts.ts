/** What a host offers to a case: an address that never answers, interfaces. */
import type { InetAddress } from '../index.ts';
import { AF_INET, SOCK_STREAM, SocketError } from '../index.ts';
import { fail } from './assertions.ts';
import type { ConformanceContext } from './conformance-case.ts';

import { tcpWelcome } from './fixtures.ts';

/** A handshake that took so long is taken to be unanswered. */
const SILENCE_MS = 150;

/** An address at which a connection attempt is neither taken nor refused, for as long as the case lasts. */
export async function silentAddress(context: ConformanceContext): Promise<InetAddress> {
  // a full accept queue answers no more: with a backlog of 0 Linux lets one connection in
  const own = (await tcpWelcome(context, 0)).getsockname();
  if (await isSilent(context, own, 2)) return own;
  // an engine that accepts before it is asked to: somebody else's queue, then
  const blocked = await blockedListener(context);
  if (blocked && (await isSilent(context, blocked, 4))) return blocked;
  return fail('every address that was tried answers');
}

/** Tells whether one of so many connection attempts stays without an answer. */
async function isSilent(
  context: ConformanceContext,
  address: InetAddress,
  attempts: number,
): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      await context.socket(AF_INET, SOCK_STREAM).connect(address, { timeoutMs: SILENCE_MS });
    } catch (error) {
      return error instanceof SocketError && error.code === 'ETIMEDOUT';
    }
  }
  return false;
}

/** Listens with a backlog of 1 and never turns to it. */
const BLOCKED_LISTENER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;

/** A TCP address of the loopback that accepts nothing, in a thread that sleeps. */
async function blockedListener({ defer }: ConformanceContext): Promise<InetAddress | undefined> {
  const threads = globalThis.process?.getBuiltinModule('node:worker_threads');
  if (!threads) return undefined;
  const worker = new threads.Worker(BLOCKED_LISTENER, { eval: true });
  defer(() => worker.terminate());
  const port = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { host: '127.0.0.1', port };
}

interface NetworkInterface {
  readonly name: string;
  readonly address: string;
  readonly index: number;
}

/** An interface of this host beside the loopback, by its IPv4 address: multicast takes its way through it. */
export function networkInterface(): NetworkInterface {
  return interfaceOf('IPv4', () => true);
}

/** A link-local IPv6 address of this host. */
export function linkLocalAddress(): NetworkInterface {
  return interfaceOf('IPv6', (address) => address.startsWith('fe80:'));
}

function interfaceOf(family: string, fits: (address: string) => boolean): NetworkInterface {
  const all = globalThis.process?.getBuiltinModule('node:os').networkInterfaces() ?? {};
  for (const [name, entries] of Object.entries(all)) {
    const entry = entries?.find((one) => !one.internal && one.family === family && fits(one.address));
    if (entry) return { name, address: entry.address, index: entry.scopeid ?? 0 };
  }
  return fail('this host has no such interface');
}
