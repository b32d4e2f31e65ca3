/**
 * Streams through `node:net`: TCP, and Unix streams. The states of a socket are here; what a connection does is in
 * `connection.ts`, what a welcome socket does in `welcome.ts`.
 */
import type { Socket } from 'node:net';
import type { Address } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { Family, ShutdownHow } from '../../posix/constants.ts';
import { AF_UNIX, SHUT_WR, SOCK_STREAM, transportName } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { Linger, SocketOption } from '../../posix/options.ts';
import { SocketError } from '../../posix/socket-error.ts';
import type { Accepted, Cancellation, EngineStreamSocket, Eventually, StreamReceived } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { anyAddress } from './address.ts';
import type { Data } from './bytes.ts';
import { Connection, STREAM_SETTINGS } from './connection.ts';
import { closedError, failure, socketError } from './errors.ts';
import type { Loop } from './loop.ts';
import { OptionSet } from './option-set.ts';
import { STREAM_OPTIONS } from './options.ts';
import { bindCause, unixProblem } from './unix.ts';
import { Welcome } from './welcome.ts';

const IPPROTO_TCP = 6;

/**
 * Where a socket stands. `bound` and `welcome` hold a server, except a bound socket whose connect has failed: it only
 * remembers its address.
 */
type State =
  | { readonly name: 'new' }
  | { readonly name: 'binding'; readonly welcome: Welcome }
  | { readonly name: 'bound'; readonly local: Address; readonly welcome: Welcome | undefined }
  | { readonly name: 'welcome'; readonly local: Address; readonly welcome: Welcome }
  | {
      readonly name: 'connecting';
      readonly local: Address | undefined;
      readonly waiting: WaitQueue<Address, void>;
    }
  | { readonly name: 'connected'; readonly connection: Connection }
  | { readonly name: 'closed'; readonly connection: Connection | undefined };

/** What Linux says when there is no connection, by family: tcp(7) and unix(7) differ. */
const NOT_CONNECTED: Readonly<Record<'recv' | 'send', readonly [inet: ErrorCode, unix: ErrorCode]>> = {
  recv: ['ENOTCONN', 'EINVAL'],
  send: ['EPIPE', 'ENOTCONN'],
};

/** A stream socket of Node's. */
export class NodeStreamSocket implements EngineStreamSocket {
  readonly #loop: Loop;
  readonly #family: Family;
  readonly #options: OptionSet<Socket>;
  #state: State = { name: 'new' };

  constructor(loop: Loop, family: Family, connection?: Connection) {
    this.#loop = loop;
    this.#family = family;
    if (connection) this.#state = { name: 'connected', connection };
    this.#options = new OptionSet(STREAM_OPTIONS, {
      family,
      fact: (name) => this.#fact(name),
      isOpen: () => this.#state.name !== 'new',
      target: () => this.#connection?.socket,
      error: (code, syscall, text) => this.#error(code, syscall, text),
      failure: (syscall, cause) => failure(syscall, this.#ends, cause),
    });
  }

  get bytesRead(): number {
    return this.#lastConnection?.bytesRead ?? 0;
  }

  get bytesWritten(): number {
    return this.#lastConnection?.bytesWritten ?? 0;
  }

  async bind(address: Address): Promise<void> {
    if (this.#state.name !== 'new') throw this.#error('EINVAL', 'bind', 'the socket is bound already');
    await this.#open('bind', address);
  }

  async listen(_backlog: number): Promise<void> {
    const state = this.#state;
    if (state.name === 'welcome') return;
    const unbound = state.name === 'new' && this.#family !== AF_UNIX;
    if (!unbound && state.name !== 'bound') throw this.#error('EINVAL', 'listen');
    const held = state.name === 'bound' ? state : undefined;
    const local = held?.local ?? anyAddress(this.#family);
    const bound = held?.welcome ? { local, welcome: held.welcome } : await this.#open('listen', local);
    bound.welcome.welcome();
    this.#state = { name: 'welcome', ...bound };
  }

  accept(cancellation?: Cancellation): Eventually<Accepted<EngineStreamSocket>> {
    if (this.#state.name !== 'welcome') throw this.#error('EINVAL', 'accept', 'the socket does not listen');
    const connection = this.#state.welcome.accept(cancellation);
    return connection instanceof Connection
      ? this.#accepted(connection)
      : connection.then((accepted) => this.#accepted(accepted));
  }

  connect(address: Address | undefined, cancellation?: Cancellation): Promise<void> {
    const local = this.#readyToConnect();
    if (!address) throw this.#error('EOPNOTSUPP', 'connect', "the engine node can't dissolve a connection");
    const problem = unixProblem(address);
    if (problem) throw socketError(problem.code, 'connect', { ...this.#ends, remote: address }, problem.text);
    if (this.#state.name === 'bound') this.#state.welcome?.close();
    const { Socket } = process.getBuiltinModule('node:net');
    const socket = new Socket(STREAM_SETTINGS);
    // Paused, or Node would begin to read as soon as the connection exists.
    socket.pause();
    this.#options.applyTo(socket);
    const waiting = new WaitQueue<Address, void>(() => this.#endAttempt(socket, waiting));
    const connected = waiting.wait(address, cancellation);
    this.#state = { name: 'connecting', local, waiting };
    const onError = (cause: unknown) =>
      waiting.reject(failure('connect', { ...this.#ends, remote: address }, cause));
    socket.on('error', onError);
    socket.once('connect', () => {
      const connection = this.#connectionOf(socket, address);
      socket.off('error', onError);
      this.#state = { name: 'connected', connection };
      waiting.resolve();
    });
    socket.connect(connectOptions(address, local));
    return connected;
  }

  recv(size: number, flags: number, cancellation?: Cancellation): Eventually<Uint8Array> {
    return this.#connected('recv').recv(size, flags, cancellation);
  }

  recvmsg(size: number, flags: number, cancellation?: Cancellation): Eventually<StreamReceived> {
    const data = this.recv(size, flags, cancellation);
    return data instanceof Uint8Array ? received(data) : data.then(received);
  }

  send(data: Data, flags: number, all: boolean, cancellation?: Cancellation): Eventually<number> {
    return this.#connected('send').send(data, flags, all, cancellation);
  }

  shutdown(how: ShutdownHow): void {
    const state = this.#state;
    if (state.name === 'connected') state.connection.shutdown(how);
    else if (state.name === 'welcome') this.#stopWelcoming(how);
    else if (this.#family !== AF_UNIX) throw this.#error('ENOTCONN', 'shutdown');
  }

  close(): Eventually<void> {
    const state = this.#state;
    this.#state = { name: 'closed', connection: this.#connection };
    switch (state.name) {
      case 'connected':
        return state.connection.close(this.#resetsOnClose());
      case 'connecting':
        return state.waiting.rejectAll(() =>
          closedError('connect', { ...this.#ends, remote: state.waiting.first }),
        );
      case 'binding':
      case 'bound':
      case 'welcome':
        return state.welcome?.close();
      case 'new':
      case 'closed':
        return;
    }
  }

  getsockname(): Address {
    return this.#ends.local ?? anyAddress(this.#family);
  }

  getpeername(): Address {
    const connection = this.#connection;
    if (!connection || connection.isOver) throw this.#error('ENOTCONN', 'getpeername');
    return connection.ends.remote;
  }

  getsockopt(option: SocketOption): unknown {
    return this.#options.get(option);
  }

  setsockopt(option: SocketOption, value: unknown): void {
    this.#options.set(option, value);
  }

  get #connection(): Connection | undefined {
    return this.#state.name === 'connected' ? this.#state.connection : undefined;
  }

  /** The connection, over or not. */
  get #lastConnection(): Connection | undefined {
    return this.#state.name === 'closed' ? this.#state.connection : this.#connection;
  }

  get #ends(): { transport: string; local?: Address | undefined; remote?: Address } {
    const state = this.#state;
    if (state.name === 'connected') return state.connection.ends;
    const local = 'local' in state ? state.local : undefined;
    return { transport: transportName(this.#family, SOCK_STREAM), local };
  }

  /** Opens a server at `address`. When it fails, the socket stands where it stood. */
  async #open(syscall: string, address: Address): Promise<{ local: Address; welcome: Welcome }> {
    const problem = unixProblem(address);
    const ends = { ...this.#ends, local: address };
    if (problem) throw socketError(problem.code, syscall, ends, problem.text);
    const before = this.#state;
    const welcome = new Welcome(this.#loop, ends.transport, address);
    const opening: State = { name: 'binding', welcome };
    this.#state = opening;
    try {
      const local = await welcome.open({
        ipv6Only: this.#options.value('IPV6_V6ONLY') === true,
        reusePort: this.#options.value('SO_REUSEPORT') === true,
      });
      this.#state = { name: 'bound', local, welcome };
      return { local, welcome };
    } catch (cause) {
      if (this.#state === opening) this.#state = before;
      throw cause instanceof SocketError ? cause : failure(syscall, ends, bindCause(address, cause));
    }
  }

  /** The address to connect from, or the reason why there can be no connection. */
  #readyToConnect(): Address | undefined {
    const state = this.#state;
    switch (state.name) {
      case 'new':
        return undefined;
      case 'bound':
        if (this.#family !== AF_UNIX) return state.local;
        throw this.#error('EOPNOTSUPP', 'connect', "the engine node can't connect a bound Unix socket");
      case 'welcome':
        throw this.#error(this.#family === AF_UNIX ? 'EINVAL' : 'EISCONN', 'connect');
      case 'binding':
      case 'connecting':
        throw this.#error('EALREADY', 'connect');
      case 'connected':
      case 'closed':
        throw this.#error('EISCONN', 'connect');
    }
  }

  /** The attempt was refused or called off: the socket can try again. */
  #endAttempt(socket: Socket, waiting: WaitQueue<Address, void>): void {
    const state = this.#state;
    if (state.name === 'connected') return;
    socket.destroy();
    if (state.name !== 'connecting' || state.waiting !== waiting) return;
    const { local } = state;
    this.#state = local ? { name: 'bound', local, welcome: undefined } : { name: 'new' };
  }

  #connectionOf(socket: Socket, remote: Address): Connection {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    const host = (address: string | undefined, port: number | undefined, other: Address): Address =>
      isUnixAddress(remote) || address === undefined ? other : { host: address, port: port ?? 0 };
    return new Connection(this.#loop, socket, {
      transport: transportName(this.#family, SOCK_STREAM),
      local: host(localAddress, localPort, anyAddress(this.#family)),
      remote: host(remoteAddress, remotePort, remote),
    });
  }

  #accepted(connection: Connection): Accepted<EngineStreamSocket> {
    const socket = new NodeStreamSocket(this.#loop, this.#family, connection);
    socket.#options.inherit(this.#options);
    socket.#options.applyTo(connection.socket);
    return { socket, address: connection.ends.remote };
  }

  #connected(syscall: 'recv' | 'send'): Connection {
    if (this.#state.name === 'connected') return this.#state.connection;
    const [inet, unix] = NOT_CONNECTED[syscall];
    throw this.#error(this.#family === AF_UNIX ? unix : inet, syscall, 'the socket is not connected');
  }

  /** Linux: SHUT_RD makes a welcome socket a bound one again, SHUT_WR does nothing to it. */
  #stopWelcoming(how: ShutdownHow): void {
    if (this.#state.name !== 'welcome' || how === SHUT_WR) return;
    const { local, welcome } = this.#state;
    welcome.refuse();
    this.#state = { name: 'bound', local, welcome };
  }

  #resetsOnClose(): boolean {
    const linger = this.#options.value('SO_LINGER') as Linger;
    return linger.onoff && linger.linger === 0;
  }

  #fact(name: string): unknown {
    switch (name) {
      case 'SO_TYPE':
        return SOCK_STREAM;
      case 'SO_DOMAIN':
        return this.#family;
      case 'SO_PROTOCOL':
        return this.#family === AF_UNIX ? 0 : IPPROTO_TCP;
      case 'SO_ACCEPTCONN':
        return this.#state.name === 'welcome';
      case 'SO_ERROR':
        return this.#connection?.pendingError.takeNumber() ?? 0;
      default:
        return undefined;
    }
  }

  #error(code: ErrorCode, syscall: string, text?: string): SocketError {
    return socketError(code, syscall, this.#ends, text);
  }
}

function received(data: Uint8Array): StreamReceived {
  return { data, flags: 0, length: data.length };
}

function connectOptions(
  remote: Address,
  local: Address | undefined,
): { path: string } | { host: string; port: number; localAddress?: string; localPort?: number } {
  if (isUnixAddress(remote)) return { path: remote.path };
  if (!local || isUnixAddress(local)) return { ...remote };
  return { ...remote, localAddress: local.host, localPort: local.port };
}
