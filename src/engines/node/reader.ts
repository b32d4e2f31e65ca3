/**
 * The receiving half of a connection. It pulls: the buffers of Node's socket have a high-water mark of zero, so that
 * Node reads the kernel's buffer once, 64 KiB at most, each time it is asked; what a call leaves of that waits here.
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
  /** 'readable' has a listener; adding one makes Node read, so it waits for the first call. */
  #isListening = false;
  #isAsking = false;
  #isEnded = false;

  constructor(loop: Loop, socket: Socket, ends: Ends, pendingError: PendingError) {
    this.#loop = loop;
    this.#socket = socket;
    this.#ends = ends;
    this.#pendingError = pendingError;
    this.#waiting = new WaitQueue(() => loop.release());
    socket.on('end', () => this.end());
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

  /** No more bytes will come: the peer has ended, SHUT_RD, or an error. */
  end(): void {
    this.#takeIn();
    this.#isEnded = true;
    this.#serve();
  }

  /** Takes every call that waits out; the result fails them. */
  dismissAll(error: () => SocketError): () => void {
    return this.#waiting.dismissAll(error);
  }

  /** What a call gets now; `undefined` when it has to wait. */
  #take({ size, flags }: ReadRequest): Uint8Array | undefined {
    this.#takeIn();
    const enough = flags & MSG_WAITALL ? size : Math.min(size, 1);
    if (this.#inbox.length >= enough || (this.#isEnded && this.#inbox.length > 0)) {
      return flags & MSG_PEEK ? this.#inbox.peek(size) : this.#inbox.take(size);
    }
    this.#pendingError.throwIfSet('recv', this.#ends);
    return this.#isEnded ? new Uint8Array(0) : undefined;
  }

  /** Takes over what Node has read. */
  #takeIn(): void {
    // With nothing there, read() would ask for more.
    if (this.#socket.readableLength === 0) return;
    const chunk: Buffer | null = this.#socket.read();
    if (chunk) this.#inbox.push(new Uint8Array(chunk.buffer as ArrayBuffer, chunk.byteOffset, chunk.length));
  }

  /**
   * Makes Node read once, in the next turn: when reading begins again while libuv still reports the last bytes, libuv
   * takes a reset that came after them for a clean end (uv__stream_io of Node 20 and 22).
   */
  #ask(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#loop.nextTurn(() => {
      this.#isAsking = false;
      if (!this.isWaiting) return;
      if (this.#isListening) this.#socket.read(0);
      else this.#socket.on('readable', () => this.#serve());
      this.#isListening = true;
    });
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
