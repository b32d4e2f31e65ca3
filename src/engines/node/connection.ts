/** One connection: a connected `net.Socket` with its two halves, what breaks it, and how it is closed. */
import type { Socket, SocketConstructorOpts } from 'node:net';
import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { ShutdownHow } from '../../posix/constants.ts';
import { SHUT_RD, SHUT_WR } from '../../posix/constants.ts';
import type { Cancellation, Eventually } from '../engine.ts';
import type { Data } from './bytes.ts';
import { NOTHING } from './bytes.ts';
import type { Ends } from './errors.ts';
import { closedError, codeOf, socketError } from './errors.ts';
import type { Loop } from './loop.ts';
import { PendingError } from './pending-error.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** How every `net.Socket` of this engine is made: see `reader.ts` for the mark. */
export const STREAM_SETTINGS: Readonly<SocketConstructorOpts & { highWaterMark: number }> = {
  allowHalfOpen: true,
  highWaterMark: 0,
};

/** How long `close()` waits for a peer that does not read, in milliseconds; the rest goes on in the background. A guess. */
const CLOSE_WAIT_MS = 1000;
/**
 * How long the last piece of a closed connection may take, in milliseconds; until then it keeps the program running.
 * The kernel gives such connections up after some probes too (tcp_orphan_retries in tcp(7)). The figure is a guess.
 */
const ORPHAN_MS = 60_000;

/** The two addresses of a connection, and its transport for messages. */
export type ConnectionEnds = Ends & { readonly local: Address; readonly remote: Address };

/** A connection that exists. */
export class Connection {
  readonly ends: ConnectionEnds;
  /** Node's socket, for its options. */
  readonly socket: Socket;
  readonly pendingError: PendingError = new PendingError();
  readonly #loop: Loop;
  readonly #reader: Reader;
  readonly #writer: Writer;
  #isBroken = false;

  constructor(loop: Loop, socket: Socket, ends: ConnectionEnds) {
    this.#loop = loop;
    this.ends = ends;
    this.socket = socket;
    this.#reader = new Reader(loop, socket, ends, this.pendingError);
    this.#writer = new Writer(loop, socket, ends, this.pendingError);
    if (isUnixAddress(ends.remote)) this.#reader.step();
    socket.unref();
    socket.on('end', () => this.#onEnd());
    socket.on('error', (cause) => this.#onError(cause));
  }

  /** Whether both directions are over, or the connection broke: Linux then calls it not connected. */
  get isOver(): boolean {
    const { destroyed, readableEnded } = this.socket;
    return this.#isBroken || destroyed || (this.#writer.isEnded && readableEnded);
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  recv(size: number, flags: number, cancellation?: Cancellation): Eventually<Uint8Array> {
    return this.#reader.recv(size, flags, cancellation);
  }

  send(data: Data, flags: number, all: boolean, cancellation?: Cancellation): Eventually<number> {
    return this.#writer.send(data, flags, all, cancellation);
  }

  shutdown(how: ShutdownHow): void {
    if (this.isOver) throw socketError('ENOTCONN', 'shutdown', this.ends);
    if (how !== SHUT_WR) this.#reader.end();
    if (how === SHUT_RD) return;
    this.#reader.step();
    this.#writer.end();
  }

  /**
   * Closes, after what `send` has given to Node. Unread bytes make it a reset, as in the kernel, which does not know
   * of those that were read ahead.
   *
   * @param reset - drop what was not sent yet and reset the connection.
   */
  async close(reset: boolean): Promise<void> {
    const failReaders = this.#reader.dismissAll(() => closedError('recv', this.ends));
    const failWriters = this.#writer.dismissAll(() => closedError('send', this.ends));
    if (!this.socket.closed) await this.#closeSocket(reset);
    failReaders();
    failWriters();
  }

  #closeSocket(reset: boolean): Promise<void> {
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    if (!reset && !this.#writer.isFlushed) {
      this.#destroyWhenFlushed();
      return withinMs(closed, CLOSE_WAIT_MS);
    }
    this.#destroy(reset);
    return closed;
  }

  /**
   * libuv takes a reset that it meets together with the last bytes for the end of the stream (uv__stream_io), while
   * Node goes on reading. An empty write tells: the kernel refuses it on a connection that was reset, and so it does
   * with bytes that are still to be written. Unix sockets, which refuse it after any end, and those that have ended
   * their own side stop reading at each chunk instead.
   */
  #onEnd(): void {
    const { socket } = this;
    if (!isUnixAddress(this.ends.remote) && !socket.writableEnded) socket.write(NOTHING);
    // The error, if there is one, comes before that.
    this.#loop.nextTurn(() => this.#reader.end());
  }

  #onError(cause: unknown): void {
    this.#isBroken = true;
    // After the end only a call that sends can fail: it has EPIPE anyway.
    if (!this.socket.readableEnded || codeOf(cause) !== 'EPIPE') this.pendingError.set(cause);
    // A call that waits to receive has the error before one that waits to send.
    this.#reader.end();
    this.#writer.break();
  }

  #destroyWhenFlushed(): void {
    const { socket } = this;
    for (const event of ['drain', 'finish']) {
      socket.on(event, () => {
        if (this.#writer.isFlushed) this.#destroy(false);
      });
    }
    const orphan = setTimeout(() => this.#destroy(true), ORPHAN_MS).unref();
    socket.once('close', () => clearTimeout(orphan));
  }

  #destroy(reset: boolean): void {
    const { socket } = this;
    // Only TCP has a reset, and libuv refuses one while the end of the stream is on its way.
    const canReset = !isUnixAddress(this.ends.remote) && socket.writableEnded === socket.writableFinished;
    if (canReset && (reset || this.#reader.hasUnread)) socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** Waits for `promise`, but no longer than so many milliseconds. */
async function withinMs(promise: Promise<void>, delayMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, delayMs);
  });
  await Promise.race([promise, patience]);
  clearTimeout(timer);
}
