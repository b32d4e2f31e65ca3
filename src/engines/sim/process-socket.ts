/** A socket of a program, of whatever kind: each call that does something goes through its process. */
import type { Address } from '../../posix/address.ts';
import type { ShutdownHow } from '../../posix/constants.ts';
import type { SocketOption } from '../../posix/options.ts';
import type { EngineSocket, Eventually } from '../engine.ts';
import type { CalledSocket, Process } from './process.ts';
import { nothing } from './returns.ts';

/** The names of SHUT_RD, SHUT_WR and SHUT_RDWR, by their numbers. */
const SHUT_NAMES = ['SHUT_RD', 'SHUT_WR', 'SHUT_RDWR'] as const;

/** What datagram and stream sockets have in common. */
export abstract class ProcessSocket<Socket extends EngineSocket> {
  protected readonly process: Process;
  protected readonly socket: Socket;
  readonly #called: CalledSocket;

  constructor(process: Process, socket: Socket, called: CalledSocket) {
    this.process = process;
    this.socket = socket;
    this.#called = called;
  }

  shutdown(how: ShutdownHow): void {
    this.#callNow('shutdown', SHUT_NAMES[how], () => this.socket.shutdown(how));
  }

  close(): Eventually<void> {
    return this.call('close', '', () => this.socket.close(), nothing);
  }

  getsockname(): Address {
    return this.socket.getsockname();
  }

  getpeername(): Address {
    return this.socket.getpeername();
  }

  getsockopt(option: SocketOption): unknown {
    return this.socket.getsockopt(option);
  }

  setsockopt(option: SocketOption, value: unknown): void {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    this.#callNow('setsockopt', `${option.name} ${text}`, () => this.socket.setsockopt(option, value));
  }

  protected call<T>(
    syscall: string,
    text: string,
    operation: () => Eventually<T>,
    show: (result: T) => string,
  ): Eventually<T> {
    return this.process.call(syscall, this.#called, text, operation, show);
  }

  #callNow(syscall: string, text: string, operation: () => void): void {
    this.process.callNow(syscall, this.#called, text, operation);
  }
}
