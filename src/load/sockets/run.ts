/**
 * The same loads over the public sockets, for hosts without koffi: slower, and its report says so. Every shape is an
 * awaited loop a client; what stops them is that their sockets are closed.
 */
import type { LoadHooks } from '../period.ts';
import { Period } from '../period.ts';
import type { LoadReport, LoadSpec, Shape } from '../spec.ts';
import { udpBurst, udpDrain, udpEcho, udpFlood } from './datagrams.ts';
import { Room } from './room.ts';
import { tcpBulk, tcpConnect, tcpEcho, tcpIdle } from './streams.ts';

/** How often the time is looked at, in milliseconds. */
const TICK_MS = 5;

/** Opens what a shape needs and starts its loops; resolves when all is open, with the port of a drain. */
type OpenShape = (room: Room) => Promise<number | undefined>;

const SHAPES: Readonly<Record<Exclude<Shape, 'echo'>, OpenShape>> = {
  burst: udpBurst,
  connect: tcpConnect,
  idle: tcpIdle,
  flood: udpFlood,
  drain: udpDrain,
  source: tcpBulk,
  sink: tcpBulk,
};

/** Runs the load in this thread's event loop. */
export async function runSockets(spec: LoadSpec, hooks: LoadHooks): Promise<LoadReport> {
  const period = new Period(spec, hooks);
  const room = new Room(spec, period.tally);
  const echo = spec.transport === 'udp' ? udpEcho : tcpEcho;
  try {
    const port = await (spec.shape === 'echo' ? echo : SHAPES[spec.shape])(room);
    hooks.onReady?.(port ?? spec.port);
    period.start();
    room.begin();
    while (period.goesOn(performance.now())) {
      room.throwIfBroken();
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return period.report('sockets');
  } finally {
    await room.close();
  }
}
