/** The log of `portico serve`: one line of JSON for each event, in which control characters of strangers are escaped. */
import type { InetAddress } from '../index.ts';
import type { ConnectionEvent, Problem, ServerStats } from '../server/index.ts';
import { harmlessJson } from './output.ts';

/** From the most talkative to the least: `debug` has every connection. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What is logged. */
export interface ServeLog {
  readonly wantsConnections: boolean;
  listening(service: string, addresses: { udp: InetAddress | undefined; tcp: InetAddress | undefined }): void;
  connection(event: ConnectionEvent): void;
  problem(problem: Problem): void;
  closed(stats: ServerStats): void;
}

/** Opens the log at standard error. */
export async function openLog(level: LogLevel): Promise<ServeLog> {
  const { pino, destination, stdTimeFunctions } = await import('pino');
  const log = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      hooks: { streamWrite: harmlessJson },
    },
    destination({ dest: 2, sync: true }),
  );
  return {
    wantsConnections: log.isLevelEnabled('debug'),
    listening: (service, addresses) => log.info({ service, ...addresses }, 'listening'),
    connection: ({ event, ...rest }) => log.debug(rest, `connection ${event}`),
    problem: ({ message, ...rest }) =>
      rest.transport === 'thread' ? log.error(rest, message) : log.warn(rest, message),
    closed: (stats) => log.info(stats, 'closed'),
  };
}
