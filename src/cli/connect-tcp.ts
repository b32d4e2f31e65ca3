/** The TCP client: lines go out while replies come in, for a stream does not say which reply belongs to which line. */
import type { StreamSocket } from '../index.ts';
import { AF_INET, AF_INET6, decode, SHUT_WR, SOCK_STREAM, SocketError, socket } from '../index.ts';
import type { Conversation, Talk } from './conversation.ts';
import { findServer } from './conversation.ts';
import { Failure } from './failure.ts';
import { linesOf, withoutReturn } from './line-input.ts';
import { bytePrinter, printJson, say } from './output.ts';
import { route } from './text.ts';

type InetStreamSocket = StreamSocket<typeof AF_INET | typeof AF_INET6>;

/** Why receiving ends when the server is silent. */
const SILENT = Symbol('silent');
const NEWLINE = Uint8Array.of(0x0a);
/** What calls end with when the server has gone with lines left: whichever sees it first, or it was closed for another. */
const CLOSED_EARLY: ReadonlySet<string> = new Set(['EPIPE', 'ENOTCONN', 'ECANCELED', 'EBADF']);

/** A client whose handshake, and the silence after its last line, may take `timeoutMs`. */
export function talkTcp(timeoutMs: number | undefined): Talk {
  return async (conversation) => {
    await using connection = await dial(conversation, timeoutMs);
    try {
      await new TcpClient(connection, conversation, timeoutMs).talk();
    } catch (error) {
      throw error instanceof SocketError && CLOSED_EARLY.has(error.code)
        ? new Failure('The server closed the connection before it had taken every line')
        : error;
    }
    return 0;
  };
}

/**
 * Connects. A name with addresses of both kinds is tried on an IPv6 socket, which reaches both, so that the first
 * address that answers is taken; where this host has no IPv6, on an IPv4 socket.
 */
async function dial(conversation: Conversation, timeoutMs: number | undefined): Promise<InetStreamSocket> {
  const { engine, host, port, signal } = conversation;
  const found = await findServer(conversation);
  const families = found.some(({ family }) => family === AF_INET6) ? [AF_INET6, AF_INET] : [AF_INET];
  for (const family of families) {
    let connection: InetStreamSocket | undefined;
    try {
      connection = socket(family as typeof AF_INET, SOCK_STREAM, { engine });
      await connection.connect({ host, port }, { signal, timeoutMs });
      return connection;
    } catch (error) {
      await connection?.close();
      const withoutIpv6 = error instanceof SocketError && error.code === 'EAFNOSUPPORT';
      if (!withoutIpv6 || family === AF_INET) throw error;
    }
  }
  throw new TypeError('There is always a family to try');
}

class TcpClient {
  readonly #connection: InetStreamSocket;
  readonly #conversation: Conversation;
  readonly #silenceMs: number | undefined;
  /** Ends receiving: interrupted, the input failed, or the server said nothing for too long. */
  readonly #over = new AbortController();
  /** Runs from the end of the input, anew after each chunk. */
  #silence: NodeJS.Timeout | undefined;
  #closedBy: 'server' | 'client' = 'client';
  #inputEnded = false;

  constructor(connection: InetStreamSocket, conversation: Conversation, silenceMs: number | undefined) {
    this.#connection = connection;
    this.#conversation = conversation;
    this.#silenceMs = silenceMs;
    conversation.signal.addEventListener('abort', () => this.#over.abort(conversation.signal.reason));
  }

  async talk(): Promise<void> {
    const { input } = this.#conversation;
    this.#sayOpen();
    const sending = this.#send().then(
      () => undefined,
      (error: unknown) => error,
    );
    try {
      await this.#show();
    } finally {
      clearTimeout(this.#silence);
      input.close();
      await this.#connection.close();
    }
    const failure = await sending;
    if (failure !== undefined) throw failure;
    this.#sayClosed();
  }

  /** Sends every line, then ends this side: the server sees the end and still can answer. */
  async #send(): Promise<void> {
    try {
      for await (const line of this.#conversation.input) {
        await this.#connection.sendall(Buffer.concat([line, NEWLINE]));
      }
      if (this.#connection.closed) return;
      this.#connection.shutdown(SHUT_WR);
      this.#inputEnded = true;
      if (this.#silenceMs !== undefined) {
        this.#silence = setTimeout(() => this.#over.abort(SILENT), this.#silenceMs);
      }
    } catch (error) {
      // when the connection broke, receiving ends by itself, after what had arrived before
      if (!(error instanceof SocketError)) this.#over.abort(error);
      throw error;
    }
  }

  async #show(): Promise<void> {
    const { input, json } = this.#conversation;
    if (json) {
      for await (const line of linesOf(this.#chunks()))
        printJson({ event: 'reply', data: decode(withoutReturn(line)) });
      return;
    }
    const printer = bytePrinter();
    for await (const chunk of this.#chunks()) {
      await input.above(async () => {
        await printer(chunk);
        // the prompt follows: it begins a line
        if (input.terminal && !this.#inputEnded && chunk.at(-1) !== NEWLINE[0]) await printer(NEWLINE);
      });
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (;;) {
        const chunk = await this.#connection.recv(undefined, { signal: this.#over.signal });
        if (chunk.length === 0) break;
        this.#silence?.refresh();
        yield chunk;
      }
      this.#closedBy = 'server';
    } catch (error) {
      if (error !== SILENT) throw error;
    }
  }

  #sayOpen(): void {
    const { engine, json } = this.#conversation;
    const local = this.#connection.getsockname();
    const remote = this.#connection.getpeername();
    if (json) printJson({ event: 'open', transport: 'tcp', engine: engine.name, local, remote });
    else say(`TCP ${route(local, remote)}: connected`);
  }

  #sayClosed(): void {
    if (this.#conversation.json) {
      printJson({ event: 'closed', by: this.#closedBy });
    } else if (this.#closedBy === 'client') {
      say(
        `The server sent nothing for ${this.#silenceMs} ms after the last line: this side closed the connection`,
      );
    } else if (this.#inputEnded) {
      say('This side ended its half after the last line, then the server closed the connection');
    } else {
      say('The server closed the connection');
    }
  }
}
