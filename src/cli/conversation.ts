/** What the two clients of `portico connect` are given, and how they find their server. */
import type { AddressInfo, Engine } from '../index.ts';
import { getaddrinfo } from '../index.ts';
import type { LineInput } from './line-input.ts';

/** One client's task. */
export interface Conversation {
  readonly engine: Engine;
  readonly host: string;
  readonly port: number;
  readonly input: LineInput;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly json: boolean;
}

/** Holds the conversation and gives the exit code. */
export type Talk = (conversation: Conversation) => Promise<number>;

/** The addresses of the server. */
export function findServer({ engine, host, port, signal }: Conversation): Promise<AddressInfo[]> {
  return getaddrinfo(host, port, { engine, signal });
}
