/** What a server can do: turn a datagram into its answer, and talk to one TCP client until the end. */
import type { StreamSocket } from '../index.ts';
import { SocketError } from '../index.ts';
import type { Client, Context, Handlers } from './handlers.ts';
import { LineSplitter } from './line-splitter.ts';
import { upper, upperLines } from './upper.ts';

/**
 * How long a TCP client may pause inside a line before what has arrived of it is answered, in milliseconds. The notes'
 * client sends `hello` without a newline and waits for its answer. More than the 40 ms by which Linux may delay an
 * acknowledgement, and with it the second half of a line that was written in two; less than a person notices.
 */
export const PAUSE_MS = 100;

/** The most that a service keeps of what a client says while the client does not read, in bytes (as Envoy has it). */
const KEPT_BYTES = 32_768;

/** The names of the services. */
export type ServiceName = 'upper' | 'echo';

/** The services by name: `upper` gives upper case back, `echo` what it got (RFC 862). */
export const SERVICES: Readonly<Record<ServiceName, Handlers>> = {
  upper: { udp: (message) => upper(message), tcp: upperConnection },
  echo: { udp: (message) => message, tcp: echoConnection },
};

/** A client sent a line that is longer than the server takes. */
class LineTooLongError extends Error {
  override readonly name: string = 'LineTooLongError';

  constructor(lineBytesMax: number) {
    super(`A line is longer than ${lineBytesMax} bytes`);
  }
}

/**
 * Answers line by line, and after a pause what there is of a line, so that a client that sends no newline has its
 * answer too. A character never comes apart: what a pause cuts in two waits for its rest, or for the end. Each part
 * answered by itself is a message by the rule of `upper`.
 */
async function upperConnection(
  connection: StreamSocket,
  _client: Client,
  { limits: { lineBytesMax } }: Context,
): Promise<void> {
  const splitter = new LineSplitter(lineBytesMax);
  for (;;) {
    const chunk = await recvOrPause(connection, splitter.hasCharacters ? PAUSE_MS : undefined);
    if (chunk === 'pause') {
      await connection.sendall(upper(splitter.takeCharacters()));
    } else if (chunk.length === 0) {
      const rest = splitter.takeRest();
      if (rest.length > 0) await connection.sendall(upper(rest));
      return;
    } else {
      const { lines, tooLong } = splitter.push(chunk);
      if (lines.length > 0) await connection.sendall(upperLines(lines));
      if (tooLong) throw new LineTooLongError(lineBytesMax);
    }
  }
}

async function echoConnection(connection: StreamSocket): Promise<void> {
  for (;;) {
    const chunk = await connection.recv(KEPT_BYTES);
    if (chunk.length === 0) return;
    await connection.sendall(chunk);
  }
}

function recvOrPause(connection: StreamSocket, pauseMs: number | undefined): Promise<Uint8Array | 'pause'> {
  if (pauseMs === undefined) return connection.recv(KEPT_BYTES);
  return connection.recv(KEPT_BYTES, { timeoutMs: pauseMs }).catch((error: unknown) => {
    if (error instanceof SocketError && error.code === 'ETIMEDOUT') return 'pause';
    throw error;
  });
}
