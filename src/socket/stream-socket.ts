/** The TCP door, and Unix streams and sequenced packets: welcome sockets and connection sockets. */
import type { Engine, EngineStreamSocket } from '../engines/engine.ts';
import type { Address, AddressOf } from '../posix/address.ts';
import { checkPeerPort, isUnixAddress, readAddress } from '../posix/address.ts';
import type { Family, SOCK_STREAM } from '../posix/constants.ts';
import {
  AF_UNIX,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_WR,
  SOCK_SEQPACKET,
  SOMAXCONN,
} from '../posix/constants.ts';
import type { SocketOption } from '../posix/options.ts';
import { SocketError } from '../posix/socket-error.ts';
import type { BindAddress } from './base-socket.ts';
import { BaseSocket } from './base-socket.ts';
import type { Data } from './bytes.ts';
import { toBytes } from './bytes.ts';
import type { CallOptions, Deadline } from './deadline.ts';
import { isPending } from './deadline.ts';
import { raceConnect } from './happy-eyeballs.ts';
import { endsIteration } from './iteration.ts';
import type { Message, ReceivedMessage } from './message.ts';
import { checkControl, checkFlags, checkSize } from './message.ts';
import { resolveFor } from './names.ts';

/** The default size of `recv` and of a chunk of iteration, in bytes. */
const CHUNK_BYTES = 65_536;
/** How long `for await` over a welcome socket rests when the process has no descriptor left, in milliseconds (as trio does). */
const ACCEPT_REST_MS = 100;
/** The flags that `recv` and `recvmsg` take. */
const STREAM_FLAGS = MSG_PEEK | MSG_WAITALL | MSG_OOB;
/** The failures of `accept` that pass by themselves: accept(2). */
const ACCEPT_SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** The options of `recv` on a stream. */
export interface StreamReceiveOptions extends CallOptions {
  /** `MSG_PEEK`, `MSG_WAITALL`, `MSG_OOB`. */
  readonly flags?: number;
}

/** The options of `send` on a stream. */
export interface StreamSendOptions extends CallOptions {
  /** `MSG_OOB`. */
  readonly flags?: number;
}

/** A stream socket that listens: iterating it yields connections. */
export type WelcomeSocket<F extends Family = Family> = Omit<StreamSocket<F>, typeof Symbol.asyncIterator> &
  AsyncIterable<[StreamSocket<F>, AddressOf<F>]>;

/** A stream socket: `socket(AF_INET, SOCK_STREAM)`, and each connection that `accept()` gives. */
export class StreamSocket<F extends Family = Family> extends BaseSocket<F, EngineStreamSocket> {
  /** Each option that was set, by its name, for the sockets that race for a connection. */
  #settings: Map<string, readonly [SocketOption, unknown]> | undefined;
  #bound = false;
  #peer: AddressOf<F> | undefined;
  #listening = false;
  /** The calls that wait to send, and their bytes. */
  #sends = 0;
  #sendBytes = 0;
  #readable: ReadableStream<Uint8Array> | undefined;
  #writable: WritableStream<Data> | undefined;

  /** @internal Use `socket()`. */
  constructor(
    engine: Engine,
    family: F,
    type: typeof SOCK_STREAM | typeof SOCK_SEQPACKET,
    engineSocket: EngineStreamSocket = engine.openStream(family, type),
  ) {
    super(engine, family, type, engineSocket);
  }

  /** How many bytes have been received since the connection exists; what no call has taken yet may be among them. */
  get bytesRead(): number {
    return this.engineSocket.bytesRead;
  }

  /** How many bytes have been taken from calls that send since the connection exists. */
  get bytesWritten(): number {
    return this.engineSocket.bytesWritten;
  }

  /**
   * How many bytes wait in calls that send when there are several of them: those that a program did not await. 0 for
   * one that awaits each call before the next.
   */
  get bytesQueued(): number {
    return this.#sends > 1 ? this.#sendBytes : 0;
  }

  override async bind(address: BindAddress<F>, options?: CallOptions): Promise<void> {
    await super.bind(address, options);
    this.#bound = true;
  }

  /**
   * Makes this the welcome socket of its address.
   *
   * @param backlog - how many finished handshakes may wait for `accept()`, 0–4,096 (Linux completes one more than this).
   * It is not the number of clients that can be served: that has no limit here.
   * @returns This socket, typed as one that yields connections.
   * @throws SocketError EADDRINUSE, EINVAL (connected already), EBADF.
   * @see listen(2)
   */
  async listen(backlog: number = SOMAXCONN, options?: CallOptions): Promise<WelcomeSocket<F>> {
    if (!Number.isInteger(backlog) || backlog < 0)
      throw new RangeError(`A backlog must be a whole number from 0 up, got ${String(backlog)}`);
    const pending = this.open('listen').listen(Math.min(backlog, 0x7fff_ffff));
    if (isPending(pending)) await this.settle('listen', pending, this.deadline(options));
    this.#listening = true;
    return this as unknown as WelcomeSocket<F>;
  }

  /**
   * Takes the next finished connection: a socket of its own, and the client's address.
   *
   * @throws SocketError EINVAL (not listening), EMFILE and ENFILE (no descriptor left), ECANCELED (closed meanwhile), ETIMEDOUT, EBADF.
   * @see accept(2)
   */
  async accept(options?: CallOptions): Promise<[StreamSocket<F>, AddressOf<F>]> {
    const deadline = this.deadline(options);
    const pending = this.open('accept').accept(deadline);
    const { socket, address } = isPending(pending) ? await this.settle('accept', pending, deadline) : pending;
    return [new StreamSocket(this.engine, this.family, this.#streamType, socket), address as AddressOf<F>];
  }

  /**
   * Connects to a welcome socket. A name is tried at all its addresses, a new attempt every 250 ms without waiting for
   * the last to fail, and the first to connect is taken (RFC 8305).
   *
   * @throws SocketError ECONNREFUSED (nobody listens), ETIMEDOUT, ENETUNREACH, EHOSTUNREACH, EISCONN, EALREADY, `EAI_…` for
   * a name, ECANCELED (closed meanwhile), EBADF; RangeError for port 0. After a failure the socket can connect again.
   * @see connect(2)
   */
  async connect(address: AddressOf<F>, options?: CallOptions): Promise<void> {
    const deadline = this.deadline(options);
    const peer = readAddress(address, this.family);
    checkPeerPort(peer);
    const socket = this.open('connect');
    const literal = isUnixAddress(peer) ? peer : this.#literalPeer(peer);
    const pending = literal ? socket.connect(literal, deadline) : this.#connectToName(socket, peer, deadline);
    if (isPending(pending)) await this.settle('connect', pending, deadline, peer);
  }

  /**
   * Sends what fits and says how much that was: at least one byte, perhaps not all. `sendall` sends everything.
   * Leave `data` as it is until the promise settles.
   *
   * @returns The number of bytes taken, from the start of `data`.
   * @throws SocketError EPIPE or ECONNRESET (the peer is gone), ENOTCONN, ETIMEDOUT, ECANCELED, EBADF.
   * @see send(2)
   */
  send(data: Data, options?: StreamSendOptions): Promise<number> {
    // Not an async function: see `recv`.
    try {
      const sent = this.#send('send', toBytes(data), false, options);
      return isPending(sent) ? sent : Promise.resolve(sent);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends every byte. Two calls at once never mix their bytes. A call that ends early by its signal or timeout may have
   * sent a part: then close the connection, for nobody can say which.
   *
   * @throws As `send`.
   */
  sendall(data: Data, options?: StreamSendOptions): Promise<void> {
    try {
      const sent = this.#send('sendall', toBytes(data), true, options);
      return isPending(sent) ? sent.then(() => undefined) : Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends the parts of `message.data` one after another with one call (writev), every byte.
   *
   * @returns The number of bytes.
   * @throws SocketError EISCONN with an address, EOPNOTSUPP with ancillary data, and as `send`.
   * @see sendmsg(2)
   */
  async sendmsg(message: Message<AddressOf<F>>, options?: StreamSendOptions): Promise<number> {
    const { data, address, control } = message;
    checkControl(control, () => this.error('EOPNOTSUPP', 'sendmsg', 'ancillary data is not sent yet'));
    if (address !== undefined)
      throw this.error('EISCONN', 'sendmsg', 'a connection has its peer; leave the address out');
    const parts = Array.isArray(data) ? data.map(toBytes) : toBytes(data as Data);
    return this.#send('sendmsg', parts, true, options);
  }

  /**
   * Receives what has arrived, between one and `size` bytes: a stream has no message boundaries, so this is neither
   * one `send` of the peer nor all of it. Zero bytes are the end: the peer has shut down or closed.
   *
   * @param size - bytes, from 0 up (0 gives zero bytes at once); 65,536 when left out.
   * @returns The bytes, yours for ever.
   * @throws SocketError ECONNRESET, ENOTCONN, ETIMEDOUT, ECANCELED (closed meanwhile), EBADF.
   * @see recv(2)
   */
  recv(size: number = CHUNK_BYTES, options?: StreamReceiveOptions): Promise<Uint8Array> {
    // Not an async function: one that returns a promise adopts it, which costs a wait of three microtasks each time.
    try {
      return this.#recv(size, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * As `recv`, into memory of yours: what has arrived, between one and `into.length` bytes, or with `MSG_WAITALL` all of
   * it. For large pieces it is the cheapest way, for the kernel writes to the same memory again and again (on `linux`,
   * from 16 KiB up; elsewhere the bytes are copied). Leave `into` alone until the promise settles.
   *
   * @returns How many bytes were written, from the start of `into`; 0 at the end of the stream, and for an empty array.
   * @throws SocketError as `recv`, and EFAULT when the memory of `into` was transferred meanwhile.
   * @see recv(2)
   */
  async recvInto(into: Uint8Array, options?: StreamReceiveOptions): Promise<number> {
    if (!(into instanceof Uint8Array))
      throw new TypeError(`The memory to receive into must be a Uint8Array, got ${String(into)}`);
    const bytes = await this.#recv(into.length, options, into);
    if (bytes.length > into.length)
      throw this.error('EFAULT', 'recv', 'the memory was transferred while the call waited');
    // an engine that has written there gives a view of it
    if (bytes.buffer !== into.buffer) into.set(bytes);
    return bytes.length;
  }

  /**
   * As `recv`, with what else is known: for `SOCK_SEQPACKET` the true length of the message, and whether it was cut.
   *
   * @see recvmsg(2)
   */
  async recvmsg(
    size: number = CHUNK_BYTES,
    options?: StreamReceiveOptions,
  ): Promise<ReceivedMessage<AddressOf<F>>> {
    checkSize(size);
    const given = options?.flags ?? 0;
    checkFlags(given, STREAM_FLAGS);
    const deadline = this.deadline(options);
    const socket = this.open('recvmsg');
    const peer = this.#peerOf(socket);
    if (this.#asksNothing(size))
      return { data: new Uint8Array(0), flags: 0, length: 0, address: peer, control: [] };
    const pending = socket.recvmsg(size, given, deadline);
    const { data, flags, length } = isPending(pending)
      ? await this.settle('recvmsg', pending, deadline)
      : pending;
    return { data, flags, length, address: peer, control: [] };
  }

  /** What arrives, as a Web Stream with real back-pressure: it receives only when it is read. Cancelling it ends receiving. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const chunk = await this.recv();
          if (chunk.length > 0) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => this.#unlessGone(SHUT_RD),
      },
      { highWaterMark: 0 },
    );
    return this.#readable;
  }

  /** A Web Stream that sends what is written; closing it ends sending (`SHUT_WR`), aborting it closes the socket. */
  get writable(): WritableStream<Data> {
    this.#writable ??= new WritableStream<Data>({
      write: (chunk) => this.sendall(chunk),
      close: () => this.shutdown(SHUT_WR),
      abort: () => this.close(),
    });
    return this.#writable;
  }

  /**
   * Yields connections on a welcome socket until it is closed, chunks of bytes on a connection until its end. Leaving
   * the loop leaves the socket open. A shortage of descriptors makes a welcome socket rest and go on.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    while (!this.closed) {
      try {
        const item = this.#listening ? await this.#acceptNext() : await this.recv();
        if (item.length === 0) return;
        yield item as Uint8Array;
      } catch (error) {
        if (endsIteration(error, this)) return;
        throw error;
      }
    }
  }

  protected override optionSet(option: SocketOption, value: unknown): void {
    this.#settings ??= new Map();
    this.#settings.set(option.name, [option, value]);
  }

  async #acceptNext(): Promise<[StreamSocket<F>, AddressOf<F>]> {
    for (;;) {
      try {
        return await this.accept();
      } catch (error) {
        if (!(error instanceof SocketError && ACCEPT_SHORTAGES.has(error.code))) throw error;
        await new Promise<void>((resolve) => this.engine.after(ACCEPT_REST_MS, resolve));
      }
    }
  }

  /** The peer, asked for before a message is taken: a connection that was reset has bytes to read but no peer. */
  #peerOf(socket: EngineStreamSocket): AddressOf<F> {
    try {
      this.#peer ??= socket.getpeername() as AddressOf<F>;
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
    }
    return this.#peer ?? ((this.family === AF_UNIX ? { path: '' } : { host: '', port: 0 }) as AddressOf<F>);
  }

  #literalPeer(peer: Exclude<Address, { path: string }>): Address | undefined {
    const host = this.literal('connect', peer);
    return host === undefined ? undefined : { host, port: peer.port };
  }

  async #connectToName(
    socket: EngineStreamSocket,
    peer: Address,
    deadline: Deadline | undefined,
  ): Promise<void> {
    if (isUnixAddress(peer) || this.family === AF_UNIX) throw new TypeError('A Unix socket has no host');
    const hosts = await resolveFor(this.engine, this.family, peer.host, deadline);
    deadline?.throwIfOver();
    if (this.closed) throw this.error('ECANCELED', 'connect');
    const addresses = hosts.map((host) => ({ host, port: peer.port }));
    const winner = await raceConnect(this.engine, addresses, {
      first: socket,
      another: this.#bound ? undefined : () => this.#anotherSocket(),
      cancellation: deadline,
      isClosed: () => this.closed,
    });
    if (winner === socket) return;
    if (this.closed) {
      await winner.close();
      throw this.error('ECANCELED', 'connect');
    }
    this.replace(winner);
    await socket.close();
  }

  /** A socket for a parallel attempt, with the options that this one was given. */
  #anotherSocket(): EngineStreamSocket {
    const socket = this.engine.openStream(this.family, this.type);
    for (const [option, value] of this.#settings?.values() ?? []) socket.setsockopt(option, value);
    return socket;
  }

  #recv(size: number, options: StreamReceiveOptions | undefined, into?: Uint8Array): Promise<Uint8Array> {
    checkSize(size);
    const flags = options?.flags ?? 0;
    checkFlags(flags, STREAM_FLAGS);
    const deadline = this.deadline(options);
    const socket = this.open('recv');
    if (this.#asksNothing(size)) return Promise.resolve(new Uint8Array(0));
    const pending = socket.recv(size, flags, deadline, into);
    if (!isPending(pending)) return Promise.resolve(pending);
    return deadline ? this.settle('recv', pending, deadline) : pending;
  }

  #send(
    syscall: string,
    data: Uint8Array | readonly Uint8Array[],
    all: boolean,
    options: StreamSendOptions | undefined,
  ): number | Promise<number> {
    const flags = options?.flags ?? 0;
    checkFlags(flags, MSG_OOB);
    const deadline = this.deadline(options);
    const pending = this.open(syscall).send(data, flags, all, deadline);
    return isPending(pending) ? this.#queue(this.settle(syscall, pending, deadline), data) : pending;
  }

  /** Counts a call that sends for as long as it waits. */
  async #queue(sent: Promise<number>, data: Uint8Array | readonly Uint8Array[]): Promise<number> {
    const parts = data instanceof Uint8Array ? [data] : data;
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    this.#sends += 1;
    this.#sendBytes += bytes;
    try {
      return await sent;
    } finally {
      this.#sends -= 1;
      this.#sendBytes -= bytes;
    }
  }

  /** Of a byte stream zero bytes are there at once; a message has to be waited for, however little of it is wanted. */
  #asksNothing(size: number): boolean {
    return size === 0 && this.type !== SOCK_SEQPACKET;
  }

  #unlessGone(how: typeof SHUT_RD | typeof SHUT_WR): void {
    try {
      this.shutdown(how);
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
    }
  }

  get #streamType(): typeof SOCK_STREAM | typeof SOCK_SEQPACKET {
    return this.type === SOCK_SEQPACKET ? SOCK_SEQPACKET : (this.type as typeof SOCK_STREAM);
  }
}
