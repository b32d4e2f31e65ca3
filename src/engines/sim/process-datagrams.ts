/** A datagram socket in the hands of a program: each call goes through its process. */
import type { Address } from '../../posix/address.ts';
import { addressText } from '../../posix/address.ts';
import type { Cancellation, EngineDatagramSocket, Eventually, Outgoing, Received } from '../engine.ts';
import type { Process } from './process.ts';
import { ProcessSocket } from './process-socket.ts';
import { bytes, nothing } from './returns.ts';
import type { SimDatagramSocket } from './udp.ts';

/** A program's datagram socket. */
export class ProcessDatagramSocket extends ProcessSocket<SimDatagramSocket> implements EngineDatagramSocket {
  constructor(process: Process, socket: SimDatagramSocket) {
    const label = () => `on udp ${addressText(socket.local)}`;
    super(process, socket, { number: socket.number, protocol: 'udp', label });
  }

  get received(): number {
    return this.socket.received;
  }

  bind(address: Address): Eventually<void> {
    return this.call('bind', addressText(address), () => this.socket.bind(address), nothing);
  }

  connect(address: Address | undefined): Eventually<void> {
    const text = address ? addressText(address) : '';
    return this.call('connect', text, () => this.socket.connect(address), nothing);
  }

  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received> {
    return this.call(
      'recvfrom',
      peek ? 'peek' : '',
      () => this.socket.receive(peek, cancellation),
      ({ length, address }) => `${bytes(length)} from ${addressText(address)}`,
    );
  }

  send(message: Outgoing): Eventually<number> {
    const { address } = message;
    const text = address ? `to ${addressText(address)}` : '';
    return this.call(address ? 'sendto' : 'send', text, () => this.socket.send(message), bytes);
  }

  sendMany(messages: readonly Outgoing[]): Eventually<number> {
    const text = `${messages.length} datagrams`;
    return this.call(
      'sendmmsg',
      text,
      () => this.socket.sendMany(messages),
      (sent) => `${sent} sent`,
    );
  }
}
