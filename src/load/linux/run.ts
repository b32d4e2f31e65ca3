/** Runs a load by driving the kernel's sockets itself. */
import type { Libc } from '../../engines/linux/ffi.ts';
import { loadLibc } from '../../engines/linux/ffi.ts';
import type { LoadHooks } from '../period.ts';
import { Period } from '../period.ts';
import type { LoadReport, LoadSpec, Shape } from '../spec.ts';
import { sinkLoad, sourceLoad } from './bulk.ts';
import { Clients } from './clients.ts';
import { connectLoad } from './connect.ts';
import { idleLoad } from './idle.ts';
import { drainLoad, floodLoad } from './one-way.ts';
import { tcpEcho } from './tcp-echo.ts';
import { udpBurst } from './udp-burst.ts';
import { udpEcho } from './udp-echo.ts';

type Run = (clients: Clients, period: Period, onReady: (port?: number) => void) => void;

const SHAPES: Readonly<Record<Exclude<Shape, 'echo'>, Run>> = {
  burst: udpBurst,
  connect: connectLoad,
  idle: idleLoad,
  flood: floodLoad,
  drain: drainLoad,
  source: sourceLoad,
  sink: sinkLoad,
};

/** libc, where this host has what the generator needs. */
export function nativeLibc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return loadLibc();
  } catch {
    return undefined;
  }
}

/** Runs the load on this thread, which does nothing else until its end. */
export function runNative(libc: Libc, spec: LoadSpec, hooks: LoadHooks): LoadReport {
  const clients = new Clients(libc, spec);
  try {
    const period = new Period(spec, hooks);
    const echo = spec.transport === 'udp' ? udpEcho : tcpEcho;
    const run = spec.shape === 'echo' ? echo : SHAPES[spec.shape];
    run(clients, period, (port = spec.port) => {
      hooks.onReady?.(port);
      period.start();
    });
    return period.report('linux');
  } finally {
    clients.end();
  }
}
