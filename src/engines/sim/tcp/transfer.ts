/**
 * The bytes of one socket, both ways: the calls that wait to receive and to send, first come, first served, and what
 * they are told when the connection ends. recv(2), send(2).
 */
import { MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../../../posix/constants.ts';
import type { ErrorCode } from '../../../posix/errno.ts';
import type { SocketError } from '../../../posix/socket-error.ts';
import type { Cancellation, Eventually } from '../../engine.ts';
import { WaitQueue } from '../../wait-queue.ts';
import { concat } from './byte-queue.ts';
import type { Connection } from './connection.ts';
import type { ConnectionUser } from './control-block.ts';
import { Outgoing } from './outgoing.ts';

interface Receiving {
  readonly size: number;
  readonly peek: boolean;
  /** MSG_WAITALL: what has come of `size` bytes. */
  readonly gathered: Uint8Array[] | undefined;
}

interface Sending {
  readonly bytes: Outgoing;
  readonly all: boolean;
}

/** Makes the error of a call. */
type ErrorMaker = (code: ErrorCode, syscall: string, text?: string) => SocketError;

/** The two directions of one socket. */
export class StreamTransfer {
  /** What the connection tells. */
  readonly user: Omit<ConnectionUser, 'onConnected'>;
  readonly #error: ErrorMaker;
  readonly #readers = new WaitQueue<Receiving, Uint8Array>();
  readonly #writers = new WaitQueue<Sending, number>();
  /** `undefined` while connecting: then every call waits. */
  #connection: Connection | undefined;
  /** SHUT_WR has been asked for, and goes out behind the calls that wait. */
  #endsSending = false;
  /** There was no room: no call sends until there is enough of it to be worth waking for. */
  #isFull = false;
  bytesRead = 0;
  bytesWritten = 0;

  constructor(error: ErrorMaker) {
    this.#error = error;
    this.user = {
      onReadable: () => this.#serveReaders(),
      onWritable: () => {
        this.#isFull = false;
        this.#serveWriters();
      },
      onDrained: () => undefined,
    };
  }

  /** The connection is there. */
  begin(connection: Connection): void {
    this.#connection = connection;
    connection.tcb.user = { ...this.user, onConnected: () => undefined };
    this.serve();
  }

  /** Serves the calls that wait, as far as there is something for them. */
  serve(): void {
    this.#serveReaders();
    this.#serveWriters();
  }

  receive(size: number, flags: number, cancellation?: Cancellation): Eventually<Uint8Array> {
    if (flags & MSG_OOB) throw this.#error('EOPNOTSUPP', 'recv', 'the engine sim has no urgent data');
    const peek = (flags & MSG_PEEK) !== 0;
    const receiving = { size, peek, gathered: flags & MSG_WAITALL && !peek ? [] : undefined };
    const isFirst = this.#readers.size === 0;
    return (
      (isFirst ? this.#tryReceive(receiving) : undefined) ?? this.#waitToReceive(receiving, cancellation)
    );
  }

  send(
    data: Uint8Array | readonly Uint8Array[],
    flags: number,
    all: boolean,
    cancellation?: Cancellation,
  ): Eventually<number> {
    if (flags & MSG_OOB) throw this.#error('EOPNOTSUPP', 'send', 'the engine sim has no urgent data');
    if (this.#endsSending) throw this.#error('EPIPE', 'send');
    const sending = { bytes: new Outgoing(data), all };
    const isFirst = this.#writers.size === 0;
    if (isFirst && this.#trySend(sending)) return sending.bytes.taken;
    return this.#writers.wait(sending, cancellation);
  }

  /** SHUT_RD. */
  endReceiving(): void {
    this.#connection?.endReading();
    this.#serveReaders();
  }

  /** SHUT_WR: calls that wait go out first. */
  endSending(): void {
    this.#endsSending = true;
    this.#serveWriters();
  }

  /** Fails the calls that wait, because the attempt to connect has failed. */
  fail(reason: () => SocketError): void {
    this.#connection = undefined;
    this.#readers.rejectAll(reason);
    this.#writers.rejectAll(reason);
  }

  /** Takes every waiting call out; the result fails them. */
  dismissAll(closed: (syscall: string) => SocketError): () => void {
    const readers = this.#readers.dismissAll(() => closed('recv'));
    const writers = this.#writers.dismissAll(() => closed('send'));
    return () => {
      readers();
      writers();
    };
  }

  /** Forgets the calls that wait: they wait for ever. */
  crash(): void {
    this.#connection = undefined;
    this.#readers.dismissAll(() => undefined);
    this.#writers.dismissAll(() => undefined);
  }

  #serveReaders(): void {
    for (let receiving = this.#readers.first; receiving; receiving = this.#readers.first) {
      try {
        const bytes = this.#tryReceive(receiving);
        if (!bytes) return;
        this.#readers.resolve(bytes);
      } catch (error) {
        this.#readers.reject(error);
      }
    }
  }

  #serveWriters(): void {
    for (let sending = this.#writers.first; sending; sending = this.#writers.first) {
      try {
        if (!this.#trySend(sending)) return;
        this.#writers.resolve(sending.bytes.taken);
      } catch (error) {
        this.#writers.reject(error);
      }
    }
    if (this.#endsSending) this.#connection?.end();
  }

  #waitToReceive(receiving: Receiving, cancellation: Cancellation | undefined): Promise<Uint8Array> {
    const bytes = this.#readers.wait(receiving, cancellation);
    const cancel = cancellation?.onCancel;
    if (cancellation && cancel && receiving.gathered) {
      cancellation.onCancel = (reason) => {
        this.#giveBack(receiving);
        cancel(reason);
        this.#serveReaders();
      };
    }
    return bytes;
  }

  /** What a cancelled MSG_WAITALL had taken is the next call's. */
  #giveBack({ gathered }: Receiving): void {
    if (gathered && gathered.length > 0) this.#connection?.tcb.received.putBack(concat(gathered));
  }

  /** The bytes for a call, or the end; `undefined` when it has to wait. Bytes come before errors: tcp_recvmsg. */
  #tryReceive(receiving: Receiving): Uint8Array | undefined {
    const connection = this.#connection;
    if (!connection) return undefined;
    const { size, peek, gathered } = receiving;
    if (gathered) return this.#gather(connection, receiving, gathered);
    const bytes = connection.read(size, peek);
    if (!peek) this.bytesRead += bytes.length;
    if (bytes.length > 0) return bytes;
    this.#throwError(connection, 'recv');
    return connection.isAtEnd ? bytes : undefined;
  }

  #gather(connection: Connection, { size }: Receiving, gathered: Uint8Array[]): Uint8Array | undefined {
    const before = gathered.reduce((sum, chunk) => sum + chunk.length, 0);
    const bytes = connection.read(size - before, false);
    this.bytesRead += bytes.length;
    if (bytes.length > 0) gathered.push(bytes);
    const length = before + bytes.length;
    if (length === size) return concat(gathered);
    if (length === 0) this.#throwError(connection, 'recv');
    return connection.isAtEnd || connection.tcb.error ? concat(gathered) : undefined;
  }

  /** Sends what has room; true when the call is done. */
  #trySend({ bytes, all }: Sending): boolean {
    const connection = this.#connection;
    if (!connection) return false;
    this.#throwError(connection, 'send');
    if (!connection.isWritable) throw this.#error('EPIPE', 'send');
    if (bytes.length === 0) return true;
    const room = connection.tcb.sendRoom;
    const before = bytes.taken;
    if (room > 0 && !this.#isFull) connection.write(bytes.take(room));
    this.bytesWritten += bytes.taken - before;
    this.#isFull ||= connection.tcb.sendRoom === 0;
    return all ? bytes.taken === bytes.length : bytes.taken > 0;
  }

  #throwError({ tcb }: Connection, syscall: string): void {
    if (syscall === 'recv' && tcb.finReceived) return;
    const code = tcb.takeError();
    if (code) throw this.#error(code, syscall);
  }
}
