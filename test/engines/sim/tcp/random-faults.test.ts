/** Random losses, duplicates and delays, from a seed: the bytes of both directions arrive intact, and both ends close. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import type { TcpProfile } from '../../../../src/engines/sim/tcp/profile.ts';
import { TCP_PROFILES } from '../../../../src/engines/sim/tcp/profile.ts';
import { SHUT_WR } from '../../../../src/posix/constants.ts';
import { SO_RCVBUF, TCP_NODELAY } from '../../../../src/posix/options.ts';
import type { Relay } from './world.ts';
import { randomNumbers, World } from './world.ts';

interface Plan {
  readonly seed: number;
  readonly profile: TcpProfile['name'];
  /** In thousandths. */
  readonly loss: number;
  readonly duplicates: number;
  readonly late: number;
  readonly sizes: readonly [up: number, down: number];
  readonly noDelay: boolean;
  readonly receiveBuffer: number;
  /** Near the end of the 32-bit numbers, so that they wrap. */
  readonly iss: number;
}

const plan: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 1, max: 0x7fff_ffff }),
  profile: fc.constantFrom('linux' as const, 'rfc' as const),
  loss: fc.integer({ min: 0, max: 120 }),
  duplicates: fc.integer({ min: 0, max: 100 }),
  late: fc.integer({ min: 0, max: 300 }),
  sizes: fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 60_000 })),
  noDelay: fc.boolean(),
  receiveBuffer: fc.constantFrom(2048, 4096, 20_000, 100_000),
  iss: fc.integer({ min: 0xffff_0000, max: 0xffff_ffff }),
});

/** Segments get lost, come twice, or up to 60 ms late. */
function faulty({ seed, loss, duplicates, late }: Plan): Relay {
  const next = randomNumbers(seed);
  const happens = (thousandths: number) => next() % 1000 < thousandths;
  const delay = () => (happens(late) ? next() % 60_000 : 0);
  return () => {
    if (happens(loss)) return 'drop';
    return happens(duplicates) ? [delay(), delay()] : [delay()];
  };
}

function bytes(seed: number, count: number): Uint8Array {
  const next = randomNumbers(seed);
  return Uint8Array.from({ length: count }, () => next() & 0xff);
}

/** Sends in pieces of random size, ends its direction, and reads the other to its end in pieces of random size. */
async function exchange(socket: EngineStreamSocket, data: Uint8Array, seed: number): Promise<Uint8Array> {
  const next = randomNumbers(seed);
  const sending = (async () => {
    for (let at = 0; at < data.length; ) {
      const piece = data.subarray(at, at + 1 + (next() % 9000));
      at += await socket.send(piece, 0, next() % 2 === 0);
    }
    socket.shutdown(SHUT_WR);
  })();
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await socket.recv(1 + (next() % 9000), 0);
    if (chunk.length === 0) break;
    chunks.push(chunk);
  }
  await sending;
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

async function run(plan: Plan): Promise<void> {
  const { seed, iss, sizes } = plan;
  const world = new World({
    profile: TCP_PROFILES[plan.profile],
    relay: faulty(plan),
    seed,
    randoms: [iss, iss],
  });
  const prepare = (socket: EngineStreamSocket) => {
    socket.setsockopt(SO_RCVBUF, plan.receiveBuffer);
    socket.setsockopt(TCP_NODELAY, plan.noDelay);
  };
  const welcome = await world.welcome(8, prepare);
  const [client, server] = await world.pair(welcome);
  const [up, down] = [bytes(seed, sizes[0]), bytes(seed + 1, sizes[1])];
  const both = Promise.all([exchange(client, up, seed + 2), exchange(server, down, seed + 3)]);
  const [atClient, atServer] = await world.settle(both);
  expect(Buffer.compare(atServer, up), 'what the server got').toBe(0);
  expect(Buffer.compare(atClient, down), 'what the client got').toBe(0);
  await Promise.all([client.close(), server.close(), welcome.close()]);
  // the last acknowledgements may be lost a few times, and then TIME_WAIT goes by
  await world.run(2_000_000);
  expect(world.client.stack.sockets(), 'what is left at the client').toEqual([]);
  expect(world.server.stack.sockets(), 'what is left at the server').toEqual([]);
  expect(world.clock.isIdle, 'whether nothing is left to happen').toBe(true);
  const resets = world.wire.filter(({ segment }) => segment.flags & 4);
  // one that answers a repeated FIN after TIME_WAIT or the end of LAST_ACK is in order
  expect(resets.filter(({ segment }) => segment.flags & 16)).toEqual([]);
}

it('bytes arrive intact and both ends close, whatever the link does', { timeout: 0 }, async () => {
  await fc.assert(fc.asyncProperty(plan, run), { numRuns: 150 });
});
