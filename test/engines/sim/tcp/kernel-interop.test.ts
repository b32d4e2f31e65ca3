/**
 * The simulated TCP against the kernel's, live over a TUN device with losses, duplicates and delays from a seed: 200
 * connections opened from each side, random bytes both ways, all of them intact, both ends closed.
 */
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import { decodePacket, encodePacket } from '../../../../src/engines/sim/codec.ts';
import { IP_HEADER_BYTES } from '../../../../src/engines/sim/packet.ts';
import type { Segment } from '../../../../src/engines/sim/tcp/segment.ts';
import { ACK, RST, SYN } from '../../../../src/engines/sim/tcp/segment.ts';
import { TcpStack } from '../../../../src/engines/sim/tcp/stack.ts';
import { AF_INET, SHUT_WR, SOCK_STREAM } from '../../../../src/posix/constants.ts';
import { Tun, whyNoTun } from './tun.ts';
import { randomNumbers } from './world.ts';

const SEED = Number(process.env.PORTICO_INTEROP_SEED ?? 7);
const TRANSFERS = 200;
/** How many connections are open at a time. */
const AT_ONCE = 40;
const BYTES_MAX = 40_000;
const KERNEL = '10.7.0.1';
const SIM = '10.7.0.2';
/** What the simulated TCP does not speak. */
const PLAIN_TCP = { tcp_sack: 0, tcp_timestamps: 0, tcp_window_scaling: 0, tcp_fastopen: 0, tcp_ecn: 0 };
const TCP_HEADER_BYTES = 20;
const MSS_OPTION_BYTES = 4;

const missing = whyNoTun();

/** In thousandths: what the link does to a packet, in either direction. */
const FAULTS = { loss: 30, duplicates: 20, late: 50 };
const LATE_MS = 30;

let tun: Tun;
let stack: TcpStack;
const resets: string[] = [];
let packets = 0;
let dropped = 0;

/** Hands a packet on, or not, or twice, or late. */
function pass(next: () => number, deliver: () => void): void {
  const happens = (thousandths: number) => next() % 1000 < thousandths;
  packets += 1;
  if (happens(FAULTS.loss)) {
    dropped += 1;
    return;
  }
  for (let copy = happens(FAULTS.duplicates) ? 2 : 1; copy > 0; copy--)
    setTimeout(deliver, happens(FAULTS.late) ? next() % LATE_MS : 0);
}

/** A bare RST answers what came late to a connection that is over already; one that acknowledges ends a connection. */
function watch(way: string, { flags, seq }: Segment): void {
  if (flags & RST && flags & ACK) resets.push(`${way} ${seq}`);
}

function startStack(): TcpStack {
  const started = performance.now();
  const random = randomNumbers(SEED);
  const fate = randomNumbers(SEED + 1);
  let id = 0;
  return new TcpStack({
    now: () => Math.floor((performance.now() - started) * 1000),
    after: (delayUs, callback) => {
      const timer = setTimeout(callback, delayUs / 1000);
      return () => clearTimeout(timer);
    },
    random,
    sourceFor: () => SIM,
    isLocal: (host) => host === SIM,
    mtuTo: () => 1500,
    note: () => undefined,
    transmit: (segment) => {
      watch('sim', segment);
      id += 1;
      const options = segment.flags & SYN ? MSS_OPTION_BYTES : 0;
      const bytes = encodePacket({
        id,
        source: SIM,
        destination: KERNEL,
        ttl: 64,
        tos: 0,
        payload: { protocol: 'tcp', segment },
        payloadBytes: TCP_HEADER_BYTES + options + segment.data.length,
      });
      pass(fate, () => tun.send(bytes));
    },
  });
}

function randomBytes(next: () => number): Buffer {
  const count = next() % BYTES_MAX;
  return Buffer.from(Uint8Array.from({ length: count }, () => next() & 0xff));
}

/** Sends, ends, and reads to the end, on a socket of the simulated TCP. */
async function exchange(socket: EngineStreamSocket, data: Uint8Array): Promise<Buffer> {
  const sending = (async () => {
    await socket.send(data, 0, true);
    socket.shutdown(SHUT_WR);
  })();
  const chunks: Uint8Array[] = [];
  for (let chunk = await socket.recv(9000, 0); chunk.length > 0; chunk = await socket.recv(9000, 0))
    chunks.push(chunk);
  await sending;
  await socket.close();
  return Buffer.concat(chunks);
}

/** The same on a socket of the kernel. */
function exchangeWithKernel(socket: ReturnType<typeof connect>, data: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.end(data);
  });
}

async function inGroups(count: number, run: (index: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => run(from + at)));
}

describe.skipIf(missing !== undefined)(
  `against the kernel, seed ${SEED}${missing ? `: ${missing}` : ''}`,
  { timeout: 0 },
  () => {
    beforeAll(() => {
      tun = Tun.open(KERNEL, SIM, PLAIN_TCP);
      stack = startStack();
      const fate = randomNumbers(SEED + 2);
      tun.receive((bytes) => {
        if (bytes[9] !== 6 || bytes.length < IP_HEADER_BYTES) return;
        const { payload } = decodePacket(bytes);
        if (payload.protocol !== 'tcp') return;
        watch('kernel', payload.segment);
        pass(fate, () => stack.receive(payload.segment));
      });
    });

    afterAll(() => tun.close());

    it('200 connections that the kernel opens carry their bytes both ways', async () => {
      const welcome = stack.open(AF_INET, SOCK_STREAM);
      await welcome.bind({ host: SIM, port: 12_000 });
      await welcome.listen(AT_ONCE);
      const connectionFrom = handOut(welcome);
      await inGroups(TRANSFERS, async (index) => {
        const next = randomNumbers(SEED * 1000 + index);
        const [up, down] = [randomBytes(next), randomBytes(next)];
        const client = connect({ host: SIM, port: 12_000, allowHalfOpen: true });
        const atClient = exchangeWithKernel(client, up);
        // whoever is accepted tells by its port whose bytes these are
        await new Promise<void>((resolve) => client.once('connect', resolve));
        const server = await connectionFrom(client.localPort ?? 0);
        expect(Buffer.compare(await exchange(server, down), up), 'what the simulated end got').toBe(0);
        expect(Buffer.compare(await atClient, down), "what the kernel's end got").toBe(0);
      });
      await welcome.close();
    });

    it('200 connections that the simulated TCP opens carry their bytes both ways', async () => {
      const waiting = new Map<number, (socket: ReturnType<typeof connect>) => void>();
      const server = createServer({ allowHalfOpen: true }, (socket) =>
        waiting.get(socket.remotePort ?? 0)?.(socket),
      );
      await new Promise<void>((resolve) => server.listen(13_000, KERNEL, AT_ONCE, resolve));
      await inGroups(TRANSFERS, async (index) => {
        const next = randomNumbers(SEED * 2000 + index);
        const [up, down] = [randomBytes(next), randomBytes(next)];
        const client = stack.open(AF_INET, SOCK_STREAM);
        await client.bind({ host: SIM, port: 20_000 + index });
        const accepted = new Promise<ReturnType<typeof connect>>((resolve) =>
          waiting.set(20_000 + index, resolve),
        );
        await client.connect({ host: KERNEL, port: 13_000 });
        const atClient = exchange(client, up);
        const atServer = exchangeWithKernel(await accepted, down);
        expect(Buffer.compare(await atServer, up), "what the kernel's end got").toBe(0);
        expect(Buffer.compare(await atClient, down), 'what the simulated end got').toBe(0);
      });
      await new Promise((resolve) => server.close(resolve));
    });

    it('both ends have closed, without a reset, though packets were lost', async () => {
      expect(dropped).toBeGreaterThan(packets / 100);
      await settled(() => stack.sockets().every(({ state }) => state === 'TIME_WAIT'));
      expect(stack.sockets().filter(({ state }) => state !== 'TIME_WAIT')).toEqual([]);
      expect(resets).toEqual([]);
    });
  },
);

/** Takes connections until the welcome socket is closed, and hands each to whoever waits for its client's port. */
function handOut(welcome: EngineStreamSocket): (port: number) => Promise<EngineStreamSocket> {
  const arrived = new Map<number, PromiseWithResolvers>();
  const slot = (port: number) => {
    const known = arrived.get(port) ?? withResolvers();
    arrived.set(port, known);
    return known;
  };
  const accepting = (async () => {
    for (;;) {
      const { socket, address } = await welcome.accept();
      slot('port' in address ? address.port : 0).resolve(socket);
    }
  })();
  accepting.catch(() => undefined);
  return (port) => slot(port).promise;
}

interface PromiseWithResolvers {
  readonly promise: Promise<EngineStreamSocket>;
  readonly resolve: (socket: EngineStreamSocket) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve: PromiseWithResolvers['resolve'] = () => undefined;
  const promise = new Promise<EngineStreamSocket>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Waits for the last acknowledgements, which may be lost a few times. */
async function settled(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 300 && !isSo(); turn++) await new Promise((resolve) => setTimeout(resolve, 100));
}
