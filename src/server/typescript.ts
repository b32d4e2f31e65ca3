/**
 * TypeScript modules on every Node: since 22.18 Node strips the types itself, before that a hook does it with the library
 * that Node has built in since. Only types are stripped: what has to be compiled (enums, namespaces with values, parameter
 * properties) is refused.
 */
import { register } from 'node:module';

let enabled = false;

/** Lets this thread import `.ts` and `.mts` files. */
export function enableTypeScript(): void {
  const native: unknown = (process.features as { typescript?: unknown }).typescript;
  if (enabled || native) return;
  enabled = true;
  register(new URL('./typescript-hook.js', import.meta.url));
}
