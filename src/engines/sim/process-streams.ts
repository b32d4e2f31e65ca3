/** A stream socket in the hands of a program: each call goes through its process, and so do the connections it accepts. */
import type { Address } from '../../posix/address.ts';
import { addressText } from '../../posix/address.ts';
import type { Accepted, Cancellation, EngineStreamSocket, Eventually, StreamReceived } from '../engine.ts';
import type { Process } from './process.ts';
import { ProcessSocket } from './process-socket.ts';
import { bytes, nothing } from './returns.ts';

/** A program's stream socket. */
export class ProcessStreamSocket extends ProcessSocket<EngineStreamSocket> implements EngineStreamSocket {
  constructor(process: Process, socket: EngineStreamSocket, number: number) {
    const label = () => `on tcp ${addressText(socket.getsockname())}`;
    super(process, socket, { number, protocol: 'tcp', label });
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  bind(address: Address): Eventually<void> {
    return this.call('bind', addressText(address), () => this.socket.bind(address), nothing);
  }

  connect(address: Address | undefined, cancellation?: Cancellation): Eventually<void> {
    const text = address ? addressText(address) : '';
    return this.call('connect', text, () => this.socket.connect(address, cancellation), nothing);
  }

  listen(backlog: number): Eventually<void> {
    return this.call('listen', `${backlog}`, () => this.socket.listen(backlog), nothing);
  }

  accept(cancellation?: Cancellation): Eventually<Accepted<EngineStreamSocket>> {
    return this.call(
      'accept',
      '',
      () => {
        const accepted = this.socket.accept(cancellation);
        return accepted instanceof Promise ? accepted.then((one) => this.#adopt(one)) : this.#adopt(accepted);
      },
      ({ address }) => `from ${addressText(address)}`,
    );
  }

  recv(size: number, flags: number, cancellation?: Cancellation): Eventually<Uint8Array> {
    return this.call(
      'recv',
      '',
      () => this.socket.recv(size, flags, cancellation),
      ({ length }) => bytes(length),
    );
  }

  recvmsg(size: number, flags: number, cancellation?: Cancellation): Eventually<StreamReceived> {
    return this.call(
      'recvmsg',
      '',
      () => this.socket.recvmsg(size, flags, cancellation),
      ({ length }) => bytes(length),
    );
  }

  send(
    data: Uint8Array | readonly Uint8Array[],
    flags: number,
    all: boolean,
    cancellation?: Cancellation,
  ): Eventually<number> {
    return this.call('send', '', () => this.socket.send(data, flags, all, cancellation), bytes);
  }

  #adopt({ socket, address }: Accepted<EngineStreamSocket>): Accepted<EngineStreamSocket> {
    return { socket: new ProcessStreamSocket(this.process, socket, numberOf(socket)), address };
  }
}

/** The number of a socket on its host, which TCP gives it. */
export function numberOf(socket: EngineStreamSocket): number {
  const { number } = socket as { readonly number?: unknown };
  return typeof number === 'number' ? number : 0;
}
