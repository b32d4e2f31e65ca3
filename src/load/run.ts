/** Runs a load on this thread: natively where that is possible, else over the public sockets. */
import { nativeLibc, runNative } from './linux/run.ts';
import type { LoadHooks } from './period.ts';
import { runSockets } from './sockets/run.ts';
import type { LoadReport, LoadSpec } from './spec.ts';

/**
 * Runs the load to its end. On Linux with koffi the thread does nothing else meanwhile, not even timers: run it in a
 * thread or a program of its own.
 *
 * @throws SocketError when the server can't be reached, or the last connection breaks.
 */
export async function runLoad(spec: LoadSpec, hooks: LoadHooks = {}): Promise<LoadReport> {
  const libc = spec.native === false ? undefined : nativeLibc();
  return libc ? runNative(libc, spec, hooks) : await runSockets(spec, hooks);
}
