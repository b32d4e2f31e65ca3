/** A datagram socket in the hands of a program: each call goes through its process. */
import type { Address } from '../../posix/address.ts';
import { addressText } from '../../posix/address.ts';
import type { ShutdownHow } from '../../posix/constants.ts';
import type { SocketOption } from '../../posix/options.ts';
import type { Cancellation, EngineDatagramSocket, Eventually, Outgoing, Received } from '../engine.ts';
import type { Process } from './process.ts';
import { bytes, nothing } from './returns.ts';
import type { SimDatagramSocket } from './udp.ts';

/** A program's datagram socket. */
export class ProcessDatagramSocket implements EngineDatagramSocket {
  readonly #process: Process;
  readonly #socket: SimDatagramSocket;

  constructor(process: Process, socket: SimDatagramSocket) {
    this.#process = process;
    this.#socket = socket;
  }

  get received(): number {
    return this.#socket.received;
  }

  bind(address: Address): Eventually<void> {
    return this.#call('bind', addressText(address), () => this.#socket.bind(address), nothing);
  }

  connect(address: Address | undefined): Eventually<void> {
    const text = address ? addressText(address) : '';
    return this.#call('connect', text, () => this.#socket.connect(address), nothing);
  }

  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received> {
    return this.#call(
      'recvfrom',
      peek ? 'peek' : '',
      () => this.#socket.receive(peek, cancellation),
      ({ length, address }) => `${bytes(length)} from ${addressText(address)}`,
    );
  }

  send(message: Outgoing): Eventually<number> {
    const { address } = message;
    const text = address ? `to ${addressText(address)}` : '';
    return this.#call(address ? 'sendto' : 'send', text, () => this.#socket.send(message), bytes);
  }

  sendMany(messages: readonly Outgoing[]): Eventually<number> {
    const text = `${messages.length} datagrams`;
    return this.#call(
      'sendmmsg',
      text,
      () => this.#socket.sendMany(messages),
      (sent) => `${sent} sent`,
    );
  }

  shutdown(how: ShutdownHow): void {
    this.#socket.shutdown(how);
  }

  close(): Eventually<void> {
    return this.#call('close', '', () => this.#socket.close(), nothing);
  }

  getsockname(): Address {
    return this.#socket.getsockname();
  }

  getpeername(): Address {
    return this.#socket.getpeername();
  }

  getsockopt(option: SocketOption): unknown {
    return this.#socket.getsockopt(option);
  }

  setsockopt(option: SocketOption, value: unknown): void {
    this.#socket.setsockopt(option, value);
  }

  #call<T>(syscall: string, text: string, operation: () => Eventually<T>, show: (result: T) => string) {
    const label = () => `on udp ${addressText(this.#socket.local)}`;
    const socket = { number: this.#socket.number, protocol: 'udp', label } as const;
    return this.#process.call(syscall, socket, text, operation, show);
  }
}
