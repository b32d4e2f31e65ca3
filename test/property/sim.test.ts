/**
 * A thousand seeds with faults by chance. UDP: each datagram arrives whole, and at most as often as the plan says. TCP:
 * the bytes that come out are those that went in, in order, both ends close, nothing is left, nothing hangs. And every
 * run is the same on a second time.
 */
import fc from 'fast-check';
import { AF_INET, SOCK_DGRAM, SOCK_STREAM } from 'portico';
import type { FaultPlan, SimNet } from 'portico/sim';
import { explore, faultPlans, installPlan, playTwice, randomPlan, simnet, trace } from 'portico/sim';
import { describe, expect, it } from 'vitest';
import { parameters, pattern } from './replay.ts';

const SEEDS = 1000;
const WHERE = { link: 'client-server', hosts: ['client', 'server'] } as const;
const PORT = 12_000;

/** How often each kind of fault did something, in all runs: a property that met no fault would hold for nothing. */
const hits = new Map<string, number>();

interface Net {
  readonly sim: SimNet;
  readonly run: () => Promise<void>;
}

function network(seed: number, plan: FaultPlan) {
  const sim = simnet({ seed });
  const client = sim.host('client', { ip: '10.0.0.1' });
  const server = sim.host('server', { ip: '10.0.0.2' });
  sim.link(client, server, { delayMs: 5 });
  const faults = installPlan(sim, plan);
  const count = () => {
    for (const [index, { kind }] of plan.entries())
      hits.set(kind, (hits.get(kind) ?? 0) + (faults[index]?.hits ?? 0));
  };
  return { sim, client, server, count };
}

/** How often a datagram may come at most: once, and the copies of every fault that copies. */
function timesMax(plan: FaultPlan): number {
  return plan.reduce((times, fault) => times + (fault.kind === 'duplicate' ? 2 * fault.copies : 0), 1);
}

/** Sends numbered datagrams of any length, and counts what arrives. */
function datagrams(seed: number, plan: FaultPlan): Net {
  const { sim, client, server, count } = network(seed, plan);
  const lengths = Array.from({ length: 40 }, (_, index) => (index * 97) % 3000);
  const counts = new Map<number, number>();
  const got = server.run('receiver', async ({ socket }) => {
    const receiver = socket(AF_INET, SOCK_DGRAM);
    await receiver.bind({ host: '', port: PORT });
    for (;;) {
      const next = await receiver.recvfrom(65_535, { timeoutMs: 5000 }).catch(() => undefined);
      if (!next) return;
      const number = (next[0][0] ?? 0) * 256 + (next[0][1] ?? 0);
      const expected = pattern(number, lengths[number] ?? 0);
      if (!same(next[0].subarray(2), expected)) throw new Error(`datagram ${number} arrived changed`);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
  });
  client.run('sender', async ({ socket, sleep }) => {
    const sender = socket(AF_INET, SOCK_DGRAM);
    for (const [number, length] of lengths.entries()) {
      const data = [Uint8Array.of(number >> 8, number), pattern(number, length)];
      await sender.sendmsg({ data, address: { host: '10.0.0.2', port: PORT } });
      await sleep(20);
    }
  });
  const run = async () => {
    await sim.run({ until: got });
    await got;
    count();
    for (const [number, times] of counts)
      if (times > timesMax(plan)) throw new Error(`datagram ${number} came ${times} times`);
    if (plan.length === 0 && counts.size !== lengths.length)
      throw new Error(`${counts.size} arrived without a fault`);
  };
  return { sim, run };
}

/** Sends bytes both ways over one connection, closes both ends, and looks for what is left. */
function streams(seed: number, plan: FaultPlan): Net {
  const { sim, client, server, count } = network(seed, plan);
  const length = 2000 + ((seed * 7919) % 40_000);
  const [question, answer] = [pattern(seed, length), pattern(seed + 1, 3000)];
  const served = server.run('server', async ({ socket }) => {
    const listening = socket(AF_INET, SOCK_STREAM);
    await listening.bind({ host: '', port: PORT });
    const welcome = await listening.listen();
    const [connection] = await welcome.accept();
    let at = 0;
    for await (const chunk of connection) {
      if (!same(chunk, question.subarray(at, at + chunk.length))) throw new Error(`wrong bytes at ${at}`);
      at += chunk.length;
    }
    if (at !== length) throw new Error(`${at} of ${length} bytes arrived`);
    await connection.sendall(answer);
    await connection.close();
    await welcome.close();
  });
  const asked = client.run('client', async ({ socket }) => {
    const connection = socket(AF_INET, SOCK_STREAM);
    await connection.connect({ host: '10.0.0.2', port: PORT });
    await connection.sendall(question);
    connection.shutdown(1);
    let at = 0;
    for await (const chunk of connection) {
      if (!same(chunk, answer.subarray(at, at + chunk.length)))
        throw new Error(`wrong bytes of the answer at ${at}`);
      at += chunk.length;
    }
    if (at !== answer.length) throw new Error(`${at} bytes of the answer arrived`);
    await connection.close();
  });
  const run = async () => {
    await sim.run({ until: Promise.all([served, asked]) });
    await Promise.all([served, asked]);
    count();
    // TIME_WAIT and all timers pass: nothing may be left of the connection
    await sim.run();
    for (const host of [client, server]) {
      const left = sim.sockets(host).rows;
      if (left.length > 0) throw new Error(`left on ${host.name}: ${sim.sockets(host)}`);
    }
  };
  return { sim, run };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe.each([
  ['UDP', datagrams],
  ['TCP', streams],
] as const)('%s', (_, make) => {
  it(`${SEEDS} seeds with faults by chance`, async () => {
    hits.clear();
    const { tried, failures } = await explore({
      seeds: SEEDS,
      plan: (seed) => randomPlan(seed, WHERE),
      test: ({ seed, plan }) => make(seed, plan).run(),
    });
    expect(failures).toEqual([]);
    expect(tried).toBe(SEEDS);
    for (const kind of ['drop', 'loss', 'corrupt', 'burst', 'duplicate', 'reorder', 'delay', 'partition'])
      expect({ kind, hits: hits.get(kind) ?? 0 }).toEqual({
        kind,
        hits: expect.toSatisfy((count) => count > 100),
      });
  }, 600_000);

  it('every run is the same a second time', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      await playTwice(async () => {
        const { sim, run } = make(seed, randomPlan(seed, WHERE));
        await run();
        return sim;
      });
    }
  }, 600_000);

  it('with plans of fast-check', async () => {
    const plans = faultPlans(fc as never, WHERE) as fc.Arbitrary<FaultPlan>;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 31 }), plans, (seed, plan) => make(seed, plan).run()),
      parameters(60),
    );
  }, 600_000);
});

describe('explore()', () => {
  it('finds the seed that fails and the faults that make it fail', async () => {
    const { failures, tried } = await explore({
      seeds: 200,
      plan: (seed) => randomPlan(seed, WHERE),
      // a program that believes that UDP loses nothing
      test: async ({ seed, plan }) => {
        const { sim, client, server } = network(seed, plan);
        const got = server.run('receiver', async ({ socket }) => {
          const receiver = socket(AF_INET, SOCK_DGRAM);
          await receiver.bind({ host: '', port: PORT });
          for (let count = 0; count < 30; count++) await receiver.recvfrom();
        });
        client.run('sender', async ({ socket, sleep }) => {
          const sender = socket(AF_INET, SOCK_DGRAM);
          for (let count = 0; count < 30; count++) {
            await sender.sendto('x', { host: '10.0.0.2', port: PORT });
            await sleep(50);
          }
        });
        await sim.run({ until: got });
      },
    });
    const [failure] = failures;
    expect(failure?.error).toMatchObject({ code: 'IDLE' });
    expect(failure?.plan.length).toBe(1);
    expect(['drop', 'loss', 'corrupt', 'burst', 'partition']).toContain(failure?.plan[0]?.kind);
    expect(tried).toBe(failure?.seed);
  });

  it('playTwice() names the first event that is another', async () => {
    let runs = 0;
    const play = async () => {
      const { sim, client } = network(1, []);
      runs += 1;
      client.run('forgetful', async ({ print }) => print(`run ${runs}`));
      await sim.run();
      return sim;
    };
    await expect(playTwice(play)).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringMatching(/run 1.*run 2/s),
    });
  });
});

it('the hash of a run is the same on every Node, and in every browser', async () => {
  const { sim, run } = datagrams(27, randomPlan(27, WHERE));
  await run();
  expect({ hash: trace(sim).hash, events: sim.events }).toEqual({ hash: 'fa40766d0fe0f578', events: 80 });
});
