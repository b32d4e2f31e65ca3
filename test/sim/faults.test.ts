/** Every fault of a link: what it does, how it counts, and that one which did nothing fails the run. */
import { AF_INET, SOCK_DGRAM } from 'portico';
import type { Fault, LinkOptions, Wire } from 'portico/sim';
import { simnet, trace } from 'portico/sim';
import { describe, expect, it } from 'vitest';
import type { Pair } from './networks.ts';
import { collector, numbers, pair, sender } from './networks.ts';

/** Sends numbered datagrams past the faults that `install` makes; gives what arrived, in order. */
async function arrivals(
  count: number,
  install: (wire: Wire, network: Pair) => Fault | undefined,
  { link, gapMs = 1 }: { link?: LinkOptions; gapMs?: number } = {},
): Promise<{ got: string[]; fault: Fault | undefined; network: Pair }> {
  const network = pair({}, link);
  const fault = install(network.wire, network);
  // more than can come, so that what comes too often is seen
  const result = network.server.run('collector', collector(3 * count, 2000));
  network.client.run('sender', sender(numbers(count), gapMs));
  await network.sim.run({ until: result });
  return { got: await result, fault, network };
}

describe('drop', () => {
  it('by number loses these and no other, and counts them', async () => {
    const { got, fault, network } = await arrivals(5, (wire, { server }) =>
      wire.toward(server).drop({ udp: true, nth: [2, 4] }),
    );
    expect(got).toEqual(['0', '2', '4']);
    expect({ hits: fault?.hits, seen: fault?.seen }).toEqual({ hits: 2, seen: 5 });
    expect(
      trace(network.sim)
        .udp('client>server')
        .lost()
        .map(({ dropped }) => dropped),
    ).toEqual(['lost', 'lost']);
    network.sim.check();
  });

  it('every third', async () => {
    const { got } = await arrivals(7, (wire) => wire.both.drop({ every: 3 }));
    expect(got).toEqual(['0', '1', '3', '4', '6']);
  });

  it('of a time', async () => {
    const { got } = await arrivals(10, (wire) => wire.both.drop({ fromMs: 3, untilMs: 5 }));
    expect(got).toEqual(['0', '1', '2', '5', '6', '7', '8', '9']);
  });

  it('of a port, of a length, of a test of one’s own', async () => {
    expect(
      (await arrivals(3, (wire) => wire.both.drop({ destinationPort: 12_001, optional: true }))).got.length,
    ).toBe(3);
    expect((await arrivals(11, (wire) => wire.both.drop({ udp: { dataBytesMin: 2 } }))).got).toEqual(
      numbers(10),
    );
    const isFour = (wire: Wire) =>
      wire.both.drop({ where: ({ payload }) => payload.protocol === 'udp' && payload.data[0] === 0x34 });
    expect((await arrivals(6, isFour)).got).toEqual(['0', '1', '2', '3', '5']);
  });

  it('ends when it is removed', async () => {
    const { got, fault } = await arrivals(6, (wire, { sim }) => {
      const made = wire.both.drop();
      sim.at(2.5, () => made.remove());
      return made;
    });
    expect(got).toEqual(['3', '4', '5']);
    expect(fault?.hits).toBe(3);
  });
});

describe('loss', () => {
  it('of 30 % loses about so many, the same ones for the same seed, others for another', async () => {
    const run = async (seed: number) => {
      const { sim, server, client, wire } = pair({ seed });
      const lost = wire.toward(server).loss(0.3);
      const result = server.run('collector', collector(1000, 2000));
      client.run('sender', sender(numbers(1000), 0.1));
      await sim.run({ until: result });
      return { got: await result, hits: lost.hits, hash: trace(sim).hash };
    };
    const [first, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toEqual(first);
    expect(other.got).not.toEqual(first.got);
    // six standard deviations of a binomial of 1,000 and 0.3: 87
    expect(Math.abs(first.hits - 300)).toBeLessThan(87);
    expect(first.got.length + first.hits).toBe(1000);
  });

  it('of 0 is no fault: nothing is lost, and nothing missed', async () => {
    const { got, network } = await arrivals(20, (wire) => wire.both.loss(0));
    expect(got.length).toBe(20);
    network.sim.check();
  });

  it('in bursts loses neighbours', async () => {
    const { got, fault } = await arrivals(
      400,
      (wire) => wire.both.lossBurst({ pGoodBad: 0.02, pBadGood: 0.2 }),
      { gapMs: 0.1 },
    );
    const isLost = numbers(400).map((text) => !got.includes(text));
    const bursts = isLost.filter((lost, index) => lost && !isLost[index - 1]).length;
    expect(fault?.hits).toBe(400 - got.length);
    // the mean length of a burst is 1 / pBadGood = 5; independent loss of so many would have about 1.1
    expect((fault?.hits ?? 0) / bursts).toBeGreaterThan(2.5);
  });

  it('on one link leaves the chance of another alone: one packet more elsewhere changes nothing', async () => {
    const run = async (more: number) => {
      const sim = simnet({ seed: 9 });
      const [a, b, c] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip, index) =>
        sim.host(`h${index}`, { ip }),
      );
      if (!a || !b || !c) throw new Error('three hosts');
      sim.link(a, b).both.loss(0.4);
      sim.link(c, b).both.loss(0.4);
      const result = b.run('collector', collector(1000, 2000));
      a.run('sender', sender(numbers(60), 1));
      c.run(
        'other',
        sender(
          Array.from({ length: more }, () => 'x'),
          1,
        ),
      );
      await sim.run({ until: result });
      return (await result).filter((text) => text !== 'x');
    };
    expect(await run(50)).toEqual(await run(10));
  });
});

describe('other faults', () => {
  it('duplicate delivers so many more', async () => {
    const { got } = await arrivals(3, (wire) => wire.both.duplicate({ nth: 2 }, { copies: 2, delayMs: 0.1 }));
    expect(got).toEqual(['0', '1', '1', '1', '2']);
  });

  it('reorder by a gap lets exactly so many overtake', async () => {
    const { got } = await arrivals(6, (wire) => wire.both.reorder({ gap: 2 }, { nth: 2 }));
    expect(got).toEqual(['0', '2', '3', '1', '4', '5']);
  });

  it('reorder by a gap that never fills lets the packet go after its wait', async () => {
    const { got, network } = await arrivals(2, (wire) =>
      wire.both.reorder({ gap: 5, waitMs: 50 }, { nth: 1 }),
    );
    expect(got).toEqual(['1', '0']);
    expect(trace(network.sim).udp('client>server').all[0]?.arrivedMs).toBe(60);
  });

  it('delay adds to that of the link', async () => {
    const { network } = await arrivals(2, (wire) => wire.both.delay(7, { nth: 2 }));
    expect(
      trace(network.sim)
        .udp('client>server')
        .all.map(({ sentMs, arrivedMs }) => (arrivedMs ?? 0) - sentMs),
    ).toEqual([10, 17]);
  });

  it('jitter lets packets overtake each other', async () => {
    const { got } = await arrivals(200, () => undefined, { link: { delayMs: { uniform: [1, 30] } } });
    expect(got.length).toBe(200);
    expect(got).not.toEqual(numbers(200));
  });

  it('corrupt by one bit is dropped at the receiver, by its checksum', async () => {
    const { got, network } = await arrivals(50, (wire) => wire.both.corrupt({ every: 2 }));
    expect(got.length).toBe(25);
    const reasons = new Set(
      trace(network.sim)
        .udp('client>server')
        .lost()
        .map(({ dropped }) => dropped),
    );
    for (const reason of reasons)
      expect(reason).toMatch(/bad checksum of (IPv4|UDP)|wrong length|not an IPv4 header/);
  });

  it('hold keeps packets until it is removed, then they go on in order', async () => {
    const { got, network } = await arrivals(4, (wire, { sim }) => {
      const held = wire.both.hold({ nth: [2, 3] });
      sim.at(100, () => held.remove());
      return held;
    });
    expect(got).toEqual(['0', '3', '1', '2']);
    expect(trace(network.sim).udp('client>server').all[1]?.arrivedMs).toBe(110);
  });
});

describe('rate and queue', () => {
  it('a datagram takes its bytes at the rate, and waits for those before it', async () => {
    // 20 + 8 + 972 bytes at 1 Mbit/s: 8 ms each
    const { sim, client, server } = pair({}, { delayMs: 10, bitsPerSecond: 1e6 });
    const result = server.run('collector', collector(3));
    client.run('sender', sender(numbers(3).map((text) => text.repeat(972))));
    await sim.run({ until: result });
    expect(
      trace(sim)
        .udp('client>server')
        .all.map(({ arrivedMs }) => arrivedMs),
    ).toEqual([18, 26, 34]);
  });

  it('a full queue loses the newest', async () => {
    const { sim, client, server } = pair({}, { delayMs: 10, bitsPerSecond: 1e6, queueBytesMax: 2100 });
    const result = server.run('collector', collector(9));
    client.run('sender', sender(numbers(6).map((text) => text.repeat(972))));
    await sim.run({ until: result });
    expect((await result).map((text) => text[0])).toEqual(['0', '1']);
    expect(
      new Set(
        trace(sim)
          .udp('client>server')
          .lost()
          .map(({ dropped }) => dropped),
      ),
    ).toEqual(new Set(['queue full']));
  });
});

describe('MTU', () => {
  it('65,507 bytes travel in 45 fragments; one lost fragment loses all', async () => {
    for (const [nth, expected] of [
      [undefined, 1],
      [17, 0],
    ] as const) {
      const { sim, client, server, wire } = pair();
      if (nth) wire.toward(server).drop({ nth });
      const result = server.run('collector', collector(1));
      client.run('sender', sender(['x'.repeat(65_507)]));
      await sim.run({ until: result });
      expect((await result).length).toBe(expected);
      expect(trace(sim).udp('client>server').all.length).toBe(45);
      sim.check();
    }
  });
});

describe('partition', () => {
  const ask = async (how: 'blackhole' | 'reject' | 'unreachable') => {
    const { sim, client, server, wire } = pair();
    const cut = wire.partition({ how });
    const outcome = client.run('ask', async ({ socket }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      await one.connect({ host: 'server', port: 12_000 });
      await one.send('anybody?');
      return one.recv(99, { timeoutMs: 500 }).then(
        () => 'answer',
        (error) => error.code,
      );
    });
    server.run('collector', collector(1, 1000));
    await sim.run({ until: outcome });
    sim.check();
    expect(cut.hits).toBe(1);
    return outcome;
  };

  it('in silence times out', async () => expect(await ask('blackhole')).toBe('ETIMEDOUT'));
  it('with a refusal is refused', async () => expect(await ask('reject')).toBe('ECONNREFUSED'));
  it('of a router leaves a connected UDP socket waiting, as "host unreachable" is a soft error', async () =>
    expect(await ask('unreachable')).toBe('ETIMEDOUT'));

  it('one way lets the other through', async () => {
    const { sim, client, server, wire } = pair();
    const cut = wire.toward(client).partition();
    const result = server.run('echo', async ({ socket }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      await one.bind({ host: '', port: 12_000 });
      const [message, from] = await one.recvfrom();
      await one.sendto(message, from);
      return message.length;
    });
    const answer = client.run('ask', async ({ socket }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      await one.sendto('hello', { host: 'server', port: 12_000 });
      return one.recvfrom(9, { timeoutMs: 100 }).catch((error) => error.code);
    });
    await sim.run({ until: answer });
    expect([await result, await answer, cut.hits]).toEqual([5, 'ETIMEDOUT', 1]);
  });
});

describe('accounting', () => {
  it('a fault that did nothing fails check(), with its name, the seed, and how to replay', async () => {
    const { network } = await arrivals(2, (wire) => wire.both.drop({ tcp: { hasData: true }, nth: 1 }));
    expect(() => network.sim.check()).toThrow(
      /drop on client-server toward .*looked at 0 packets.*seed=42.*replayTo/s,
    );
    expect(() => network.sim[Symbol.dispose]()).toThrow(/A fault did nothing/);
  });

  it('an optional one may do nothing', async () => {
    const { network } = await arrivals(2, (wire) => wire.both.drop({ nth: 99, optional: true }));
    network.sim.check();
  });

  it('refuses what is no fault', () => {
    const { wire, sim } = pair();
    expect(() => wire.both.drop({ tcp: { flags: 'SX' } })).toThrow(RangeError);
    for (const probability of [-0.1, 1.1, Number.NaN])
      expect(() => wire.both.loss(probability)).toThrow(RangeError);
    expect(() => wire.toward(sim.host('third', { ip: '10.0.0.3' }))).toThrow(RangeError);
    expect(() => wire.set({ mtu: 10 })).toThrow(RangeError);
    expect(() => wire.set({ bitsPerSecond: 0 })).toThrow(RangeError);
  });
});
