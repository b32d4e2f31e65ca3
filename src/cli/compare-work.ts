/** The work that `portico compare` gives to UDP and to TCP: numbered messages, one way, at a fixed pace. */
import type { DatagramSocket, StreamSocket } from '../index.ts';
import { AF_INET, SOCK_DGRAM, SOCK_STREAM } from '../index.ts';

/** A transport. */
export type Transport = 'udp' | 'tcp';

/** How much is sent. */
export interface Work {
  readonly messages: number;
  readonly bytes: number;
  /** Between two messages, in milliseconds. */
  readonly gapMs: number;
}

/** The world in which it is done. */
export interface World {
  readonly udp: () => DatagramSocket<typeof AF_INET>;
  readonly tcp: () => StreamSocket<typeof AF_INET>;
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** What arrived. */
export interface Delivery {
  readonly delivered: number;
  /** Messages that never came. */
  readonly lost: number;
  /** Messages that came after one with a higher number. */
  readonly outOfOrder: number;
  /** From the first send to the last arrival, in milliseconds. */
  readonly timeMs: number;
}

/** A receiver that has not heard anything for so long has heard everything. */
const SILENCE_MS = 1000;

/** Receives until everything is there, or nothing comes any more. `ready` is called when it can be sent to. */
export async function receive(
  transport: Transport,
  work: Work,
  world: World,
  host: string,
  ready: (port: number) => void,
): Promise<Omit<Delivery, 'timeMs'> & { readonly lastMs: number }> {
  const arrivals =
    transport === 'udp' ? datagrams(work, world, host, ready) : records(work, world, host, ready);
  let [delivered, outOfOrder, highest, lastMs] = [0, 0, -1, world.now()];
  for await (const number of arrivals) {
    delivered += 1;
    lastMs = world.now();
    if (number < highest) outOfOrder += 1;
    highest = Math.max(highest, number);
    if (delivered === work.messages) break;
  }
  return { delivered, lost: work.messages - delivered, outOfOrder, lastMs };
}

/** Sends everything at its pace; gives the time of the first send. */
export async function send(
  transport: Transport,
  { messages, bytes, gapMs }: Work,
  world: World,
  address: { readonly host: string; readonly port: number },
): Promise<number> {
  const out = transport === 'udp' ? datagramSender(world, address) : await streamSender(world, address);
  const start = world.now();
  for (let number = 0; number < messages; number++) {
    const message = new Uint8Array(bytes);
    new DataView(message.buffer).setUint32(0, number);
    await out.send(message);
    // a fixed pace, however long a send takes
    const wait = start + (number + 1) * gapMs - world.now();
    if (wait > 0) await world.sleep(wait);
  }
  await out.close();
  return start;
}

async function* datagrams(
  { bytes }: Work,
  world: World,
  host: string,
  ready: (port: number) => void,
): AsyncGenerator<number> {
  await using receiver = world.udp();
  await receiver.bind({ host, port: 0 });
  ready(receiver.getsockname().port);
  const seen = new Set<number>();
  for (;;) {
    const message = await receiver.recv(bytes, { timeoutMs: SILENCE_MS }).catch(() => undefined);
    if (!message) return;
    const number = numberOf(message);
    if (!seen.has(number)) yield number;
    seen.add(number);
  }
}

async function* records(
  { bytes }: Work,
  world: World,
  host: string,
  ready: (port: number) => void,
): AsyncGenerator<number> {
  await using listening = world.tcp();
  await listening.bind({ host, port: 0 });
  const welcome = await listening.listen();
  ready(welcome.getsockname().port);
  const [connection] = await welcome.accept();
  await using stream = connection;
  let rest = new Uint8Array(0);
  for await (const chunk of stream) {
    rest = joined(rest, chunk);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) yield numberOf(rest);
  }
}

interface Sender {
  send(message: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

function datagramSender(world: World, address: { readonly host: string; readonly port: number }): Sender {
  const socket = world.udp();
  return { send: (message) => socket.sendto(message, address), close: () => socket.close() };
}

async function streamSender(
  world: World,
  address: { readonly host: string; readonly port: number },
): Promise<Sender> {
  const socket = world.tcp();
  await socket.connect(address);
  return { send: (message) => socket.sendall(message), close: () => socket.close() };
}

function numberOf(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(0);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Opens sockets with a `socket` of any kind. */
export function worldOf(
  open: {
    (family: typeof AF_INET, type: typeof SOCK_DGRAM): DatagramSocket<typeof AF_INET>;
    (family: typeof AF_INET, type: typeof SOCK_STREAM): StreamSocket<typeof AF_INET>;
  },
  now: () => number,
  sleep: (ms: number) => Promise<void>,
): World {
  return { udp: () => open(AF_INET, SOCK_DGRAM), tcp: () => open(AF_INET, SOCK_STREAM), now, sleep };
}
