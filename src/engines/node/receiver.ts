/**
 * The receiving half of a datagram socket. Node reads while a call waits, and on to the end of that turn: whoever was
 * just served asks again before that, and would otherwise wait a turn of the event loop for each datagram.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Cancellation, Eventually, Received } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { addressOf } from './datagrams.ts';
import type { Loop } from './loop.ts';
import type { Reception } from './reception.ts';
import { receptionOf } from './reception.ts';

/** How many datagrams are read ahead of those asked for, as many as a batch of the engine linux. */
export const RECEIVE_BATCH_MAX = 64;
/** The most datagrams that wait where reading can't be stopped, about as many small ones as Linux's default SO_RCVBUF holds. */
export const QUEUE_MAX = 256;
/** The most bytes that wait there: Linux's default SO_RCVBUF (net.core.rmem_default). */
const QUEUE_BYTES_MAX = 212_992;

/** Datagrams on their way from Node to the calls that ask for them. */
export class Receiver {
  readonly #loop: Loop;
  readonly #waiting = new WaitQueue<boolean, Received>(() => this.#onNobodyAsks());
  #reception: Reception | undefined;
  #isReceiving = false;
  #isStopping = false;
  #queue: Received[] = [];
  #queueBytes = 0;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  /** How many datagrams can be had at once. */
  get size(): number {
    return this.#queue.length;
  }

  /** Takes a bound socket, which reads at this moment. */
  open(socket: Socket): void {
    this.#reception = receptionOf(socket);
    this.#isReceiving = true;
    if (this.#waiting.size === 0) this.stop();
    socket.on('message', (bytes, from) => this.#onMessage(bytes, from));
  }

  /** The next datagram; with `peek` a copy of it. */
  receive(peek: boolean, cancellation: Cancellation | undefined): Eventually<Received> {
    if (this.#waiting.size === 0) {
      const received = this.#take(peek);
      if (received) return received;
      this.#loop.hold();
    }
    const received = this.#waiting.wait(peek, cancellation);
    this.#start();
    return received;
  }

  /** Fails the first call that waits; false when none does. */
  reject(error: () => SocketError): boolean {
    if (this.#waiting.size === 0) return false;
    this.#waiting.reject(error());
    return true;
  }

  /** Takes every call that waits out; the result fails them. */
  dismissAll(error: () => SocketError): () => void {
    return this.#waiting.dismissAll(error);
  }

  /** Leaves what comes to the kernel. */
  stop(): void {
    if (!this.#isReceiving || !this.#reception) return;
    this.#isReceiving = false;
    this.#reception.recvStop();
  }

  #start(): void {
    if (this.#isReceiving || !this.#reception) return;
    this.#isReceiving = true;
    this.#reception.recvStart();
  }

  #onMessage(bytes: Uint8Array, from: RemoteInfo): void {
    // Only where reading can't be stopped: the newest is dropped, as by a full SO_RCVBUF.
    if (this.#queue.length >= QUEUE_MAX || this.#queueBytes + bytes.length > QUEUE_BYTES_MAX) return;
    const data = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
    const received = { data, address: addressOf(from), length: data.length };
    if (this.#waiting.first === false && this.#queue.length === 0) {
      this.#waiting.resolve(received);
      return;
    }
    this.#queue.push(received);
    this.#queueBytes += data.length;
    for (let peek = this.#waiting.first; peek !== undefined; peek = this.#waiting.first) {
      const received = this.#take(peek);
      if (!received) return;
      this.#waiting.resolve(received);
    }
    if (this.#queue.length >= RECEIVE_BATCH_MAX) this.stop();
  }

  #take(peek: boolean): Received | undefined {
    const [first] = this.#queue;
    if (!first) return undefined;
    if (peek) return { ...first, data: first.data.slice() };
    this.#queue.shift();
    this.#queueBytes -= first.data.length;
    return first;
  }

  #onNobodyAsks(): void {
    this.#loop.release();
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#loop.nextTurn(() => {
      this.#isStopping = false;
      if (this.#waiting.size === 0) this.stop();
    });
  }
}
