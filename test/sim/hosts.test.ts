/** What can befall a host: crash, restart, pause, a wrong clock; and the limits of its UDP. */
import { AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET } from 'portico';
import { trace } from 'portico/sim';
import { describe, expect, it } from 'vitest';
import { collector, numbers, pair, sender, upperServer } from './networks.ts';

describe('crash', () => {
  it('is silent: what arrives is lost, the program never goes on, its result says why', async () => {
    const { sim, client, server } = pair();
    const result = server.run('collector', collector(100));
    const sent = client.run('sender', sender(numbers(10), 5));
    sim.at(22, () => server.crash());
    await sim.run({ until: sent });
    await sim.run();
    await expect(result).rejects.toMatchObject({ code: 'CRASHED' });
    const lost = trace(sim)
      .udp('client>server')
      .all.filter(({ dropped }) => dropped === 'the host is down');
    expect(lost.length).toBe(7);
    expect(server.isUp).toBe(false);
  });

  it('and restart: the programs begin anew, with nothing remembered', async () => {
    const { sim, client, server } = pair();
    const starts: number[] = [];
    server.run('UDPServer', async (context) => {
      starts.push(context.now());
      return upperServer(context);
    });
    const outcomes = client.run('asker', async ({ socket, sleep }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      const got: string[] = [];
      for (let index = 0; index < 5; index++) {
        await one.sendto('x', { host: '10.0.0.2', port: 12_000 });
        got.push(
          await one.recvfrom(9, { timeoutMs: 50 }).then(
            () => 'answer',
            (error) => error.code,
          ),
        );
        await sleep(50);
      }
      return got;
    });
    sim.at(60, () => server.bounce(150));
    await sim.run({ until: outcomes });
    expect(await outcomes).toEqual(['answer', 'ETIMEDOUT', 'ETIMEDOUT', 'answer', 'answer']);
    expect(starts).toEqual([0, 210]);
  });
});

describe('pause', () => {
  it('holds programs, timers and arrivals until it is over', async () => {
    const { sim, client, server } = pair();
    const times = server.run('times', async ({ socket, sleep, now }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      await one.bind({ host: '', port: 12_000 });
      await one.recvfrom();
      const received = now();
      await sleep(1);
      return [received, now()];
    });
    client.run('sender', sender(['x']));
    sim.at(5, () => server.pause(100));
    await sim.run({ until: times });
    expect(await times).toEqual([105, 106]);
  });
});

describe('a wrong clock', () => {
  it('is ahead and fast by as much as it is told, and counted', async () => {
    const { sim, client } = pair();
    const skew = client.skew({ offsetMs: 5000, ppm: 100_000 });
    const times = client.run('times', async ({ sleep, now }) => {
      const start = now();
      await sleep(1100);
      return [start, now()];
    });
    await sim.run({ until: times });
    expect(await times).toEqual([5000, 6100]);
    expect(sim.now).toBe(1000);
    expect(skew.hits).toBeGreaterThan(0);
    sim.check();
  });
});

describe('UDP', () => {
  it('a full receive buffer drops the newest', async () => {
    const { sim, client, server } = pair();
    const got = server.run('slow', async ({ socket, sleep }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      one.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
      await one.bind({ host: '', port: 12_000 });
      await sleep(1000);
      const numbersGot: string[] = [];
      for (;;) {
        const next = await one.recvfrom(2048, { timeoutMs: 10 }).catch(() => undefined);
        if (!next) return numbersGot;
        numbersGot.push(new TextDecoder().decode(next[0].subarray(0, 1)));
      }
    });
    client.run(
      'sender',
      sender(
        numbers(10).map((text) => text.repeat(1000)),
        1,
      ),
    );
    await sim.run({ until: got });
    // the buffer of 8,192 takes five of 1,767: the last may go over
    expect(await got).toEqual(['0', '1', '2', '3', '4']);
    const dropped = trace(sim)
      .udp('client>server')
      .all.filter((one) => one.dropped === 'receive buffer full');
    expect(dropped.length).toBe(5);
  });

  it('to a closed port: the next call of a connected socket is refused, an unconnected one waits (G12)', async () => {
    const { sim, client } = pair();
    const outcome = client.run('asker', async ({ socket }) => {
      const to = { host: '10.0.0.2', port: 9 };
      const [connected, free] = [socket(AF_INET, SOCK_DGRAM), socket(AF_INET, SOCK_DGRAM)];
      await connected.connect(to);
      await connected.send('x');
      await free.sendto('x', to);
      const code = (call: Promise<unknown>) =>
        call.then(
          () => 'data',
          (error) => error.code,
        );
      return [
        await code(connected.recv(9, { timeoutMs: 100 })),
        await code(free.recv(9, { timeoutMs: 100 })),
      ];
    });
    await sim.run({ until: outcome });
    expect(await outcome).toEqual(['ECONNREFUSED', 'ETIMEDOUT']);
  });
});
