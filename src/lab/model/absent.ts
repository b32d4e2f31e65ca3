/** What the page has in the place of the engines that talk to an operating system, and of its files: nothing. */
import type { Engine } from '../../engines/engine.ts';

/** No engine but the simulator's. */
export const ENGINE_NAMES: readonly string[] = [];

/** @throws Error always. */
export function loadEngine(): Engine {
  throw new Error('A browser has no sockets: a program needs a simulated host');
}

/** @throws Error always. */
export function defaultEngine(): Engine {
  return loadEngine();
}

/** @throws Error always. */
export function writeFile(): Promise<void> {
  throw new Error('A browser writes no files');
}
