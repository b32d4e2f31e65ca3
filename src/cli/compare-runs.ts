/** The runs of `portico compare`: the same work over the real loopback, and over simulated links that lose more and more. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from '../index.ts';
import { socket } from '../index.ts';
import type { SimNet } from '../sim/index.ts';
import { simnet, trace } from '../sim/index.ts';
import type { Delivery, Transport, Work } from './compare-work.ts';
import { receive, send, worldOf } from './compare-work.ts';

/** The simulated link: 24 to 26 ms, so that neighbours now and then change places. */
const DELAY_MS = [24, 26] as const;
/** TCP on a link that loses a fifth waits long. */
const EVENTS_MAX = 10_000_000;

/** One row of the comparison. */
export interface Compared extends Delivery {
  /** `loopback`, `simulated link`. */
  readonly network: string;
  readonly transport: Transport;
  /** The probability of loss, 0 to 1; `undefined` on the loopback. */
  readonly loss: number | undefined;
  /** Packets put on the network, both ways; `undefined` where nobody counts them. */
  readonly segments: number | undefined;
}

/** Over the real loopback. */
export async function overLoopback(engine: Engine, transport: Transport, work: Work): Promise<Compared> {
  const open = ((family: 2, type: 2) => socket(family, type, { engine })) as Parameters<typeof worldOf>[0];
  const world = worldOf(
    open,
    () => performance.now(),
    async (ms) => void (await sleep(ms)),
  );
  const host = '127.0.0.1';
  let received: ReturnType<typeof receive> | undefined;
  const port = await new Promise<number>((resolve, reject) => {
    received = receive(transport, work, world, host, resolve);
    received.catch(reject);
  });
  const start = await send(transport, work, world, { host, port });
  const arrived = await received;
  if (!arrived) throw new Error('Nobody received');
  return {
    network: 'loopback',
    transport,
    loss: undefined,
    segments: undefined,
    ...finished(arrived, start),
  };
}

/** Over a simulated link with this probability of loss, each way. */
export async function overLink(
  seed: number,
  loss: number,
  transport: Transport,
  work: Work,
): Promise<Compared> {
  const sim = simnet({ seed, traceEventsMax: EVENTS_MAX });
  const server = sim.host('server', { ip: '10.0.0.2' });
  const client = sim.host('client', { ip: '10.0.0.1' });
  sim.link(client, server, { delayMs: { uniform: DELAY_MS } }).both.loss(loss, { optional: true });
  let port = 0;
  const received = server.run('receiver', async (context) => {
    const world = worldOf(context.socket, context.now, context.sleep);
    return receive(transport, work, world, '', (bound) => {
      port = bound;
    });
  });
  const sent = client.run('sender', async (context) => {
    // the receiver is bound by then
    await context.sleep(1);
    const world = worldOf(context.socket, context.now, context.sleep);
    return send(transport, work, world, { host: server.ip, port });
  });
  await sim.run({ until: Promise.all([received, sent]), eventsMax: EVENTS_MAX });
  return {
    network: 'simulated link',
    transport,
    loss,
    segments: packets(sim),
    ...finished(await received, await sent),
  };
}

function packets(sim: SimNet): number {
  return trace(sim).events.filter(({ kind }) => kind === 'sent').length;
}

function finished(
  { lastMs, ...arrived }: Omit<Delivery, 'timeMs'> & { readonly lastMs: number },
  start: number,
): Delivery {
  return { ...arrived, timeMs: Math.max(0, lastMs - start) };
}
