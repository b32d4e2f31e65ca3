/** What a log has to say of a connection. */
import type { Client } from './handlers.ts';

/** A connection that began, or that is over. */
export interface ConnectionEvent {
  readonly event: 'open' | 'close';
  readonly client: Client;
  /** How long it lasted, and what went over it; 0 when it begins. */
  readonly durationMs: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** The count under which a reset by the server stands, such as `cutIdle`. */
  readonly cut: string | undefined;
  /** What its handler, or the connection, failed with. */
  readonly error: string | undefined;
}
