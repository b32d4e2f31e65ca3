/** Every queue of the simulator has an end, and here it is reached. */
import { describe, expect, it } from 'vitest';
import { KEPT_MAX } from '../../../src/engines/sim/actions.ts';
import { Clock, EVENTS_PENDING_MAX } from '../../../src/engines/sim/clock.ts';
import { DELAY_MAX_MS, drawUs } from '../../../src/engines/sim/delay.ts';
import { ASLEEP_MAX, HostClock } from '../../../src/engines/sim/host-clock.ts';
import type { Packet } from '../../../src/engines/sim/packet.ts';
import { fragmentsOf } from '../../../src/engines/sim/packet.ts';
import { RandomStream } from '../../../src/engines/sim/random.ts';
import { Reassembly, UNFINISHED_MAX } from '../../../src/engines/sim/reassembly.ts';
import { TRACE_EVENTS_MAX } from '../../../src/engines/sim/trace.ts';
import { RUN_EVENTS_MAX } from '../../../src/sim/runner.ts';
import { trace } from '../../../src/sim/trace-view.ts';
import { numbers, pair, sender } from '../../sim/networks.ts';

it('events that wait', () => {
  const clock = new Clock();
  for (let index = 0; index < EVENTS_PENDING_MAX; index++) clock.after(index, () => {});
  expect(() => clock.after(1, () => {})).toThrow(/plans without end/);
  expect(clock.step()).toBe(true);
  clock.after(1, () => {});
});

it('what waits for a paused host', () => {
  const clock = new HostClock(new Clock(), () => {});
  clock.pause();
  let woken = 0;
  const wake = () => {
    woken += 1;
  };
  for (let index = 0; index < ASLEEP_MAX; index++) expect(clock.whenAwake(wake)).toBe(true);
  expect(clock.whenAwake(wake)).toBe(false);
  clock.resume();
  expect(woken).toBe(ASLEEP_MAX);
});

it('packets that are not whole', () => {
  const expired: number[] = [];
  const reassembly = new Reassembly(
    () => () => {},
    ({ id }) => expired.push(id),
  );
  const payload = { protocol: 'udp', sourcePort: 1, destinationPort: 2, data: new Uint8Array(2000) } as const;
  const pieces = Array.from({ length: UNFINISHED_MAX + 1 }, (_, id) => {
    const packet: Packet = {
      id,
      source: '10.0.0.1',
      destination: '10.0.0.2',
      ttl: 64,
      tos: 0,
      payload,
      payloadBytes: 2008,
    };
    return fragmentsOf(packet, 1500);
  });
  for (const [first] of pieces) expect(first && reassembly.add(first)).toBeUndefined();
  expect(expired.length).toBe(1);
  // the oldest was given up: its last piece makes nothing whole, that of the next does
  expect(pieces[0]?.[1] && reassembly.add(pieces[0][1])).toBeUndefined();
  expect(pieces[2]?.[1] && reassembly.add(pieces[2][1])?.id).toBe(2);
});

it('a delay from a tail without end', () => {
  const random = new RandomStream(1, 'tail');
  const draws = Array.from({ length: 2000 }, () => drawUs({ pareto: { minMs: 1000, shape: 0.1 } }, random));
  expect(Math.max(...draws)).toBe(DELAY_MAX_MS * 1000);
});

describe('what a rule keeps', () => {
  it.each(['hold', 'reorder'] as const)('%s', async (kind) => {
    const { sim, client, wire } = pair();
    const fault = kind === 'hold' ? wire.both.hold() : wire.both.reorder({ gap: 2 * KEPT_MAX, waitMs: 1e6 });
    const sent = client.run('sender', sender(Array.from({ length: KEPT_MAX + 5 }, () => 'x')));
    await sim.run({ until: sent });
    expect(fault.hits).toBe(KEPT_MAX + 5);
    const lost = trace(sim).events.filter(
      (event) => event.kind === 'dropped' && /too many/.test(event.reason),
    );
    expect(lost.length).toBe(5);
  });
});

it('the trace, and a run', async () => {
  const { sim, client } = pair();
  const sent = client.run('sender', sender(numbers(30_000)));
  await sim.run({ until: sent });
  expect(trace(sim).events.length).toBeLessThanOrEqual(TRACE_EVENTS_MAX);
  expect(sim.fabric.trace.forgotten).toBeGreaterThan(0);
  client.run('endless', async ({ sleep }) => {
    for (;;) await sleep(1);
  });
  const before = sim.events;
  await expect(sim.run({})).rejects.toMatchObject({ code: 'ENDLESS' });
  expect(sim.events - before).toBe(RUN_EVENTS_MAX);
});
