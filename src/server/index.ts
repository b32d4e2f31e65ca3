/** What the command line may use of the server: one thread, two services. The many-threaded `serve()` comes later. */
export { plainHost } from './loop-guard.ts';
export { type Counters, type Problem, type Server, type ServerOptions, startServer } from './server.ts';
export { LINE_BYTES_MAX, SERVICES, type ServiceName } from './services.ts';
