/** The TCP server of the notes, for many clients at once: a welcome socket, and a connection socket for each client. */
import { setTimeout as rest } from 'node:timers/promises';
import type { InetAddress, StreamSocket, WelcomeSocket } from '../index.ts';

/** How long the loop rests when `accept` fails, in milliseconds: a guess, and the same as the door's own rest. */
const REST_MS = 100;

/** What the loop does with a connection, and whom it tells. */
export interface ConnectionHandler {
  /** Talks to one client to the end; the loop closes the connection after it. */
  serve(connection: StreamSocket): Promise<void>;
  onOpened(connection: StreamSocket): void;
  /** The connection is closed; `error` says what ended it when it was not the client's orderly end. */
  onClosed(connection: StreamSocket, client: InetAddress, error: unknown): void;
  /** `accept` failed with something that is no client's fault; the loop goes on. */
  onFailure(error: unknown): void;
}

/**
 * Accepts until the welcome socket is closed, and resolves when the last connection is closed too. An error of one
 * connection ends that connection. The door's iteration rests by itself when descriptors run short; what else accept(2)
 * may report (a client that has gone already, a firewall) costs one rest.
 */
export async function serveConnections(welcome: WelcomeSocket, handler: ConnectionHandler): Promise<void> {
  const open = new Set<Promise<void>>();
  while (!welcome.closed) {
    try {
      for await (const [connection, client] of welcome) {
        const serving = serveOne(connection, client as InetAddress, handler);
        open.add(serving);
        void serving.finally(() => open.delete(serving));
      }
    } catch (error) {
      handler.onFailure(error);
      await rest(REST_MS);
    }
  }
  await Promise.all(open);
}

async function serveOne(
  connection: StreamSocket,
  client: InetAddress,
  handler: ConnectionHandler,
): Promise<void> {
  handler.onOpened(connection);
  let failure: unknown;
  try {
    await handler.serve(connection);
  } catch (error) {
    failure = error;
  }
  await connection.close();
  handler.onClosed(connection, client, failure);
}
