/**
 * The server's events for whoever subscribes in the same thread with `node:diagnostics_channel`: `portico:socket:open`
 * and `:close` for the sockets at which it serves, `portico:connection:open` and `:close`, and `portico:error`. Without
 * a subscriber they cost a look.
 */
import type { InetAddress } from '../index.ts';
import type { Client } from './handlers.ts';
import type { Problem } from './problems.ts';

/** The channels and what their messages are. */
export interface ChannelMessages {
  'portico:socket:open': { readonly transport: 'udp' | 'tcp'; readonly address: InetAddress };
  'portico:socket:close': { readonly transport: 'udp' | 'tcp'; readonly address: InetAddress };
  'portico:connection:open': Client;
  /** `cut` is the count under which a reset by the server stands, `error` what its handler or the connection failed with. */
  'portico:connection:close': {
    readonly client: Client;
    readonly cut: string | undefined;
    readonly error: unknown;
  };
  'portico:error': Problem;
}

interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

const SILENT: Channel = { hasSubscribers: false, publish: () => {} };

// a browser has no such thing
const diagnostics = globalThis.process?.getBuiltinModule?.('node:diagnostics_channel');
const channel = (name: keyof ChannelMessages): Channel => diagnostics?.channel(name) ?? SILENT;

const socketOpen = channel('portico:socket:open');
const socketClose = channel('portico:socket:close');
const connectionOpen = channel('portico:connection:open');
const connectionClose = channel('portico:connection:close');
const problem = channel('portico:error');

/** Publishes events. */
export const channels = {
  socketOpened(message: ChannelMessages['portico:socket:open']): void {
    if (socketOpen.hasSubscribers) socketOpen.publish(message);
  },
  socketClosed(message: ChannelMessages['portico:socket:close']): void {
    if (socketClose.hasSubscribers) socketClose.publish(message);
  },
  opened(client: Client): void {
    if (connectionOpen.hasSubscribers) connectionOpen.publish(client);
  },
  closed(client: Client, cut: string | undefined, error: unknown): void {
    if (connectionClose.hasSubscribers) connectionClose.publish({ client, cut, error });
  },
  failed(message: Problem): void {
    if (problem.hasSubscribers) problem.publish(message);
  },
};
