/** Running a network: virtual time, determinism, the ends of a run, and that nothing ever hangs. */
import {
  AF_INET,
  decode,
  getaddrinfo,
  gethostname,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  socket,
} from 'portico';
import { SimulationError, simnet, trace } from 'portico/sim';
import { describe, expect, it } from 'vitest';
import { collector, numbers, pair, sender, upperServer } from './networks.ts';

/** One question and its answer over a network. */
function asked(seed = 42) {
  const network = pair({ seed });
  network.server.run('UDPServer', upperServer);
  const reply = network.client.run('UDPClient', async ({ socket: open }) => {
    const client = open(AF_INET, SOCK_DGRAM);
    await client.sendto('hello', { host: 'server', port: 12_000 });
    return decode((await client.recvfrom(2048))[0]);
  });
  return { ...network, reply };
}

describe('a run', () => {
  it('ends when what it waits for has come, after the network’s own time', async () => {
    const { sim, reply } = asked();
    const { reason, now } = await sim.run({ until: reply });
    expect(reason).toBe('until');
    expect(await reply).toBe('HELLO');
    // two ways of 10 ms, and a look-up
    expect(now).toBeCloseTo(20.1, 5);
  });

  it('does not begin before run()', async () => {
    const { sim, reply } = asked();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(sim.events).toBe(0);
    await sim.run({ until: reply });
  });

  it('takes no real time for long waits', async () => {
    const { sim, client } = pair();
    const start = performance.now();
    const slept = client.run('sleeper', async ({ sleep, now }) => {
      await sleep(86_400_000);
      return now();
    });
    await sim.run({ until: slept });
    expect(await slept).toBe(86_400_000);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('for a time ends at that time, and goes on from there', async () => {
    const { sim } = pair();
    expect(await sim.run({ forMs: 30 })).toMatchObject({ reason: 'time', now: 30 });
    const seen: number[] = [];
    sim.at(45, () => seen.push(sim.now));
    expect(await sim.run({ forMs: 10 })).toMatchObject({ now: 40 });
    expect(await sim.run({ forMs: 10 })).toMatchObject({ now: 50 });
    expect(seen).toEqual([45]);
    expect(() => sim.at(10, () => {})).toThrow(RangeError);
  });

  it('without an end ends when nothing can happen any more, and says who waits', async () => {
    const { sim, server } = pair();
    server.run('UDPServer', upperServer);
    expect(await sim.run()).toMatchObject({
      reason: 'idle',
      waiting: ['UDPServer on server: recvfrom() on udp 0.0.0.0:12000'],
    });
  });

  it('is the same for the same seed, and the trace says so', async () => {
    const hashes = [];
    for (const seed of [1, 1, 2]) {
      const { sim, reply } = asked(seed);
      await sim.run({ until: reply });
      hashes.push(trace(sim).hash);
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });
});

describe('what can’t go on is reported', () => {
  it('nothing can happen any more', async () => {
    const { sim, client } = pair();
    const reply = client.run('waiter', async ({ socket: open }) => open(AF_INET, SOCK_DGRAM).recvfrom());
    await expect(sim.run({ until: reply })).rejects.toMatchObject({
      code: 'IDLE',
      waiting: ['waiter on client: recvfrom() on udp 0.0.0.0:0'],
    });
  });

  it('a program waits for something outside', async () => {
    const { sim, client } = pair();
    const reply = client.run('stuck', () => new Promise<void>(() => {}));
    const failure = await sim.run({ until: reply }).catch((error) => error);
    expect(failure).toBeInstanceOf(SimulationError);
    expect(failure.code).toBe('OUTSIDE');
    expect(failure.message).toMatch(/stuck on client waits for something outside.*seed=42/s);
  });

  it('a program never ends: its calls take time, so the limit of events is reached', async () => {
    const { sim, client } = pair();
    client.run('endless', async ({ socket: open }) => {
      const one = open(AF_INET, SOCK_DGRAM);
      for (;;) await one.sendto('x', { host: '10.0.0.2', port: 9 });
    });
    await expect(sim.run({ eventsMax: 5000 })).rejects.toMatchObject({ code: 'ENDLESS' });
  });

  it('a program fails', async () => {
    const { sim, client, server } = pair();
    server.run('UDPServer', upperServer);
    const cause = new Error('no idea');
    client.run('broken', async () => {
      throw cause;
    });
    await expect(sim.run()).rejects.toMatchObject({ code: 'PROGRAM', cause });
  });

  it('unless the run waits for that program: then its rejection is the caller’s', async () => {
    const { sim, client } = pair();
    const failing = client.run('refused', async () => {
      throw new Error('expected');
    });
    expect(await sim.run({ until: failing })).toMatchObject({ reason: 'until' });
    await expect(failing).rejects.toThrow('expected');
  });

  it('a function given to at() fails', async () => {
    const { sim } = pair();
    sim.at(5, () => {
      throw new Error('in at');
    });
    await expect(sim.run()).rejects.toMatchObject({
      code: 'PROGRAM',
      message: expect.stringContaining('in at'),
    });
  });

  it('two runs at once', async () => {
    const { sim } = pair();
    const first = sim.run({ forMs: 1 });
    await expect(sim.run()).rejects.toThrow(/runs already/);
    await first;
  });
});

describe('a program', () => {
  it('has a clock, chance, names and a voice of its host', async () => {
    const { sim, client } = pair();
    const told = client.run('teller', async ({ engine, sleep, now, random, print }) => {
      await sleep(1.5);
      print('hello');
      const [one] = await getaddrinfo('server', 80, { engine });
      return [now() > 1.5, random() < 1, gethostname(engine), one?.address];
    });
    await sim.run({ until: told });
    expect(await told).toEqual([true, true, 'client', { host: '10.0.0.2', port: 80 }]);
    expect(trace(sim).printed()).toEqual([{ host: 'client', program: 'teller', timeMs: 1.5, text: 'hello' }]);
  });

  it('leaves each of its calls in the trace, those that never wait among them', async () => {
    const { sim, client } = pair();
    const done = client.run('calls', async ({ socket: open }) => {
      const door = open(AF_INET, SOCK_STREAM);
      door.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
      expect(() => door.shutdown(SHUT_WR)).toThrow('ENOTCONN');
      await door.close();
    });
    await sim.run({ until: done });
    const calls = sim.traceEvents.flatMap((event) =>
      event.kind === 'call' || event.kind === 'return'
        ? [`${event.kind} ${event.syscall} ${event.text}`.trimEnd()]
        : [],
    );
    expect(calls).toEqual([
      'call setsockopt SO_LINGER {"onoff":true,"linger":0}',
      'return setsockopt',
      'call shutdown SHUT_WR',
      'return shutdown ENOTCONN',
      'call close',
      'return close',
    ]);
  });

  it('hears that it is asked to end', async () => {
    const { sim, client } = pair();
    const ended = client.run('service', async ({ socket: open, signal }) => {
      const one = open(AF_INET, SOCK_DGRAM);
      return one.recvfrom(9, { signal }).catch((error) => error.message);
    });
    sim.at(5, () => client.stop());
    await sim.run({ until: ended });
    expect(await ended).toMatch(/service was asked to end/);
    expect(sim.now).toBe(5);
  });

  it('outside can use a host’s engine while the network is driven', async () => {
    const { sim, client, server } = pair();
    server.run('UDPServer', upperServer);
    using _driver = sim.drive();
    await using one = socket(AF_INET, SOCK_DGRAM, { engine: client.engine });
    await one.sendto('driven', { host: 'server', port: 12_000 });
    expect(decode((await one.recvfrom())[0])).toBe('DRIVEN');
    await expect(one.recvfrom(9, { timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});

describe('replayTo()', () => {
  async function played() {
    const network = pair();
    const lost = network.wire.toward(network.server).loss(0.3);
    const result = network.server.run('collector', collector(1000, 500));
    network.client.run('sender', sender(numbers(400), 1));
    network.sim.at(100, () => network.wire.set({ delayMs: 20 }));
    await network.sim.run({ until: result });
    return { ...network, lost };
  }

  it('goes to any event of the run, and to its end, where everything is as it was', async () => {
    const { sim, lost } = await played();
    const end = { events: sim.events, now: sim.now, hash: trace(sim).hash, hits: lost.hits };
    await sim.replayTo(50);
    expect(sim.events).toBe(50);
    expect(sim.now).toBeLessThan(end.now);
    expect(lost.hits).toBeLessThan(end.hits);
    const early = trace(sim).hash;
    await sim.replayTo(end.events);
    expect({ events: sim.events, now: sim.now, hash: trace(sim).hash, hits: lost.hits }).toEqual(end);
    await sim.replayTo(50);
    expect(trace(sim).hash).toBe(early);
    sim.check();
  });

  it('stepping back is a replay to one less: the law of the lab', async () => {
    const { sim, server } = await played();
    const states: string[] = [];
    for (const n of [10, 11, 12, 13, 12, 11, 10]) {
      await sim.replayTo(n);
      states.push(`${trace(sim).hash} ${sim.sockets(server)}`);
    }
    expect(states.slice(0, 3)).toEqual(states.slice(4).reverse());
  });

  it('reports a program whose second run is another', async () => {
    const { sim, client } = pair();
    let runs = 0;
    client.run('forgetful', async ({ sleep }) => {
      runs += 1;
      for (let index = 0; index < 600; index++) await sleep(runs);
    });
    await sim.run();
    await expect(sim.replayTo(600)).rejects.toMatchObject({ code: 'DIVERGED' });
  });
});

describe('a network', () => {
  it('refuses hosts and links that can’t be', () => {
    const { sim, client, server } = pair();
    expect(() => sim.host('client', { ip: '10.0.0.9' })).toThrow(/name of its own/);
    expect(() => sim.host('other', { ip: '10.0.0.1' })).toThrow(/address of its own/);
    for (const ip of ['127.0.0.5', '224.0.0.1', '::1', 'localhost', '0.1.2.3'])
      expect(() => sim.host(`at ${ip}`, { ip })).toThrow(RangeError);
    expect(() => sim.link(client, client)).toThrow(/two hosts/);
    expect(() => sim.link(server, client)).toThrow(/joined already/);
    expect(() => simnet({ seed: -1 })).toThrow(RangeError);
    expect(() => simnet({ seed: 0.5 })).toThrow(RangeError);
  });

  it('has no way to a host that nothing joins', async () => {
    const { sim, client } = pair();
    sim.host('far', { ip: '10.0.0.3' });
    const outcome = client.run('sender', async ({ socket: open }) =>
      open(AF_INET, SOCK_DGRAM)
        .sendto('x', { host: 'far', port: 9 })
        .catch((error) => error.code),
    );
    await sim.run({ until: outcome });
    expect(await outcome).toBe('ENETUNREACH');
  });

  it('keeps a bounded trace whose hash is over everything', async () => {
    const hashes: string[] = [];
    for (const traceEventsMax of [100, undefined]) {
      const { sim, client } = pair(traceEventsMax === undefined ? {} : { traceEventsMax });
      const done = client.run('sender', sender(numbers(300), 1));
      await sim.run({ until: done });
      if (traceEventsMax) expect(trace(sim).events.length).toBeLessThanOrEqual(100);
      hashes.push(trace(sim).hash);
    }
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('shows its sockets as ss does', async () => {
    const { sim, server } = pair();
    server.run('UDPServer', upperServer);
    await sim.run();
    expect(sim.sockets(server).toString()).toBe(
      'Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port\nudp   UNCONN      0      0 0.0.0.0:12000      0.0.0.0:*',
    );
  });

  it('writes its trace as JSON with a version', async () => {
    const { sim, reply } = asked();
    await sim.run({ until: reply });
    const json = JSON.parse(JSON.stringify(trace(sim)));
    expect(json).toMatchObject({
      version: 1,
      seed: 42,
      profile: 'linux',
      hosts: [{ name: 'client', ip: '10.0.0.1' }, {}],
    });
    const sent = json.events.find(({ kind }: { kind: string }) => kind === 'sent');
    expect(sent.packet.payload).toMatchObject({
      protocol: 'udp',
      destinationPort: 12_000,
      data: '68656c6c6f',
    });
  });
});
