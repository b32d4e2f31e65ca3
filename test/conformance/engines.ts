/** The engines that the conformance tests run on: those that load, or the one that PORTICO_ENGINE forces. */
import type { EngineName } from 'portico';
import { ENGINE_NAMES, loadEngine } from 'portico';

/** The names of the engines to test. */
export const engines: readonly EngineName[] = ENGINE_NAMES.filter((name) => {
  const forced = process.env.PORTICO_ENGINE;
  if (forced) return name === forced;
  try {
    return loadEngine(name).name === name;
  } catch {
    return false;
  }
});
