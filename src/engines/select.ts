/** Chooses the engine: `linux` where it loads, else `node`; `PORTICO_ENGINE=linux|node` forces one. */
import type { Engine } from './engine.ts';
import { linuxEngine } from './linux/engine.ts';
import { nodeEngine } from './node/engine.ts';

/** An engine that talks to the operating system. */
export type EngineName = 'linux' | 'node';

/** The names of the engines that talk to the operating system, the preferred one first. */
export const ENGINE_NAMES: readonly EngineName[] = ['linux', 'node'];

const LOADERS: Readonly<Record<EngineName, () => Engine>> = { linux: linuxEngine, node: nodeEngine };
const loaded = new Map<EngineName, Engine>();
let chosen: Engine | undefined;

/**
 * Loads an engine by name, once a thread.
 *
 * @throws Error when this host can't run it, with the reason; RangeError for a name that no engine has.
 */
export function loadEngine(name: EngineName): Engine {
  if (!ENGINE_NAMES.includes(name)) {
    throw new RangeError(`The engine must be one of ${ENGINE_NAMES.join(', ')}, got ${String(name)}`);
  }
  const engine = loaded.get(name) ?? LOADERS[name]();
  loaded.set(name, engine);
  return engine;
}

/** The engine that `socket()` uses when none is named. */
export function defaultEngine(): Engine {
  chosen ??= choose();
  return chosen;
}

function choose(): Engine {
  const forced = globalThis.process?.env.PORTICO_ENGINE;
  if (forced) return loadEngine(forced as EngineName);
  try {
    return loadEngine('linux');
  } catch (error) {
    // a setting that is wrong, not an engine that is missing
    if (error instanceof RangeError) throw error;
    return loadEngine('node');
  }
}
