/** UDP requests and answers, in a closed loop (a fixed number in flight) or an open one (a fixed rate). */
import type { Period } from '../period.ts';
import { Schedule } from '../schedule.ts';
import type { Clients } from './clients.ts';
import { Datagrams } from './datagrams.ts';

/** After this time a datagram of a closed loop counts as lost and is sent again. */
const LOST_MS = 200;
/** … of an open loop: long enough that a server which stalls is not taken for one that loses. */
const OPEN_LOST_MS = 2000;
/** How often lost ones are looked for. */
const SWEEP_MS = 50;
/** Datagrams of an open loop that may be in flight; what is due beyond that waits, and its latency grows. */
const IN_FLIGHT_MAX = 65_536;
/** … and their bytes. */
const IN_FLIGHT_BYTES_MAX = 64 << 20;

/** Runs the load. */
export function udpEcho(clients: Clients, period: Period, onReady: () => void): void {
  const { spec } = clients;
  const sockets = Array.from({ length: spec.connections }, () => clients.connect());
  for (const [index, fd] of sockets.entries()) clients.watch(fd, index);
  const inFlight = Math.min(IN_FLIGHT_MAX, Math.floor(IN_FLIGHT_BYTES_MAX / (spec.bytes + 64)));
  const window = spec.rate === undefined ? spec.window : Math.max(1, Math.floor(inFlight / sockets.length));
  const datagrams = new Datagrams(clients, period.tally, sockets, window);
  onReady();
  if (spec.rate === undefined) closedLoop(clients, period, datagrams);
  else openLoop(clients, period, datagrams, new Schedule(spec.rate));
}

function closedLoop(clients: Clients, period: Period, datagrams: Datagrams): void {
  const spins = clients.spec.spin === true;
  for (let index = 0; index < datagrams.sockets.length; index += 1)
    refill(datagrams, index, performance.now());
  let sweepAt = performance.now() + SWEEP_MS;
  for (let now = performance.now(); period.goesOn(now); now = performance.now()) {
    if (spins) spinOnce(datagrams);
    else serveReady(clients, datagrams);
    if (now < sweepAt) continue;
    sweepAt = now + SWEEP_MS;
    datagrams.sweep(now - LOST_MS);
    for (let index = 0; index < datagrams.sockets.length; index += 1) refill(datagrams, index, now);
  }
}

function serveReady(clients: Clients, datagrams: Datagrams): void {
  const count = clients.wait(SWEEP_MS);
  for (let at = 0; at < count; at += 1) {
    const index = clients.ready(at);
    if (datagrams.receive(index) > 0) refill(datagrams, index, datagrams.now);
  }
}

/** A client that never sleeps asks its sockets themselves. */
function spinOnce(datagrams: Datagrams): void {
  for (let index = 0; index < datagrams.sockets.length; index += 1) {
    if (datagrams.receive(index) > 0) refill(datagrams, index, datagrams.now);
  }
}

function refill(datagrams: Datagrams, index: number, now: number): void {
  while ((datagrams.free[index] as number) > 0) datagrams.post(index, now);
  datagrams.flush(index);
}

function openLoop(clients: Clients, period: Period, datagrams: Datagrams, schedule: Schedule): void {
  let next = 0;
  let sweepAt = performance.now() + SWEEP_MS;
  for (let now = performance.now(); period.goesOn(now); now = performance.now()) {
    for (let due = schedule.due(now); due > 0; due -= 1) {
      const index = next % datagrams.sockets.length;
      if ((datagrams.free[index] as number) === 0) break;
      datagrams.post(index, schedule.take());
      datagrams.flush(index);
      next += 1;
    }
    const count = clients.wait(schedule.restMs(performance.now(), SWEEP_MS));
    for (let at = 0; at < count; at += 1) datagrams.receive(clients.ready(at));
    if (now < sweepAt) continue;
    sweepAt = now + SWEEP_MS;
    datagrams.sweep(now - OPEN_LOST_MS);
  }
}
