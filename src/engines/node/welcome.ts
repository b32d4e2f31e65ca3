/**
 * The welcome side of a stream socket: a `net.Server`. Node has no bind without listen, so the server listens from
 * `bind` on, which settles the address and its EADDRINUSE, and resets every connection until `listen` is called. libuv
 * accepts on its own; what nobody has asked for waits here, unread.
 */
import type { ListenOptions, Server, Socket } from 'node:net';
import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { Cancellation, Eventually } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { Connection, STREAM_SETTINGS } from './connection.ts';
import { closedError, failure, socketError } from './errors.ts';
import type { Loop } from './loop.ts';
import { PendingError } from './pending-error.ts';

/** The most connections that wait for `accept()`; more are reset. SOMAXCONN of Linux. */
const ACCEPT_QUEUE_MAX = 4096;
/** The backlog in the kernel, which only has to last until libuv's next turn. Node's own default. */
const KERNEL_BACKLOG = 511;

/** What a server is opened with. */
export interface WelcomeOptions {
  readonly ipv6Only: boolean;
  readonly reusePort: boolean;
}

/** An address that is held, and the connections that come to it. */
export class Welcome {
  readonly #loop: Loop;
  readonly #transport: string;
  readonly #queueMax: number;
  readonly #server: Server;
  readonly #opening = new WaitQueue<undefined, Address>();
  readonly #acceptors: WaitQueue<undefined, Connection>;
  readonly #pendingError = new PendingError();
  #queue: Connection[] = [];
  #local: Address;
  #isWelcoming = false;

  constructor(loop: Loop, transport: string, address: Address, queueMax: number = ACCEPT_QUEUE_MAX) {
    this.#loop = loop;
    this.#queueMax = queueMax;
    this.#transport = transport;
    this.#local = address;
    this.#acceptors = new WaitQueue(() => loop.release());
    const { createServer } = process.getBuiltinModule('node:net');
    this.#server = createServer({ ...STREAM_SETTINGS, pauseOnConnect: true });
    this.#server.unref();
    this.#server.on('connection', (socket) => this.#onConnection(socket));
    this.#server.on('error', (cause) => this.#onError(cause));
  }

  /** Takes the address; gives the one that the system chose. */
  open({ ipv6Only, reusePort }: WelcomeOptions): Promise<Address> {
    const where = isUnixAddress(this.#local) ? this.#local : { ...this.#local, ipv6Only, reusePort };
    // Exclusive, or a worker of node:cluster would share the primary's server.
    const options: ListenOptions = { ...where, exclusive: true, backlog: KERNEL_BACKLOG };
    const opened = this.#opening.wait(undefined);
    try {
      this.#server.listen(options, () => this.#opening.resolve(this.#readAddress()));
    } catch (cause) {
      this.#opening.reject(cause);
    }
    return opened;
  }

  /** From now on connections are kept for `accept`. */
  welcome(): void {
    this.#isWelcoming = true;
  }

  /** Keeps the address and refuses connections again; what waits in `accept` fails with EINVAL, as on Linux. */
  refuse(): void {
    this.#isWelcoming = false;
    this.#acceptors.rejectAll(() => socketError('EINVAL', 'accept', this.#ends, 'the socket was shut down'));
    this.#dropQueue();
  }

  accept(cancellation?: Cancellation): Eventually<Connection> {
    if (this.#acceptors.size === 0) {
      const connection = this.#queue.shift();
      if (connection) return connection;
      this.#pendingError.throwIfSet('accept', this.#ends);
      this.#loop.hold();
    }
    return this.#acceptors.wait(undefined, cancellation);
  }

  /** Frees the address at once and resets the connections that nobody accepted, as the kernel does. */
  close(): void {
    this.#isWelcoming = false;
    this.#opening.rejectAll(() => closedError('bind', this.#ends));
    this.#acceptors.rejectAll(() => closedError('accept', this.#ends));
    this.#server.close();
    this.#dropQueue();
  }

  #onConnection(socket: Socket): void {
    const ends = { transport: this.#transport, ...connectionAddresses(socket, this.#local) };
    const connection = new Connection(this.#loop, socket, ends);
    if (!this.#isWelcoming || this.#queue.length >= this.#queueMax) void connection.close(true);
    else if (this.#acceptors.size > 0) this.#acceptors.resolve(connection);
    else this.#queue.push(connection);
  }

  #onError(cause: unknown): void {
    if (this.#opening.size > 0) this.#opening.reject(cause);
    else if (this.#acceptors.size > 0) this.#acceptors.reject(failure('accept', this.#ends, cause));
    else this.#pendingError.set(cause);
  }

  #readAddress(): Address {
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.#local = { host: address.address, port: address.port };
    return this.#local;
  }

  #dropQueue(): void {
    for (const connection of this.#queue) void connection.close(true);
    this.#queue = [];
  }

  get #ends(): { transport: string; local: Address } {
    return { transport: this.#transport, local: this.#local };
  }
}

/** Both ends of an accepted socket. A client that has gone by now has no address any more. */
function connectionAddresses(socket: Socket, listening: Address): { local: Address; remote: Address } {
  if (isUnixAddress(listening)) return { local: listening, remote: { path: '' } };
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    local: { host: localAddress ?? listening.host, port: localPort ?? listening.port },
    remote: { host: remoteAddress ?? '', port: remotePort ?? 0 },
  };
}
