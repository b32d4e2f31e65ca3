/**
 * The contract between the door and an engine, and nothing else.
 *
 * An engine is completion-shaped: an operation gives its value at once or a promise of it (`T | Promise<T>`), so that
 * a fast path costs no microtask, and epoll, io_uring, Node's events and a simulator all fit. What an engine may
 * count on: the door has checked the types of all arguments, resolved names to literal hosts, turned text into bytes,
 * and never calls a closed socket. What the door counts on, for every engine:
 *
 * - Failures are `SocketError`s, thrown or rejected, on the call they belong to. A socket never ends the process.
 * - Nothing is read before somebody asks. Waiting `receive`, `recv` and `accept` calls are served first come, first
 *   served; waiting `send` calls go out whole and in order.
 * - A cancelled wait loses nothing: what arrives later goes to the next call.
 * - A program that neither waits nor holds a timer ends, open sockets or not; one that waits does not.
 * - However much there is to do, an engine lets the thread's other work run in between (a bounded number of
 *   completions a turn).
 * - `close()` rejects what waits with ECANCELED.
 */
import type { Address } from '../posix/address.ts';
import type { Family, ShutdownHow, SocketType } from '../posix/constants.ts';
import type { SocketOption } from '../posix/options.ts';

/** A value, or a promise of it where one has to wait. */
export type Eventually<T> = T | Promise<T>;

/**
 * Ends one waiting call early. The door makes one for a call that has a signal or a deadline and passes it down; the
 * engine sets `onCancel` while the call waits and clears it after.
 */
export interface Cancellation {
  /** Takes the call out of the queue and rejects it with `reason`. Set by the engine, called by the door. */
  onCancel: ((reason: unknown) => void) | undefined;
}

/** One received message, its bytes owned by the caller. */
export interface Received {
  readonly data: Uint8Array;
  /** Who sent it; of a Unix socket without a name `{ path: '' }`. */
  readonly address: Address;
  /** The length on the wire, more than `data.length` when the engine's own maximum cut it. */
  readonly length: number;
}

/** One message to send: its parts are gathered into one datagram. */
export interface Outgoing {
  readonly data: Uint8Array | readonly Uint8Array[];
  /** Where to; `undefined` on a connected socket. */
  readonly address: Address | undefined;
}

/** What every socket of an engine can do. */
export interface EngineSocket {
  /** Gives the socket its address; port 0 lets the engine choose. bind(2). */
  bind(address: Address): Eventually<void>;
  /** Streams: the handshake. Datagrams: fixes the peer; `undefined` dissolves it. connect(2). */
  connect(address: Address | undefined, cancellation?: Cancellation): Eventually<void>;
  /** Ends one or both directions; sends that wait go out first. shutdown(2). */
  shutdown(how: ShutdownHow): void;
  /** Sends what is queued, releases everything, rejects what waits with ECANCELED. Never rejects. close(2). */
  close(): Eventually<void>;
  getsockname(): Address;
  getpeername(): Address;
  /** Reads an option of the table; ENOPROTOOPT where this engine can't. getsockopt(2). */
  getsockopt(option: SocketOption): unknown;
  /** Sets an option of the table; ENOPROTOOPT where this engine can't. setsockopt(2). */
  setsockopt(option: SocketOption, value: unknown): void;
  /** The number of the descriptor behind it; none where an engine has no descriptors. fileno(3). */
  readonly fd?: number;
}

/** Sockets that keep message boundaries: `SOCK_DGRAM`. */
export interface EngineDatagramSocket extends EngineSocket {
  /** How many more `receive` calls would give a message at once. An engine that reads in batches keeps the rest here. */
  readonly received: number;
  /** Takes the next message, whole. With `peek` it stays. recvmsg(2). */
  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received>;
  /**
   * Sends one message and gives its length in bytes. The bytes are the engine's when the call returns. An engine may
   * queue it to send it with others; an error of a queued message is reported by the next call on the socket. sendmsg(2).
   */
  send(message: Outgoing, cancellation?: Cancellation): Eventually<number>;
  /** Sends many, at least one or rejects; gives how many went, and the next call has the error that stopped it. sendmmsg(2). */
  sendMany(messages: readonly Outgoing[], cancellation?: Cancellation): Eventually<number>;
}

/** What `accept()` gives. */
export interface Accepted<S> {
  readonly socket: S;
  readonly address: Address;
}

/** Sockets that a welcome socket can make: byte streams, and sequences of messages (`SOCK_SEQPACKET`). */
export interface EngineStreamSocket extends EngineSocket {
  /** How many bytes have been received from the transport, and handed to it, since the connection exists. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Turns the socket into a welcome socket whose accept queue is `backlog` long. listen(2). */
  listen(backlog: number): Eventually<void>;
  accept(cancellation?: Cancellation): Eventually<Accepted<EngineStreamSocket>>;
  /**
   * Takes between one and `size` bytes, zero at the end of the stream (a message of `SOCK_SEQPACKET` is cut to
   * `size`). `flags` are `MSG_PEEK`, `MSG_WAITALL`, `MSG_OOB` and 0. An engine may write them to `into`, of `size` bytes,
   * and give a view of its memory; one that does not leaves the copy to the caller. recv(2).
   */
  recv(size: number, flags: number, cancellation?: Cancellation, into?: Uint8Array): Eventually<Uint8Array>;
  /** As `recv`, with what else is known of a message. recvmsg(2). */
  recvmsg(size: number, flags: number, cancellation?: Cancellation): Eventually<StreamReceived>;
  /**
   * Sends from the start of `data` (its parts one after another) and gives the count: with `all` every byte, else what
   * fits, at least one. `data` is the engine's until the call settles. A cancelled call with `all` may have sent a part.
   * An engine may queue small data to send it with more of the same turn; its error is reported by the next call. send(2).
   */
  send(
    data: Uint8Array | readonly Uint8Array[],
    flags: number,
    all: boolean,
    cancellation?: Cancellation,
  ): Eventually<number>;
}

/** What a stream gives: bytes, and for a message of `SOCK_SEQPACKET` its flags and true length. */
export interface StreamReceived {
  readonly data: Uint8Array;
  /** `MSG_EOR`, `MSG_TRUNC` or 0. */
  readonly flags: number;
  /** The length of the message, or of `data` on a byte stream. */
  readonly length: number;
}

/** What a name resolves to. */
export interface ResolvedAddress {
  readonly family: Family;
  readonly host: string;
}

/** A network to open sockets on. */
export interface Engine {
  /** As error messages and `--engine` name it. */
  readonly name: string;
  /** Opens a datagram socket; EAFNOSUPPORT or EPROTONOSUPPORT where the engine has none of the kind. socket(2). */
  openDatagram(family: Family): EngineDatagramSocket;
  /** Opens a stream or seqpacket socket. socket(2). */
  openStream(family: Family, type: SocketType): EngineStreamSocket;
  /** Resolves a name to at least one literal address of `family` (`AF_UNSPEC`: any), `flags` as in getaddrinfo(3). */
  lookup(
    host: string,
    family: number,
    flags: number,
    cancellation?: Cancellation,
  ): Promise<readonly ResolvedAddress[]>;
  /** Names an address and a port, as getnameinfo(3) does without flags; EAI_NONAME when it has no name. */
  lookupName(
    host: string,
    port: number,
    cancellation?: Cancellation,
  ): Promise<{ host: string; service: string }>;
  /** This host's name. gethostname(2). */
  gethostname(): string;
  /** Calls back once after `delayMs` of this engine's time; the result calls it off. Keeps the program running. */
  after(delayMs: number, callback: () => void): () => void;
  /** Milliseconds of this engine's time since some moment; it never goes back. */
  now(): number;
  /** Takes descriptors over; left out where an engine has none. */
  readonly descriptors?: Descriptors;
}

/** What an engine can do with descriptors, which all threads of a process share. */
export interface Descriptors {
  /** Makes a socket of a descriptor; `close` is called in place of close(2). EBADF, ENOTSOCK, EPROTOTYPE, EEXIST. */
  adoptDatagram(fd: number, family: Family, close: (() => void) | undefined): EngineDatagramSocket;
  adoptStream(
    fd: number,
    family: Family,
    type: SocketType,
    close: (() => void) | undefined,
  ): EngineStreamSocket;
  /** Those that this thread's engine keeps beside its sockets: whoever ends the thread from outside closes them. */
  own(): readonly number[];
  /** Has this thread forget its socket of a descriptor that another thread is to have: it stays open, for `close`. */
  letGo(fd: number): void;
  /** close(2), for descriptors that no socket of this thread has. */
  close(fd: number): void;
  /** Resolves when this thread may be ended from outside: what the engine loads for it is loaded. */
  settled(): Promise<void>;
}
