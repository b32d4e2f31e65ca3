/** What the datagram sockets of one thread share: where they receive, and which calls this system lets us use. */
import type { Reactor } from './reactor.ts';
import { ReceiveMessages } from './receive-messages.ts';

/** What the datagram sockets of one thread share. */
export class DatagramShare {
  readonly inbox: ReceiveMessages;
  /** Whether this system lets us use recvmmsg: a filter of system calls may not. */
  receivesMany = true;
  /** The same of sendmmsg. */
  sendsMany = true;

  constructor(reactor: Reactor) {
    this.inbox = new ReceiveMessages(reactor.libc, reactor.codec);
  }
}
