/** What a program, or the network, asks of one connection: the calls of RFC 9293 section 3.9.1 on a control block. */
import type { ErrorCode } from '../../../posix/errno.ts';
import { arrive } from './arrival.ts';
import type { ConnectionSetup } from './control-block.ts';
import { ControlBlock } from './control-block.ts';
import { acknowledgeRead } from './deliver.ts';
import { emitReset } from './emit.ts';
import { abort, fail } from './ending.ts';
import { openActively } from './handshake.ts';
import { output } from './output.ts';
import { onTimer, watchIdle } from './retransmit.ts';
import type { Segment } from './segment.ts';
import { distance } from './sequence.ts';
import type { TcpState } from './state.ts';
import { givesData, isSynchronized } from './state.ts';

/** The states in which dropping everything is told to the peer: tcp_need_reset. */
const NEEDS_RESET: ReadonlySet<TcpState> = new Set<TcpState>([
  'ESTABLISHED',
  'CLOSE_WAIT',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'SYN_RECEIVED',
]);

/** One connection. */
export class Connection {
  readonly tcb: ControlBlock;

  /** @param state - where it begins: CLOSED for one that is to be opened, SYN_RECEIVED for one that was. */
  constructor(setup: ConnectionSetup, state: TcpState) {
    this.tcb = new ControlBlock(setup, state, (name) => onTimer(this.tcb, name));
  }

  get number(): number {
    return this.tcb.number;
  }

  get state(): TcpState {
    return this.tcb.state;
  }

  /** Whether the connection is there to be read from and written to; what rests in TIME_WAIT is not. */
  get isOver(): boolean {
    return this.tcb.state === 'CLOSED' || this.tcb.state === 'TIME_WAIT';
  }

  /** Sends the SYN. */
  open(): void {
    openActively(this.tcb);
  }

  arrive(segment: Segment): void {
    arrive(this.tcb, segment);
  }

  /** An ICMP message says that a segment did not arrive: it ends an attempt, and is remembered otherwise. RFC 5461. */
  unreachable(seq: number, code: ErrorCode): void {
    const { tcb } = this;
    if (distance(tcb.sndUna, seq) < 0 || distance(seq, tcb.sndNxt) < 0) return;
    if (isSynchronized(tcb.state)) tcb.softError = code;
    else fail(tcb, code);
  }

  /** Bytes to read; fewer than `size`, and none when none are there. With `peek` they stay. */
  read(size: number, peek: boolean): Uint8Array {
    const { received } = this.tcb;
    if (peek) return received.look(size).slice();
    const bytes = received.take(size).slice();
    if (bytes.length > 0) acknowledgeRead(this.tcb);
    return bytes;
  }

  /** Whether there will be nothing more to read. */
  get isAtEnd(): boolean {
    return this.tcb.finReceived || this.tcb.isReadShut || this.isOver;
  }

  /** Whether it still takes bytes to send. */
  get isWritable(): boolean {
    return givesData(this.tcb.state) && !this.tcb.finAsked;
  }

  /** Queues bytes, which become the connection's, and sends what may go. */
  write(bytes: Uint8Array): void {
    this.tcb.sending.unsent.push(bytes);
    output(this.tcb);
  }

  /** Ends this side's direction once everything is sent. */
  end(): void {
    const { tcb } = this;
    if (tcb.finAsked || tcb.state === 'SYN_SENT') return;
    if (!givesData(tcb.state) && tcb.state !== 'SYN_RECEIVED') return;
    tcb.finAsked = true;
    tcb.become(tcb.state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT_1');
    output(tcb);
  }

  /** Reads no more: what has come can be read, and then it is the end. */
  endReading(): void {
    this.tcb.isReadShut = true;
  }

  /**
   * The program is done with it: what is queued goes out, and the end. With unread bytes the peer is reset instead, as
   * RFC 9293 section 3.6.1 has it.
   */
  close(): void {
    const { tcb } = this;
    tcb.isOrphan = true;
    tcb.timers.clear('keep-alive');
    if (tcb.received.length > 0) {
      this.reset();
      return;
    }
    this.end();
    if (tcb.state === 'FIN_WAIT_2') tcb.timers.set('fin-wait-2', Math.max(0, tcb.options.finWait2Us));
    if (tcb.state === 'SYN_SENT') fail(tcb, undefined);
  }

  /** Drops everything and resets the peer: SO_LINGER of 0 seconds. */
  reset(): void {
    const { tcb } = this;
    tcb.user = undefined;
    tcb.isOrphan = true;
    if (NEEDS_RESET.has(tcb.state)) abort(tcb, undefined);
    else if (tcb.state !== 'TIME_WAIT') fail(tcb, undefined);
  }

  /** Takes an attempt back, without a word to the peer. */
  forget(): void {
    this.tcb.user = undefined;
    fail(this.tcb, undefined);
  }

  /** Whether the peer has acknowledged everything, the end too. */
  get isDrained(): boolean {
    const { tcb } = this;
    return this.isOver || (tcb.finSent && tcb.sndUna === tcb.sndNxt);
  }

  /** Calls back once everything has arrived, or after so many seconds: SO_LINGER. */
  whenDrained(seconds: number, callback: () => void): void {
    const { tcb } = this;
    const nothing = () => undefined;
    const onDrained = () => {
      tcb.user = undefined;
      tcb.timers.clear('linger');
      callback();
    };
    tcb.user = { onConnected: nothing, onReadable: nothing, onWritable: nothing, onDrained };
    tcb.timers.set('linger', seconds * 1_000_000);
  }

  /** Tells the connection that an option has another value. */
  optionChanged(name: string): void {
    const { tcb } = this;
    if (name === 'SO_RCVBUF') tcb.window.resize(tcb.options.receiveBufferBytes);
    if (name === 'SO_KEEPALIVE' || name === 'TCP_KEEPIDLE') {
      if (isSynchronized(tcb.state) && !this.isOver) watchIdle(tcb);
    }
    if (name === 'TCP_NODELAY') output(tcb);
  }

  /** Stops everything where it is: the host is gone. */
  crash(): void {
    this.tcb.timers.clearAll();
    this.tcb.user = undefined;
  }

  /** Resets a connection that nobody accepted. */
  refuse(): void {
    if (NEEDS_RESET.has(this.tcb.state)) emitReset(this.tcb);
    this.forget();
  }
}
