/** What the clients of one load share: their sockets, their loops, and the failure that ends them all. */
import type { DatagramSocket, StreamSocket } from '../../index.ts';
import {
  AF_INET,
  AF_INET6,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SocketError,
  socket,
} from '../../index.ts';
import { answerTo, letters } from '../payload.ts';
import type { LoadSpec } from '../spec.ts';
import type { Tally } from '../tally.ts';

const BUFFER_BYTES = 1 << 20;

/** The sockets and loops of a load. */
export class Room {
  readonly spec: LoadSpec;
  readonly tally: Tally;
  /** What is sent, and what a good answer is. */
  readonly message: Uint8Array;
  readonly answer: Uint8Array;
  readonly #open = new Set<{ close(): Promise<void> }>();
  readonly #loops: (() => Promise<void>)[] = [];
  #failure: Error | undefined;
  #living = 0;
  #ended = false;

  constructor(spec: LoadSpec, tally: Tally) {
    this.spec = spec;
    this.tally = tally;
    this.message = letters(spec.bytes, spec.lines === true);
    this.answer = answerTo(this.message, spec.answer ?? 'upper');
  }

  /** A UDP socket with room for a window of answers. */
  datagramSocket(): DatagramSocket<typeof AF_INET | typeof AF_INET6> {
    const made = socket(this.#family(), SOCK_DGRAM);
    for (const option of [SO_RCVBUF, SO_SNDBUF]) made.setsockopt(SOL_SOCKET, option, BUFFER_BYTES);
    this.#open.add(made);
    return made;
  }

  /** A TCP socket that is connected to the server. */
  async streamSocket(): Promise<StreamSocket> {
    const made = socket(this.#family(), SOCK_STREAM);
    this.#open.add(made);
    await made.connect({ host: this.spec.host, port: this.spec.port });
    return made;
  }

  /** The error of a connection that the server closed. */
  closedByServer(): SocketError {
    const { host, port } = this.spec;
    return new SocketError({
      code: 'ECONNRESET',
      syscall: 'recv',
      engine: 'sockets',
      transport: 'tcp',
      remote: { host, port },
    });
  }

  /** Closes one early. */
  async leave(made: StreamSocket): Promise<void> {
    this.#open.delete(made);
    await made.close();
  }

  /** Adds the loop of a client. */
  add(loop: () => Promise<void>): void {
    this.#loops.push(loop);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Starts the loops. A client that fails counts an error; the last one ends the load. */
  begin(): void {
    this.#living = this.#loops.length;
    for (const loop of this.#loops) void loop().catch((error: unknown) => this.#fail(error));
  }

  /** Throws the failure of the last client, or one that is no failure of a socket. */
  throwIfBroken(): void {
    if (this.#failure) throw this.#failure;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await Promise.all([...this.#open].map((made) => made.close().catch(() => undefined)));
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#living -= 1;
    this.tally.errors += 1;
    if (this.#living === 0 || !(error instanceof SocketError)) this.#failure = error as Error;
  }

  #family(): typeof AF_INET | typeof AF_INET6 {
    return this.spec.host.includes(':') ? AF_INET6 : AF_INET;
  }
}
