/**
 * Stream sockets of the simulator: the calls, the options and the errors of a socket, as the engine `linux` has them,
 * on top of the connections and welcome sockets in `tcp/`.
 */
import type { Address } from '../../posix/address.ts';
import type { ShutdownHow } from '../../posix/constants.ts';
import { AF_INET, SHUT_RD, SHUT_WR, SOCK_STREAM, SOMAXCONN } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { errorNumber } from '../../posix/errno.ts';
import type { SocketOption, TcpInfo } from '../../posix/options.ts';
import { SO_REUSEADDR } from '../../posix/options.ts';
import type { SocketError } from '../../posix/socket-error.ts';
import type { Accepted, Cancellation, EngineStreamSocket, Eventually, StreamReceived } from '../engine.ts';
import { WaitQueue } from '../wait-queue.ts';
import { socketError } from './errors.ts';
import type { Connection } from './tcp/connection.ts';
import type { Endpoint } from './tcp/control-block.ts';
import { endpointOf, endToConnectFrom, peerOf } from './tcp/endpoints.ts';
import type { TcpHost } from './tcp/host.ts';
import { listenerInfo, NO_INFO, tcpInfo } from './tcp/inspect.ts';
import { Listener } from './tcp/listener.ts';
import { TcpOptions } from './tcp/options.ts';
import type { Binding } from './tcp/ports.ts';
import { ANY_HOST } from './tcp/ports.ts';
import { StreamTransfer } from './tcp/transfer.ts';

const IPPROTO_TCP = 6;
const UNBOUND: Endpoint = { host: ANY_HOST, port: 0 };

/** Where a socket stands. A binding that `connect` chose goes with its attempt; one that `bind` took stays. */
type State =
  | { readonly name: 'new' }
  | { readonly name: 'bound'; readonly binding: Binding }
  | { readonly name: 'welcome'; readonly binding: Binding; readonly listener: Listener }
  | {
      readonly name: 'connecting';
      readonly before: State;
      readonly binding: Binding;
      readonly connection: Connection;
    }
  | { readonly name: 'connected'; readonly binding: Binding | undefined; readonly connection: Connection }
  | { readonly name: 'closed' }
  | { readonly name: 'crashed' };

/** A stream socket of a simulated host. */
export class SimStreamSocket implements EngineStreamSocket {
  readonly #host: TcpHost;
  readonly #number: number;
  readonly #options: TcpOptions;
  readonly #acceptors = new WaitQueue<undefined, Accepted<EngineStreamSocket>>();
  readonly #connectors = new WaitQueue<Endpoint, void>(() => this.#giveUpConnecting());
  readonly #transfer: StreamTransfer;
  #state: State = { name: 'new' };

  /** @param connection - one that was accepted. */
  constructor(host: TcpHost, connection?: Connection) {
    this.#host = host;
    this.#number = connection?.number ?? host.nextNumber();
    this.#options = connection?.tcb.options ?? new TcpOptions(host.profile);
    this.#transfer = new StreamTransfer((code, syscall, text) => this.#error(code, syscall, text));
    host.sockets.add(this);
    if (!connection) return;
    this.#state = { name: 'connected', binding: undefined, connection };
    this.#transfer.begin(connection);
  }

  /** Its number on its host, as in the trace. */
  get number(): number {
    return this.#number;
  }

  bind(address: Address): Eventually<void> {
    if (this.#state.name === 'crashed') return never();
    const { host, port } = endpointOf(address);
    if (this.#state.name !== 'new')
      throw this.#error('EINVAL', 'bind', 'the socket is bound already', address);
    if (host !== ANY_HOST && !this.#isOwn(host))
      throw this.#error('EADDRNOTAVAIL', 'bind', undefined, address);
    if (port !== 0 && this.#host.environment.mayBind?.(port) === false)
      throw this.#error('EACCES', 'bind', undefined, address);
    // A server must be able to start again at once: socket(7), and as the engine `linux` does.
    if (!this.#options.isSet('SO_REUSEADDR')) this.#options.set(SO_REUSEADDR, true);
    const binding = this.#host.ports.bind(host, port, this.#options);
    if (!binding) throw this.#error('EADDRINUSE', 'bind', undefined, address);
    this.#state = { name: 'bound', binding };
  }

  listen(wanted: number): Eventually<void> {
    const state = this.#state;
    const backlog = Math.min(wanted, SOMAXCONN);
    if (state.name === 'crashed') return never();
    if (state.name === 'welcome') {
      state.listener.backlog = backlog;
      return;
    }
    if (state.name !== 'new' && state.name !== 'bound') throw this.#error('EINVAL', 'listen');
    const binding =
      state.name === 'bound' ? state.binding : this.#host.ports.bind(ANY_HOST, 0, this.#options);
    if (!binding || this.#host.ports.isTaken(binding)) throw this.#error('EADDRINUSE', 'listen');
    binding.isListening = true;
    const onReady = () => this.#serveAcceptors();
    const listener = new Listener(this.#host, this.#number, binding, this.#options, backlog, onReady);
    this.#state = { name: 'welcome', binding, listener };
  }

  accept(cancellation?: Cancellation): Eventually<Accepted<EngineStreamSocket>> {
    if (this.#state.name === 'crashed') return never();
    if (this.#state.name !== 'welcome') throw this.#error('EINVAL', 'accept', 'the socket does not listen');
    const connection = this.#acceptors.size === 0 ? this.#state.listener.accept() : undefined;
    return connection ? this.#accepted(connection) : this.#acceptors.wait(undefined, cancellation);
  }

  connect(address: Address | undefined, cancellation?: Cancellation): Eventually<void> {
    const before = this.#state;
    if (before.name === 'crashed') return never();
    if (address === undefined) throw this.#error('EINVAL', 'connect');
    const peer = peerOf(address);
    if (before.name === 'connecting') throw this.#error('EALREADY', 'connect', undefined, peer);
    if (before.name !== 'new' && before.name !== 'bound')
      throw this.#error('EISCONN', 'connect', undefined, peer);
    const end = endToConnectFrom(
      this.#host,
      before.name === 'bound' ? before.binding : undefined,
      peer,
      this.#options,
    );
    if (typeof end === 'string') throw this.#error(end, 'connect', undefined, peer);
    const { binding, local } = end;
    const connection = this.#host.connection(this.#number, binding, local, peer, this.#options, 'CLOSED');
    connection.tcb.user = { ...this.#transfer.user, onConnected: () => this.#onConnected() };
    this.#state = { name: 'connecting', before, binding, connection };
    const connected = this.#connectors.wait(peer, cancellation);
    connection.open();
    return connected;
  }

  get bytesRead(): number {
    return this.#transfer.bytesRead;
  }

  get bytesWritten(): number {
    return this.#transfer.bytesWritten;
  }

  recv(size: number, flags: number, cancellation?: Cancellation): Eventually<Uint8Array> {
    if (this.#state.name === 'crashed') return never();
    if (!this.#isConnected) throw this.#error('ENOTCONN', 'recv');
    return this.#transfer.receive(size, flags, cancellation);
  }

  recvmsg(size: number, flags: number, cancellation?: Cancellation): Eventually<StreamReceived> {
    const data = this.recv(size, flags, cancellation);
    return data instanceof Uint8Array ? received(data) : data.then(received);
  }

  send(
    data: Uint8Array | readonly Uint8Array[],
    flags: number,
    all: boolean,
    cancellation?: Cancellation,
  ): Eventually<number> {
    if (this.#state.name === 'crashed') return never();
    if (!this.#isConnected) throw this.#error('EPIPE', 'send');
    return this.#transfer.send(data, flags, all, cancellation);
  }

  shutdown(how: ShutdownHow): void {
    const state = this.#state;
    if (state.name === 'welcome') this.#stopWelcoming(how);
    else if (state.name === 'connecting') {
      this.#connectors.reject(this.#error('ECONNRESET', 'connect', 'the socket was shut down'));
    } else if (state.name !== 'connected' || state.connection.isOver)
      throw this.#error('ENOTCONN', 'shutdown');
    else {
      if (how !== SHUT_WR) this.#transfer.endReceiving();
      if (how !== SHUT_RD) this.#transfer.endSending();
    }
  }

  close(): Eventually<void> {
    const state = this.#state;
    const isOver = this.#rejectAll();
    this.#state = { name: 'closed' };
    this.#host.sockets.delete(this);
    switch (state.name) {
      case 'bound':
        this.#host.ports.release(state.binding);
        break;
      case 'welcome':
        state.listener.close();
        this.#host.ports.release(state.binding);
        break;
      case 'connecting':
        state.connection.forget();
        this.#host.ports.release(state.binding);
        break;
      case 'connected':
        return this.#closeConnection(state.connection, state.binding, isOver);
      case 'new':
      case 'closed':
      case 'crashed':
        break;
    }
    isOver();
  }

  getsockname(): Address {
    const state = this.#state;
    if (state.name === 'connected' || state.name === 'connecting') return state.connection.tcb.local;
    if (state.name !== 'bound' && state.name !== 'welcome') return UNBOUND;
    const { host, port } = state.binding;
    return { host, port };
  }

  getpeername(): Address {
    const state = this.#state;
    if (state.name === 'connected' && !state.connection.isOver) return state.connection.tcb.peer;
    throw this.#error('ENOTCONN', 'getpeername');
  }

  getsockopt(option: SocketOption): unknown {
    const value = this.#fact(option.name) ?? this.#options.get(option.name);
    if (value !== undefined) return value;
    throw this.#error('ENOPROTOOPT', 'getsockopt', `the engine sim has no ${option.name}`);
  }

  setsockopt(option: SocketOption, value: unknown): void {
    const code = this.#options.set(option, value);
    if (code) throw this.#error(code, 'setsockopt', option.name);
    if (this.#state.name === 'connected') this.#state.connection.optionChanged(option.name);
  }

  /** The host has lost everything: nothing waits any more, and nothing is told. */
  crash(): void {
    this.#state = { name: 'crashed' };
    this.#acceptors.dismissAll(() => undefined);
    this.#connectors.dismissAll(() => undefined);
    this.#transfer.crash();
  }

  get #isConnected(): boolean {
    return this.#state.name === 'connected' || this.#state.name === 'connecting';
  }

  #isOwn(host: string): boolean {
    return host.startsWith('127.') || this.#host.environment.isLocal(host);
  }

  /** The handshake is over, well or not. */
  #onConnected(): void {
    const state = this.#state;
    if (state.name !== 'connecting') return;
    const { connection, before, binding } = state;
    if (connection.isOver) {
      const code = connection.tcb.takeError() ?? 'ECONNRESET';
      const error = this.#error(code, 'connect', undefined, connection.tcb.peer);
      this.#backTo(before, binding);
      this.#connectors.reject(error);
      return;
    }
    this.#state = { name: 'connected', binding, connection };
    this.#transfer.begin(connection);
    this.#connectors.resolve();
  }

  /** Nobody waits for the connection any more: the attempt is taken back, and the socket can try another. */
  #giveUpConnecting(): void {
    const state = this.#state;
    if (state.name !== 'connecting') return;
    this.#backTo(state.before, state.binding);
    state.connection.forget();
  }

  #backTo(before: State, binding: Binding): void {
    this.#state = before;
    if (before.name === 'new') this.#host.ports.release(binding);
    this.#transfer.fail(() => this.#error('ENOTCONN', 'recv'));
  }

  #accepted(connection: Connection): Accepted<EngineStreamSocket> {
    return { socket: new SimStreamSocket(this.#host, connection), address: connection.tcb.peer };
  }

  #serveAcceptors(): void {
    if (this.#state.name !== 'welcome') return;
    while (this.#acceptors.size > 0) {
      const connection = this.#state.listener.accept();
      if (!connection) return;
      this.#acceptors.resolve(this.#accepted(connection));
    }
  }

  /** Linux: SHUT_RD makes a welcome socket a bound one again, SHUT_WR does nothing to it. */
  #stopWelcoming(how: ShutdownHow): void {
    if (this.#state.name !== 'welcome' || how === SHUT_WR) return;
    const { binding, listener } = this.#state;
    listener.close();
    binding.isListening = false;
    this.#state = { name: 'bound', binding };
    this.#acceptors.rejectAll(() => this.#error('EINVAL', 'accept', 'the socket does not listen'));
  }

  /** Takes every waiting call out; the result fails them. */
  #rejectAll(): () => void {
    const closed = (syscall: string) => this.#error('ECANCELED', syscall, 'the socket was closed');
    const before = this.#state;
    // so that the last connector to leave does not take the attempt back first
    this.#state = { name: 'closed' };
    const rejections = [
      this.#connectors.dismissAll(() => closed('connect')),
      this.#acceptors.dismissAll(() => closed('accept')),
      this.#transfer.dismissAll(closed),
    ];
    this.#state = before;
    return () => {
      for (const reject of rejections) reject();
    };
  }

  #closeConnection(
    connection: Connection,
    binding: Binding | undefined,
    isOver: () => void,
  ): Eventually<void> {
    const { onoff, linger } = this.#options.linger;
    if (onoff && linger === 0) connection.reset();
    else connection.close();
    if (binding) this.#host.ports.release(binding);
    if (!onoff || linger === 0 || connection.isDrained) {
      connection.tcb.user = undefined;
      isOver();
      return;
    }
    return new Promise<void>((resolve) => {
      connection.whenDrained(linger, () => {
        isOver();
        resolve();
      });
    });
  }

  #fact(name: string): unknown {
    const state = this.#state;
    switch (name) {
      case 'SO_TYPE':
        return SOCK_STREAM;
      case 'SO_DOMAIN':
        return AF_INET;
      case 'SO_PROTOCOL':
        return IPPROTO_TCP;
      case 'SO_ACCEPTCONN':
        return state.name === 'welcome';
      case 'SO_ERROR':
        return this.#takeErrorNumber();
      case 'TCP_INFO':
        return this.#info();
      case 'TCP_MAXSEG':
        return state.name === 'connected' ? state.connection.tcb.mss : undefined;
      default:
        return undefined;
    }
  }

  #info(): TcpInfo {
    const state = this.#state;
    if (state.name === 'connected' || state.name === 'connecting') return tcpInfo(state.connection.tcb);
    return state.name === 'welcome' ? listenerInfo(state.listener) : NO_INFO;
  }

  #takeErrorNumber(): number {
    const code = this.#state.name === 'connected' ? this.#state.connection.tcb.takeError() : undefined;
    return code ? errorNumber(code) : 0;
  }

  #error(code: ErrorCode, syscall: string, text?: string, address?: Address): SocketError {
    const isBinding = syscall === 'bind' || syscall === 'listen';
    const state = this.#state;
    const peer =
      state.name === 'connected' || state.name === 'connecting' ? state.connection.tcb.peer : undefined;
    const local = isBinding && address ? address : this.getsockname();
    const remote = isBinding ? undefined : (address ?? peer);
    return socketError(code, syscall, { transport: 'tcp', local, remote }, text);
  }
}

/** A call of a program whose host has crashed. */
function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function received(data: Uint8Array): StreamReceived {
  return { data, flags: 0, length: data.length };
}
