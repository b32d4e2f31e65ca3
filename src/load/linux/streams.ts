/** TCP connections with messages in flight: bytes keep their order, so answers are matched by counting. */
import { Slab } from '../../engines/linux/memory.ts';
import { errorNumber } from '../../posix/errno.ts';
import { answerTo, letters, same } from '../payload.ts';
import type { Tally } from '../tally.ts';
import type { Clients } from './clients.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, MSG_NOSIGNAL } from './clients.ts';

const READ_BYTES = 65_536;
/** The most that one send gives to the kernel. */
const WRITE_BYTES = 65_536;
/** Every so many reads one is compared byte for byte. */
const COMPARE_EVERY = 16;
const ECONNRESET = errorNumber('ECONNRESET');

/** The connections of a TCP load and what they have in flight. */
export class Streams {
  readonly sockets: readonly number[];
  readonly window: number;
  /** How many messages each connection waits for. */
  readonly waiting: Int32Array;
  /** How many connections are still there. */
  living: number;
  /** When the last answers came, in `performance.now()`. */
  now = 0;
  readonly #clients: Clients;
  readonly #tally: Tally;
  readonly #bytes: number;
  readonly #inbox: Slab;
  readonly #outbox: Slab;
  readonly #answer: Uint8Array;
  readonly #dueAt: Float64Array;
  readonly #first: Int32Array;
  readonly #received: Int32Array;
  readonly #owed: Float64Array;
  readonly #sentOf: Int32Array;
  readonly #dead: Uint8Array;
  readonly #full: Uint8Array;
  #compare = 0;

  constructor(clients: Clients, tally: Tally, sockets: readonly number[], window: number) {
    const { bytes, lines = false, answer = 'upper' } = clients.spec;
    const count = sockets.length;
    this.sockets = sockets;
    this.window = window;
    this.living = count;
    this.#clients = clients;
    this.#tally = tally;
    this.#bytes = bytes;
    this.#inbox = new Slab(clients.libc, READ_BYTES);
    this.#outbox = new Slab(clients.libc, WRITE_BYTES + bytes);
    const message = letters(bytes, lines);
    for (let at = 0; at + bytes <= this.#outbox.bytes.length; at += bytes)
      this.#outbox.bytes.set(message, at);
    const rest = this.#outbox.bytes.length % bytes;
    this.#outbox.bytes.set(message.subarray(0, rest), this.#outbox.bytes.length - rest);
    this.#answer = answerTo(this.#outbox.bytes, answer);
    this.waiting = new Int32Array(count);
    this.#dueAt = new Float64Array(count * window);
    this.#first = new Int32Array(count);
    this.#received = new Int32Array(count);
    this.#owed = new Float64Array(count);
    this.#sentOf = new Int32Array(count);
    this.#dead = new Uint8Array(count);
    this.#full = new Uint8Array(count);
  }

  /** Tells whether connection `index` can take another message. */
  hasRoom(index: number): boolean {
    return this.#dead[index] === 0 && (this.waiting[index] as number) < this.window;
  }

  /** Queues one message on connection `index`; its latency counts from `dueAt`. */
  post(index: number, dueAt: number): void {
    const waiting = this.waiting[index] as number;
    this.#dueAt[index * this.window + (((this.#first[index] as number) + waiting) % this.window)] = dueAt;
    this.waiting[index] = waiting + 1;
    this.#owed[index] = (this.#owed[index] as number) + this.#bytes;
  }

  /** Sends what connection `index` owes, as far as there is room. */
  flush(index: number): void {
    while ((this.#owed[index] as number) > 0 && this.#dead[index] === 0) {
      const phase = this.#sentOf[index] as number;
      const length = Math.min(this.#owed[index] as number, WRITE_BYTES);
      const sent = this.#clients.libc.send(
        this.sockets[index] as number,
        this.#outbox.at(phase, length),
        length,
        MSG_DONTWAIT | MSG_NOSIGNAL,
      );
      if (sent < 0) {
        this.#failed(index, true);
        return;
      }
      this.#owed[index] = (this.#owed[index] as number) - sent;
      this.#sentOf[index] = (phase + sent) % this.#bytes;
    }
    if (this.#full[index] === 1) this.#watchRoom(index, false);
  }

  /** Receives once on connection `index`; gives how many answers are complete by it. */
  receive(index: number): number {
    if (this.#dead[index] === 1) return 0;
    const length = this.#clients.libc.recv(
      this.sockets[index] as number,
      this.#inbox.at(0, READ_BYTES),
      READ_BYTES,
      MSG_DONTWAIT,
    );
    if (length < 0) {
      this.#failed(index, false);
      return 0;
    }
    if (length === 0) {
      this.#bury(index);
      return 0;
    }
    return this.#take(index, length);
  }

  #take(index: number, length: number): number {
    const now = performance.now();
    this.now = now;
    const phase = this.#received[index] as number;
    this.#compare += 1;
    if (
      this.#compare % COMPARE_EVERY === 0 &&
      !same(this.#inbox.bytes, 0, this.#answer, phase, Math.min(length, READ_BYTES))
    )
      this.#tally.wrong += 1;
    const complete = Math.floor((phase + length) / this.#bytes);
    this.#received[index] = (phase + length) % this.#bytes;
    const answers = Math.min(complete, this.waiting[index] as number);
    this.#tally.wrong += complete - answers;
    const first = this.#first[index] as number;
    for (let at = 0; at < answers; at += 1) {
      this.#tally.answered(
        this.#bytes,
        now - (this.#dueAt[index * this.window + ((first + at) % this.window)] as number),
      );
    }
    this.#first[index] = (first + answers) % this.window;
    this.waiting[index] = (this.waiting[index] as number) - answers;
    return answers;
  }

  #failed(index: number, sending: boolean): void {
    const errno = this.#clients.libc.errno();
    if (errno === EINTR) return;
    if (errno !== EAGAIN) this.#bury(index);
    else if (sending && this.#full[index] === 0) this.#watchRoom(index, true);
  }

  #watchRoom(index: number, wanted: boolean): void {
    this.#full[index] = wanted ? 1 : 0;
    this.#clients.watchRoom(this.sockets[index] as number, index, wanted);
  }

  /** A connection that broke counts one error; the last one ends the load. */
  #bury(index: number): void {
    this.#dead[index] = 1;
    this.#tally.errors += 1;
    this.living -= 1;
    this.#clients.close(this.sockets[index] as number);
    if (this.living === 0) throw this.#clients.error('recv', ECONNRESET);
  }
}
