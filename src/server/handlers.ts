/** What a program gives to `serve()`: the answers of its service, and what they know of whom they answer. */
import type { Data, InetAddress, StreamSocket } from '../index.ts';
import type { Limits } from './limits.ts';

/** Whom a handler answers. */
export interface Client {
  /** Where it is. */
  readonly address: InetAddress;
  /** The server's own end, as it is bound: a server at every address tells no more. */
  readonly local: InetAddress;
  /** The number of the thread, from 0. */
  readonly thread: number;
  /**
   * The number of the connection, from 1, never given twice by one server; by one thread where threads accept for
   * themselves (engine `node`). 0 over UDP.
   */
  readonly connection: number;
}

/** What all answers of one thread share. */
export interface Context {
  readonly thread: number;
  /** How many threads serve. */
  readonly threads: number;
  /** Aborts when the server, or this thread, begins to end: finish what is under way. */
  readonly signal: AbortSignal;
  readonly limits: Limits;
}

/** The answer to a datagram; `undefined` is none. */
export type Reply = Data | undefined;

/** A service: what a handler module exports. At least one of `udp` and `tcp`. */
export interface Handlers {
  /**
   * Answers one datagram. An error, thrown or rejected, costs this one answer.
   *
   * @param message - its bytes, yours for ever.
   */
  readonly udp?: (message: Uint8Array, client: Client, context: Context) => Reply | Promise<Reply>;
  /**
   * Talks to one client. When it returns, the rest is sent and the connection closed; an error, thrown or rejected, ends
   * this connection only. Once the server drains, `recv` gives what has arrived and then the end of the stream.
   */
  readonly tcp?: (connection: StreamSocket, client: Client, context: Context) => Promise<void> | void;
  /** Called in each thread before it serves; an error keeps the server from starting. */
  readonly start?: (context: Context) => Promise<void> | void;
  /** Called in each thread that ends in order, after its last answer. */
  readonly stop?: () => Promise<void> | void;
}

const FUNCTIONS = ['udp', 'tcp', 'start', 'stop'] as const;

/**
 * Checks what a module exports; a default export that is an object stands for the module.
 *
 * @param where - as an error names it.
 * @throws TypeError when it has no handler, or something else under a handler's name.
 */
export function handlersOf(exported: unknown, where: string): Handlers {
  const found = unwrapped(exported);
  for (const name of FUNCTIONS) {
    const value = found[name];
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`${where} exports ${name} as ${typeof value}, it must be a function`);
  }
  if (found.udp === undefined && found.tcp === undefined)
    throw new TypeError(
      `${where} exports neither udp nor tcp: a handler module exports at least one of them`,
    );
  return found;
}

function unwrapped(exported: unknown): Record<string, unknown> & Handlers {
  if (typeof exported !== 'object' || exported === null)
    throw new TypeError(`Handlers must be an object, got ${typeof exported}`);
  const inner: unknown = 'default' in exported ? exported.default : undefined;
  return (typeof inner === 'object' && inner !== null ? inner : exported) as Record<string, unknown> &
    Handlers;
}
