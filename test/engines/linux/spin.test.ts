/** The spin budget: looking for more news for a while before the thread sleeps. speed.md finding 5. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Libc } from '../../../src/engines/linux/ffi.ts';
import { loadLibc } from '../../../src/engines/linux/ffi.ts';
import { Reactor } from '../../../src/engines/linux/reactor.ts';
import { AF_INET, SOCK_DGRAM, socket } from '../../../src/index.ts';
import { reportOf, runFixture } from './child-program.ts';
import { engineOn, Faults } from './faulty-engine.ts';
import { needLinuxEngine, noLinuxEngine } from './requirements.ts';

/** How often the engine has looked for news when 20 messages have been answered and nothing comes any more. */
async function looks(spinUs: number): Promise<{ busy: number; idle: number }> {
  const faults = new Faults();
  const engine = engineOn(faults.libc, spinUs);
  await using server = socket(AF_INET, SOCK_DGRAM, { engine });
  await using client = socket(AF_INET, SOCK_DGRAM, { engine: 'linux' });
  await server.bind({ host: '127.0.0.1', port: 0 });
  const serving = (async () => {
    for await (const [message, address] of server) await server.sendto(message, address);
  })();
  for (let count = 0; count < 20; count += 1) {
    await client.sendto(String(count), server.getsockname());
    const [answer] = await client.recvfrom(16, { timeoutMs: 5000 });
    expect(Buffer.from(answer).toString()).toBe(String(count));
  }
  await sleep(50);
  const busy = faults.calls.get('epoll_wait') ?? 0;
  await sleep(50);
  const idle = (faults.calls.get('epoll_wait') ?? 0) - busy;
  await server.close();
  await serving;
  return { busy, idle };
}

describe.skipIf(noLinuxEngine)('the spin budget', () => {
  it('is none by default: one look a wake-up', async () => {
    const { busy, idle } = await looks(0);
    expect(busy).toBeLessThan(60);
    expect(idle).toBe(0);
  });

  it('looks again and again after a message, answers the same, and sleeps when nothing comes', async () => {
    const { busy, idle } = await looks(1000);
    expect(busy).toBeGreaterThan(200);
    expect(idle).toBe(0);
  });

  it('looks once a round of the event loop where there is always news, so that other work has its turn', async () => {
    let wake = () => {};
    let looks = 0;
    const libc: Libc = {
      ...loadLibc(),
      epoll_wait: () => {
        looks += 1;
        return 1;
      },
      watch: (_epoll, callback) => {
        wake = callback;
        return { ref() {}, unref() {}, close() {} };
      },
    };
    new Reactor(libc, 1000);
    for (let round = 0; round < 100; round += 1) {
      wake();
      await new Promise(setImmediate);
    }
    // a wake-up and a spin each
    expect(looks).toBeGreaterThanOrEqual(100);
    expect(looks).toBeLessThanOrEqual(201);
  });

  it.for(['-1', '1001', 'much'])('PORTICO_SPIN_US=%s is refused', async (value, context) => {
    needLinuxEngine(context);
    const ended = await runFixture('echo-20.mjs', [], { env: { PORTICO_SPIN_US: value } });
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(`PORTICO_SPIN_US must be from 0 to 1000 microseconds, got ${value}`);
  });

  it('PORTICO_SPIN_US=200 changes no answer, and no processor is used while nothing comes', async () => {
    const ended = await runFixture('echo-20.mjs', [], { env: { PORTICO_SPIN_US: '200' } });
    const report = reportOf<{ idleCpuMs: number }>(ended);
    expect(report).toMatchObject({ single: 20, burst: 20, batch: 20, many: 20, idle: 'ETIMEDOUT' });
    expect(report.idleCpuMs).toBeLessThan(25);
  });
});
