/** `portico/server`: one service over UDP and TCP, in this thread or on every processor. */
export type { AccessLists } from './access.ts';
export type { ChannelMessages } from './channels.ts';
export type { ConnectionEvent } from './connection-event.ts';
export type { CountName, Counts } from './counters.ts';
export { COUNTS } from './counters.ts';
export type { ThreadStats } from './crew.ts';
export type { Client, Context, Handlers, Reply } from './handlers.ts';
export type { KernelQueues } from './kernel-queues.ts';
export { type LabOptions, type LabServer, serveLab } from './lab.ts';
export { LIMIT_NAMES, LIMITS, type Limit, type LimitName, type Limits } from './limits.ts';
export { plainHost } from './loop-guard.ts';
export { type MetricsOptions, type MetricsServer, serveMetrics } from './metrics.ts';
export type { Problem } from './problems.ts';
export { serve } from './serve.ts';
export { type ServeOptions, serveHandlers } from './serve-handlers.ts';
export type { DrainOptions, Server, ServerStats } from './server.ts';
export { SERVICES, type ServiceName } from './services.ts';
