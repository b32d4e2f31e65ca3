/** What the datagram sockets of one thread share: where they receive, and which calls this system lets us use. */
import type { Reactor } from './reactor.ts';
import { ReceiveMessages } from './receive-messages.ts';

/** One a thread. */
export class DatagramShare {
  /** Whether this system lets us use recvmmsg: a filter of system calls may not. */
  receivesMany = true;
  /** The same of sendmmsg. */
  sendsMany = true;
  readonly #reactor: Reactor;
  #inbox: ReceiveMessages | undefined;

  constructor(reactor: Reactor) {
    this.#reactor = reactor;
  }

  /** Made when a socket first receives: 4 MiB, which a program that never does should not have. */
  get inbox(): ReceiveMessages {
    this.#inbox ??= new ReceiveMessages(this.#reactor.libc, this.#reactor.codec);
    return this.#inbox;
  }
}
