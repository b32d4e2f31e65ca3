/**
 * The receiving half of a connection. It pulls: Node reads from the moment a call waits, and stops when more than a
 * little has come that no call waits for. To stop and begin again costs two system calls, which a conversation of
 * requests and answers has no need of. What a call leaves of its chunk waits here, and the chunk that made Node stop,
 * 64 KiB at most, in Node's socket; its buffer has a high-water mark of zero, so that one chunk is enough.
 */
import type { Socket } from 'node:net';
import { MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../../posix/constants.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, Eventually } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { Inbox } from './bytes.ts';
import type { Ends } from './errors.ts';
import { socketError } from './errors.ts';
import type { Loop } from './loop.ts';
import type { PendingError } from './pending-error.ts';

/** How many bytes may wait here before Node stops reading for nobody. A guess: what a client sends ahead of its answers. */
const READ_AHEAD_BYTES = 16_384;

interface ReadRequest {
  readonly size: number;
  readonly flags: number;
}

/** Bytes on their way from Node to the calls that ask for them. */
export class Reader {
  readonly #loop: Loop;
  readonly #socket: Socket;
  readonly #ends: Ends;
  readonly #pendingError: PendingError;
  readonly #inbox = new Inbox();
  readonly #waiting: WaitQueue<ReadRequest, Uint8Array>;
  #isReading = false;
  #isAsking = false;
  #isStepping = false;
  #isEnded = false;

  constructor(loop: Loop, socket: Socket, ends: Ends, pendingError: PendingError) {
    this.#loop = loop;
    this.#socket = socket;
    this.#ends = ends;
    this.#pendingError = pendingError;
    this.#waiting = new WaitQueue(() => loop.release());
    // The socket is paused, so this begins nothing.
    socket.on('data', (chunk: Buffer) => this.#onChunk(chunk));
  }

  /** Whether a call waits. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Whether bytes are here that no call has taken. */
  get hasUnread(): boolean {
    return this.#inbox.length > 0 || this.#socket.readableLength > 0;
  }

  recv(size: number, flags: number, cancellation?: Cancellation): Eventually<Uint8Array> {
    if (flags & MSG_OOB) {
      throw socketError('EOPNOTSUPP', 'recv', this.#ends, 'the engine node has no urgent byte');
    }
    const request = { size, flags };
    if (!this.isWaiting) {
      const bytes = this.#take(request);
      if (bytes) return bytes;
      this.#loop.hold();
      this.#ask();
    }
    return this.#waiting.wait(request, cancellation);
  }

  /** From now on Node stops at every chunk: for a connection that can't tell a reset from the end, see `connection.ts`. */
  step(): void {
    this.#isStepping = true;
  }

  /** No more bytes will come: the peer has ended, SHUT_RD, or an error. */
  end(): void {
    this.#stop();
    this.#isEnded = true;
    this.#serve();
  }

  /** Takes every call that waits out; the result fails them. */
  dismissAll(error: () => SocketError): () => void {
    return this.#waiting.dismissAll(error);
  }

  /** What a call gets now; `undefined` when it has to wait. */
  #take({ size, flags }: ReadRequest): Uint8Array | undefined {
    const enough = flags & MSG_WAITALL ? size : Math.min(size, 1);
    if (this.#inbox.length < enough) this.#takeIn();
    const { length } = this.#inbox;
    if (length >= enough || (this.#isEnded && length > 0)) {
      return flags & MSG_PEEK ? this.#inbox.peek(size) : this.#inbox.take(size);
    }
    this.#pendingError.throwIfSet('recv', this.#ends);
    return this.#isEnded ? new Uint8Array(0) : undefined;
  }

  /** Takes over the chunk that Node keeps. */
  #takeIn(): void {
    // With nothing there, read() would ask for more.
    if (this.#isReading || this.#socket.readableLength === 0) return;
    const chunk: Buffer | null = this.#socket.read();
    if (chunk) this.#inbox.push(plain(chunk));
  }

  /**
   * Makes Node read, from the next turn on: when reading begins again while libuv still reports the last bytes, libuv
   * takes a reset that came after them for a clean end (uv__stream_io of Node 20 and 22).
   */
  #ask(): void {
    if (this.#isReading || this.#isAsking) return;
    this.#isAsking = true;
    this.#loop.nextTurn(() => {
      this.#isAsking = false;
      if (!this.isWaiting) return;
      this.#isReading = true;
      this.#socket.resume();
    });
  }

  #stop(): void {
    this.#isReading = false;
    this.#socket.pause();
  }

  #onChunk(chunk: Buffer): void {
    // What `#takeIn` reads is an event as well.
    if (!this.#isReading) return;
    const isWanted = this.isWaiting || this.#inbox.length + chunk.length <= READ_AHEAD_BYTES;
    if (!isWanted || this.#isStepping) this.#giveBack(chunk);
    else if (this.#isWhole(chunk.length)) this.#waiting.resolve(plain(chunk));
    else {
      this.#inbox.push(plain(chunk));
      this.#serve();
    }
  }

  /** Whether the first call that waits gets a chunk of this length as it is: mostly. */
  #isWhole(length: number): boolean {
    const request = this.#waiting.first;
    return request?.flags === 0 && length <= request.size && this.#inbox.length === 0;
  }

  /** Leaves a chunk to Node, which stops at once when its own buffer has something after this event. */
  #giveBack(chunk: Buffer): void {
    this.#stop();
    this.#socket.unshift(chunk);
    process.nextTick(() => this.#serve());
  }

  #serve(): void {
    for (let request = this.#waiting.first; request; request = this.#waiting.first) {
      try {
        const bytes = this.#take(request);
        if (!bytes) break;
        this.#waiting.resolve(bytes);
      } catch (error) {
        this.#waiting.reject(error);
      }
    }
    if (this.isWaiting) this.#ask();
  }
}

/** The bytes of a `Buffer` as an array like any other. */
function plain(chunk: Buffer): Uint8Array {
  return new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length);
}
