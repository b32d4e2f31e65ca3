/**
 * Datagram sockets: UDP, and Unix datagrams. Receiving takes up to 64 datagrams a call and hands them out one by one;
 * `datagram-sender.ts` is the other half.
 */
import type { Address } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import { MSG_TRUNC, SOCK_DGRAM } from '../../posix/constants.ts';
import { errorNumber } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';
import { UDP_GRO } from '../../posix/options.ts';
import type { Cancellation, EngineDatagramSocket, Eventually, Received } from '../engine.ts';
import { BatchSize } from './batch-size.ts';
import { SendingDatagramSocket } from './datagram-sender.ts';
import type { DatagramShare } from './datagram-share.ts';
import { EPOLLIN } from './epoll.ts';
import { EAGAIN, EINTR, LinuxSocket } from './linux-socket.ts';
import { BATCH_MAX } from './messages.ts';
import type { Reactor } from './reactor.ts';

const ENOSYS = errorNumber('ENOSYS');
const EPERM = errorNumber('EPERM');

/** A datagram socket of the kernel. */
export class LinuxDatagramSocket extends SendingDatagramSocket implements EngineDatagramSocket {
  readonly #readers = this.waitQueue<boolean, Received>();
  #batch: Received[] = [];
  #taken = 0;
  #filledIn = -1;
  /** Of a descriptor that other threads may read too. */
  #batchSize: BatchSize | undefined;
  /** Whether the kernel may hand over several datagrams as one: UDP_GRO was set once. */
  #mayReceiveTrains = false;

  static create(reactor: Reactor, share: DatagramShare, family: Family): LinuxDatagramSocket {
    return new LinuxDatagramSocket(reactor, share, family, LinuxSocket.open(reactor, family, SOCK_DGRAM));
  }

  /** Makes a socket of a descriptor that is fit for it. */
  static adopt(
    reactor: Reactor,
    share: DatagramShare,
    family: Family,
    fd: number,
    close: (() => void) | undefined,
  ): LinuxDatagramSocket {
    const socket = new LinuxDatagramSocket(reactor, share, family, fd, close);
    if (close) socket.#batchSize = new BatchSize();
    return socket;
  }

  get received(): number {
    return this.#batch.length - this.#taken;
  }

  connect(address: Address | undefined): void {
    this.throwPending();
    this.flush();
    if (address) {
      this.withAddress('connect', address, (pointer, length) =>
        this.reactor.libc.connect(this.fd, pointer, length),
      );
    } else if (this.disconnect() < 0) {
      throw this.failure('connect');
    }
  }

  override setsockopt(option: SocketOption, value: unknown): void {
    super.setsockopt(option, value);
    if (option === UDP_GRO) this.#mayReceiveTrains ||= value === true;
  }

  receive(peek: boolean, cancellation?: Cancellation): Eventually<Received> {
    this.throwPending();
    if (this.received === 0) this.#batchSize?.used();
    if (this.#readers.size === 0 && (this.received > 0 || this.#fill())) return this.#take(peek);
    return this.wait(this.#readers, peek, cancellation, EPOLLIN);
  }

  close(): Eventually<void> {
    this.#readers.rejectAll(() => this.closedError('recvfrom'));
    return this.closeSending();
  }

  protected pumpReaders(): void {
    while (this.#readers.size > 0) {
      try {
        if (this.received === 0 && !this.#fill()) return;
      } catch (error) {
        this.#readers.reject(error);
        continue;
      }
      this.#readers.resolve(this.#take(this.#readers.first === true));
    }
  }

  /** Gives out the next received datagram; a peeked one stays, so its bytes are copied. */
  #take(peek: boolean): Received {
    const message = this.#batch[this.#taken] as Received;
    if (peek) return { ...message, data: message.data.slice() };
    this.#taken += 1;
    return message;
  }

  /**
   * Receives a batch, at most one a turn; false when there is nothing, or this turn has had its batch. What this turn
   * has queued to send goes out first: the batch that it answers is used up.
   */
  #fill(): boolean {
    if (!this.readable) return false;
    if (this.#filledIn === this.reactor.turn) {
      this.reactor.defer(this);
      return false;
    }
    this.flush();
    this.#filledIn = this.reactor.turn;
    const room = this.#batchSize?.size ?? BATCH_MAX;
    const count = this.#receiveBatch(room);
    const { inbox, receivesMany } = this.share;
    if (count > 0) {
      this.notEmpty();
      this.#batchSize?.filled(count);
    }
    if (count < room && receivesMany) this.readable = false;
    this.#batch = [];
    this.#taken = 0;
    for (let slot = 0; slot < count; slot += 1) {
      if (this.#mayReceiveTrains && inbox.segmentOf(slot) > 0) inbox.cutTrain(slot, this.#batch);
      else this.#batch.push(inbox.messageOf(slot));
    }
    return count > 0;
  }

  #receiveBatch(room: number): number {
    const share = this.share;
    const { libc } = this.reactor;
    share.inbox.reset(this.#mayReceiveTrains);
    for (;;) {
      const messages = share.inbox.header(0, room);
      const count = share.receivesMany
        ? libc.recvmmsg(this.fd, messages, room, MSG_TRUNC, 0)
        : this.#receiveOne();
      if (count >= 0) return count;
      const errno = libc.errno();
      if (errno === EINTR) continue;
      if (errno === EAGAIN) {
        this.isEmpty();
        return 0;
      }
      if (!share.receivesMany || (errno !== ENOSYS && errno !== EPERM))
        throw this.failure('recvfrom', undefined, errno);
      share.receivesMany = false;
    }
  }

  #receiveOne(): number {
    const { inbox } = this.share;
    const length = this.reactor.libc.recvmsg(this.fd, inbox.header(0, 1), MSG_TRUNC);
    if (length < 0) return -1;
    inbox.setLength(0, length);
    return 1;
  }
}
