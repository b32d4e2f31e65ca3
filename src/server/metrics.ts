/**
 * What an operator asks a server: `/metrics` for Prometheus, `/healthz` (is it alive), `/readyz` (does it take work; 503
 * while it drains), `/stats` (the same numbers as JSON, for `portico top`). On an address of this host unless told
 * otherwise: it has no access control of its own.
 */
import type { ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { InetAddress } from '../index.ts';
import { openRoom } from '../web/index.ts';
import type { CountName } from './counters.ts';
import type { Server, ServerStats } from './server.ts';

/** Where the answers are. */
export interface MetricsOptions {
  /** 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** The answers at work. */
export interface MetricsServer {
  readonly address: InetAddress;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface CounterRow {
  readonly name: string;
  readonly help: string;
  /** Each count, under the value of the one label. */
  readonly counts: Readonly<Partial<Record<CountName, string>>>;
  readonly label?: string;
}

/** The counters by their names: units and suffixes as Prometheus has them. */
const COUNTERS: readonly CounterRow[] = [
  { name: 'portico_datagrams_received_total', help: 'Datagrams received', counts: { datagrams: '' } },
  { name: 'portico_datagrams_answered_total', help: 'Datagrams answered', counts: { answers: '' } },
  {
    name: 'portico_datagrams_refused_total',
    help: 'Datagrams without an answer, by reason',
    label: 'reason',
    counts: { loops: 'loop', limited: 'rate', deniedDatagrams: 'address', longDatagrams: 'length' },
  },
  { name: 'portico_connections_accepted_total', help: 'Connections accepted', counts: { connections: '' } },
  { name: 'portico_connections_closed_total', help: 'Connections that are over', counts: { closed: '' } },
  {
    name: 'portico_connections_refused_total',
    help: 'Connections reset at once, by reason',
    label: 'reason',
    counts: { deniedConnections: 'address', crowdedConnections: 'client', shedConnections: 'descriptors' },
  },
  {
    name: 'portico_connections_cut_total',
    help: 'Connections reset later, by deadline',
    label: 'deadline',
    counts: {
      cutFirstByte: 'first_byte',
      cutIdle: 'idle',
      cutAge: 'age',
      cutQueue: 'queue',
      cutDrain: 'drain',
      cutThread: 'thread',
    },
  },
  {
    name: 'portico_failures_total',
    help: 'Answers, connections and calls that failed',
    counts: { failures: '' },
  },
  {
    name: 'portico_received_bytes_total',
    help: 'Bytes of connections that are over',
    counts: { bytesRead: '' },
  },
  {
    name: 'portico_sent_bytes_total',
    help: 'Bytes of connections that are over',
    counts: { bytesWritten: '' },
  },
];

/** The numbers of now. */
const GAUGES: readonly (readonly [
  name: string,
  help: string,
  value: (stats: ServerStats) => number | undefined,
])[] = [
  ['portico_connections_open', 'Connections open now', ({ open }) => open],
  ['portico_accept_queue_length', 'Connections that wait to be accepted', ({ tcpWaiting }) => tcpWaiting],
  ['portico_accept_queue_drops', 'Handshakes that the system dropped', ({ tcpDropped }) => tcpDropped],
  ['portico_receive_queue_drops', 'Datagrams that the system dropped', ({ udpDropped }) => udpDropped],
  ['portico_uptime_seconds', 'Time since the start', ({ uptimeMs }) => uptimeMs / 1000],
  [
    'portico_threads_serving',
    'Threads that serve',
    ({ threads }) => threads.filter(({ state }) => state === 'serving').length,
  ],
  ['portico_thread_restarts', 'Threads that were replaced', ({ threads }) => total(threads, 'restarts')],
  ['portico_thread_deaths', 'Threads that died', ({ threads }) => total(threads, 'deaths')],
];

/**
 * Answers what an operator asks.
 *
 * @throws Error EADDRINUSE, EACCES (Node's own) when the address can't be had.
 */
export async function serveMetrics(
  server: Server,
  { host = '127.0.0.1', port }: MetricsOptions,
): Promise<MetricsServer> {
  const registry = await registryOf(server);
  const { address, close } = await openRoom(host, port, (request, response) => {
    void answer(request.url ?? '', response, server, registry);
  });
  return { address, close: () => close(), [Symbol.asyncDispose]: () => close() };
}

async function answer(
  url: string,
  response: ServerResponse,
  server: Server,
  registry: Registry,
): Promise<void> {
  const [path] = url.split('?', 1);
  const isReady = server.stats().state === 'serving';
  if (path === '/metrics') send(response, 200, registry.contentType, await registry.metrics());
  else if (path === '/stats') send(response, 200, 'application/json', JSON.stringify(server.stats()));
  else if (path === '/healthz') send(response, 200, 'text/plain', 'ok\n');
  else if (path === '/readyz')
    send(response, isReady ? 200 : 503, 'text/plain', isReady ? 'ok\n' : 'draining\n');
  else send(response, 404, 'text/plain', 'There are /metrics, /healthz, /readyz and /stats\n');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The process's own numbers, and the server's, which are read when somebody asks. */
async function registryOf(server: Server): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const { name, help, counts, label } of COUNTERS) {
    new Counter({
      name,
      help,
      labelNames: label ? [label] : [],
      registers: [registry],
      collect() {
        const stats = server.stats();
        this.reset();
        for (const [count, value] of Object.entries(counts))
          this.inc(label ? { [label]: value } : {}, stats[count as CountName]);
      },
    });
  }
  for (const [name, help, value] of GAUGES) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const now = value(server.stats());
        if (now === undefined) this.reset();
        else this.set(now);
      },
    });
  }
  return registry;
}

function total(threads: ServerStats['threads'], name: 'restarts' | 'deaths'): number {
  return threads.reduce((sum, thread) => sum + thread[name], 0);
}
