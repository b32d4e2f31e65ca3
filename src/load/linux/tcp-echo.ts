/** TCP requests and answers, in a closed loop (a fixed number in flight) or an open one (a fixed rate). */
import type { Period } from '../period.ts';
import { Schedule } from '../schedule.ts';
import type { Clients } from './clients.ts';
import { Streams } from './streams.ts';

const WAIT_MS = 50;
/** Messages of an open loop that may be in flight; what is due beyond that waits, and its latency grows. */
const IN_FLIGHT_MAX = 65_536;

/** Runs the load. */
export function tcpEcho(clients: Clients, period: Period, onReady: () => void): void {
  const { spec } = clients;
  const sockets = Array.from({ length: spec.connections }, () => clients.connect());
  for (const [index, fd] of sockets.entries()) clients.watch(fd, index);
  const window =
    spec.rate === undefined ? spec.window : Math.max(1, Math.floor(IN_FLIGHT_MAX / sockets.length));
  const streams = new Streams(clients, period.tally, sockets, window);
  onReady();
  if (spec.rate === undefined) closedLoop(clients, period, streams);
  else openLoop(clients, period, streams, new Schedule(spec.rate));
}

function closedLoop(clients: Clients, period: Period, streams: Streams): void {
  const spins = clients.spec.spin === true;
  for (let index = 0; index < streams.sockets.length; index += 1) refill(streams, index, performance.now());
  for (let now = performance.now(); period.goesOn(now); now = performance.now()) {
    const count = spins ? streams.sockets.length : clients.wait(WAIT_MS);
    for (let at = 0; at < count; at += 1) {
      const index = spins ? at : clients.ready(at);
      if (streams.receive(index) > 0) refill(streams, index, streams.now);
      else streams.flush(index);
    }
  }
}

function refill(streams: Streams, index: number, now: number): void {
  while (streams.hasRoom(index)) streams.post(index, now);
  streams.flush(index);
}

function openLoop(clients: Clients, period: Period, streams: Streams, schedule: Schedule): void {
  let next = 0;
  for (let now = performance.now(); period.goesOn(now); now = performance.now()) {
    for (let due = schedule.due(now); due > 0; due -= 1) {
      const index = roomy(streams, next);
      if (index < 0) break;
      streams.post(index, schedule.take());
      streams.flush(index);
      next = index + 1;
    }
    const count = clients.wait(schedule.restMs(performance.now(), WAIT_MS));
    for (let at = 0; at < count; at += 1) {
      const index = clients.ready(at);
      streams.receive(index);
      streams.flush(index);
    }
  }
}

/** The next connection from `from` on that has room; negative when none has. */
function roomy(streams: Streams, from: number): number {
  const count = streams.sockets.length;
  for (let step = 0; step < count; step += 1) {
    const index = (from + step) % count;
    if (streams.hasRoom(index)) return index;
  }
  return -1;
}
