/**
 * A request for a connection in the SYN queue: SYN_RECEIVED, with nothing but what its SYN said. It repeats its SYN-ACK
 * until the handshake is finished or too old. RFC 9293 section 3.10.7.4; tcp_minisocks.c, tcp_check_req.
 */
import type { ErrorCode } from '../../../posix/errno.ts';
import { NO_BYTES } from './byte-queue.ts';
import type { Endpoint } from './control-block.ts';
import { emitRefusal } from './emit.ts';
import type { TcpEnvironment } from './environment.ts';
import type { TcpProfile } from './profile.ts';
import type { Segment } from './segment.ts';
import { ACK, RST, SYN } from './segment.ts';
import { isAfter, isBefore, plus } from './sequence.ts';
import type { TcpState } from './state.ts';
import { Timers } from './timers.ts';

/** What a SYN-ACK says. */
export interface SynAck {
  readonly iss: number;
  readonly window: number;
  readonly mss: number;
}

/** What a request needs of its welcome socket. */
export interface RequestOwner {
  readonly environment: TcpEnvironment;
  readonly profile: TcpProfile;
  /** The handshake is finished; false when there is no room in the accept queue. */
  finish(request: Request, segment: Segment): boolean;
  /** The request is over, one way or another. */
  forget(request: Request): void;
}

/** The SYN-ACK to a SYN. */
export function synAck(syn: Segment, { iss, window, mss }: SynAck): Segment {
  return {
    source: syn.destination,
    sourcePort: syn.destinationPort,
    destination: syn.source,
    destinationPort: syn.sourcePort,
    seq: iss,
    ack: plus(syn.seq, 1),
    flags: SYN | ACK,
    window,
    mss,
    data: NO_BYTES,
  };
}

/** One request. */
export class Request {
  readonly number: number;
  readonly state: TcpState = 'SYN_RECEIVED';
  readonly syn: Segment;
  readonly answer: SynAck;
  readonly #owner: RequestOwner;
  readonly #timers: Timers;
  readonly #sentAt: number;
  #repeats = 0;
  #lastRepeatAt: number | undefined;

  constructor(owner: RequestOwner, number: number, syn: Segment, answer: SynAck) {
    this.number = number;
    this.syn = syn;
    this.answer = answer;
    this.#owner = owner;
    this.#timers = new Timers(owner.environment, number, () => this.#onTimeout());
    this.#sentAt = owner.environment.now();
    this.#note('LISTEN', 'SYN_RECEIVED');
    this.#send();
    this.#arm();
  }

  get local(): Endpoint {
    return { host: this.syn.destination, port: this.syn.destinationPort };
  }

  get peer(): Endpoint {
    return { host: this.syn.source, port: this.syn.sourcePort };
  }

  /** How often the SYN-ACK was repeated. */
  get repeats(): number {
    return this.#repeats;
  }

  /** When the SYN-ACK was sent, if only once: what the round-trip time is taken from. */
  get sentAt(): number | undefined {
    return this.#repeats === 0 ? this.#sentAt : undefined;
  }

  /** Takes a segment with the request's four-tuple. */
  arrive(segment: Segment): void {
    const { flags, seq } = segment;
    if (flags & SYN && !(flags & (ACK | RST)) && seq === this.syn.seq) this.#answerAgain();
    else if (!this.#isInWindow(segment)) this.#drop('out of the window', segment);
    else if (flags & (RST | SYN)) this.#end(segment);
    else if (flags & ACK) this.#acknowledge(segment);
    else this.#drop('no acknowledgement', segment);
  }

  unreachable(seq: number, _code: ErrorCode): void {
    if (seq === this.answer.iss) this.close();
  }

  /** Takes the request back without a word. */
  close(): void {
    this.stop();
    this.#note('SYN_RECEIVED', 'CLOSED');
  }

  /** The request has become a connection. */
  stop(): void {
    this.#timers.clearAll();
    this.#owner.forget(this);
  }

  crash(): void {
    this.#timers.clearAll();
  }

  #isInWindow({ seq }: Segment): boolean {
    const next = plus(this.syn.seq, 1);
    return !isBefore(seq, this.syn.seq) && !isAfter(seq, plus(next, this.answer.window));
  }

  #acknowledge(segment: Segment): void {
    if (segment.ack !== plus(this.answer.iss, 1)) {
      emitRefusal(this.#owner.environment, segment);
      return;
    }
    if (this.#owner.finish(this, segment)) return;
    this.#drop('accept queue full', segment);
    if (!this.#owner.profile.abortOnOverflow) return;
    emitRefusal(this.#owner.environment, segment);
    this.close();
  }

  #end(segment: Segment): void {
    emitRefusal(this.#owner.environment, segment);
    this.close();
  }

  /** The SYN has come again: so the SYN-ACK was lost, or late. */
  #answerAgain(): void {
    const now = this.#owner.environment.now();
    const last = this.#lastRepeatAt;
    if (last !== undefined && now - last < this.#owner.profile.challengeIntervalUs) return;
    this.#lastRepeatAt = now;
    this.#repeat();
    this.#arm();
  }

  #onTimeout(): void {
    const { synAckRetries } = this.#owner.profile;
    if (this.#timeouts >= synAckRetries) {
      this.close();
      return;
    }
    this.#timeouts += 1;
    this.#repeat();
    this.#arm();
  }

  /** How often the timer ran out. */
  #timeouts = 0;

  #arm(): void {
    const { firstTimeoutUs, timeoutUsMax } = this.#owner.profile;
    this.#timers.set('retransmission', Math.min(firstTimeoutUs * 2 ** this.#timeouts, timeoutUsMax));
  }

  #repeat(): void {
    this.#repeats += 1;
    this.#send();
  }

  #send(): void {
    const { environment } = this.#owner;
    const segment = synAck(this.syn, this.answer);
    if (this.#repeats > 0) environment.note({ kind: 'label', segment, label: 'retransmission' });
    environment.transmit(segment);
  }

  #drop(reason: string, segment: Segment): void {
    this.#owner.environment.note({ kind: 'drop', socket: this.number, reason, segment });
  }

  #note(from: TcpState, to: TcpState): void {
    this.#owner.environment.note({ kind: 'state', socket: this.number, from, to });
  }
}
