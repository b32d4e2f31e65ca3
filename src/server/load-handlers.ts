/** Loads the module that a server serves, TypeScript included, or one of the services that come with Portico. */
import type { Handlers } from './handlers.ts';
import { handlersOf } from './handlers.ts';
import type { HandlerSource } from './protocol.ts';
import { SERVICES } from './services.ts';
import { enableTypeScript } from './typescript.ts';

/**
 * Loads handlers.
 *
 * @throws What the module throws; TypeError when it exports no handler.
 */
export async function loadHandlers(source: HandlerSource): Promise<Handlers> {
  if ('service' in source) {
    const service = SERVICES[source.service as keyof typeof SERVICES];
    if (!service) throw new RangeError(`There is no service '${source.service}'`);
    return service;
  }
  enableTypeScript();
  const module: unknown = await import(source.href);
  return handlersOf(module, source.href);
}
