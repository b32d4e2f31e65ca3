/**
 * The transmission control block: everything that one connection knows, and nothing that it does. The phases, each a
 * file of functions, work on it. RFC 9293 section 3.3.1, whose names the variables have.
 */
import type { ErrorCode } from '../../../posix/errno.ts';
import { AckSchedule } from './ack-schedule.ts';
import { ByteQueue } from './byte-queue.ts';
import { Congestion } from './congestion.ts';
import type { TcpEnvironment } from './environment.ts';
import { Labeller } from './labels.ts';
import type { TcpOptions } from './options.ts';
import type { TcpProfile } from './profile.ts';
import { Reassembly } from './reassembly.ts';
import { ReceiveWindow } from './receive-window.ts';
import { RoundTrip } from './round-trip.ts';
import { SendQueue } from './send-queue.ts';
import { distance } from './sequence.ts';
import type { TcpState } from './state.ts';
import type { TimerName } from './timers.ts';
import { Timers } from './timers.ts';

/** The bytes of an IPv4 header and a TCP header without options. */
const HEADER_BYTES = 40;
/** What a peer is taken to accept that names no size: RFC 9293 section 3.7.1. */
const MSS_DEFAULT = 536;

/** One end of a connection. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Whoever reads and writes the connection: a socket. */
export interface ConnectionUser {
  /** The handshake is over, well or not. */
  onConnected(): void;
  /** There are bytes to read, or the end, or an error. */
  onReadable(): void;
  /** There is room to send, or an error. */
  onWritable(): void;
  /** Everything that was sent has arrived, the end too, or the connection is over. */
  onDrained(): void;
}

/** What a connection begins with. */
export interface ConnectionSetup {
  readonly number: number;
  readonly environment: TcpEnvironment;
  readonly profile: TcpProfile;
  readonly options: TcpOptions;
  readonly local: Endpoint;
  readonly peer: Endpoint;
  /** Told once, when nothing is left of the connection. */
  readonly onGone: () => void;
}

/** The state of one connection. */
export class ControlBlock {
  readonly number: number;
  readonly environment: TcpEnvironment;
  readonly profile: TcpProfile;
  readonly options: TcpOptions;
  readonly local: Endpoint;
  readonly peer: Endpoint;
  readonly timers: Timers;
  readonly labeller: Labeller = new Labeller();

  #state: TcpState;
  readonly #onGone: () => void;
  user: ConnectionUser | undefined;
  /** The program has closed its socket: nobody will read. */
  isOrphan = false;
  /** SHUT_RD. */
  isReadShut = false;
  /** What the next call is to be told, once. */
  error: ErrorCode | undefined;
  /** An ICMP message came: the reason to give should the connection time out. */
  softError: ErrorCode | undefined;

  iss = 0;
  sndUna = 0;
  sndNxt = 0;
  sndWnd = 0;
  sndWl1 = 0;
  sndWl2 = 0;
  /** The largest window that the peer has offered. */
  sndWndMax = 0;
  /** The end of the last small segment: Minshall's rule. */
  sndSml = 0;
  /** The largest segment to send. */
  mss: number = MSS_DEFAULT;
  /** The program has ended its direction, and whether the FIN has gone out. */
  finAsked = false;
  finSent = false;
  readonly sending: SendQueue = new SendQueue();
  readonly roundTrip: RoundTrip;
  congestion: Congestion;
  /** When what is unacknowledged was first sent without an answer; `undefined` while all goes well. */
  unansweredSince: number | undefined;
  synRepeats = 0;
  totalRepeats = 0;
  probesOut = 0;
  /** The byte in flight only asks whether the window is open: the timer `persist` repeats it. */
  isProbing = false;

  irs = 0;
  rcvNxt = 0;
  /** `rcvNxt` and the window as the last segment told them. */
  rcvWup = 0;
  rcvWnd = 0;
  readonly received: ByteQueue = new ByteQueue();
  readonly reassembly: Reassembly = new Reassembly();
  readonly window: ReceiveWindow;
  readonly acks: AckSchedule;
  /** Where the peer's FIN stands, when one has come ahead of a gap. */
  finSeq: number | undefined;
  finReceived = false;
  lastArrivalAt = 0;
  lastChallengeAt: number | undefined;
  /** The last segment was a keep-alive or a probe. */
  wasProbed = false;
  #sample = '';
  #sendCapacity = 0;

  constructor(setup: ConnectionSetup, state: TcpState, onTimer: (name: TimerName) => void) {
    const { environment, profile, options, number } = setup;
    this.number = number;
    this.environment = environment;
    this.profile = profile;
    this.options = options;
    this.local = setup.local;
    this.peer = setup.peer;
    this.#state = state;
    this.#onGone = setup.onGone;
    this.timers = new Timers(environment, number, onTimer);
    this.roundTrip = new RoundTrip(profile);
    this.window = new ReceiveWindow(profile, options.receiveBufferBytes, this.mssOffered);
    this.acks = new AckSchedule(profile);
    this.congestion = new Congestion(profile, this.mss, 0, false);
    this.rcvWnd = this.window.first;
  }

  get state(): TcpState {
    return this.#state;
  }

  /** Goes to another state and says so. CLOSED is the last. */
  become(state: TcpState): void {
    const from = this.#state;
    if (from === state) return;
    this.#state = state;
    this.environment.note({ kind: 'state', socket: this.number, from, to: state });
    if (state !== 'CLOSED') return;
    this.timers.clearAll();
    this.#onGone();
  }

  /** The largest segment that this side asks for: what the way takes, or less if the program says so. */
  get mssOffered(): number {
    return offeredMss(this.environment, this.peer.host, this.options);
  }

  /** The initial sequence number. */
  beginSending(iss: number): void {
    this.iss = iss;
    this.sndUna = iss;
    this.sndNxt = iss;
    this.sndSml = iss;
  }

  /** The peer's initial sequence number, and the largest segment that it asks for. */
  beginReceiving(irs: number, next: number, mss: number | undefined): void {
    this.irs = irs;
    this.rcvNxt = next;
    this.rcvWup = next;
    this.mss = Math.min(mss ?? MSS_DEFAULT, this.mssOffered);
  }

  /** What the peer may still send of the window that it was told. */
  get windowLeft(): number {
    return Math.max(0, this.rcvWnd - distance(this.rcvWup, this.rcvNxt));
  }

  /** The window to tell now. */
  get windowNow(): number {
    if (this.state === 'SYN_SENT') return this.window.first;
    const held = this.received.length + this.reassembly.length;
    return this.window.select(held, this.rcvWnd, this.windowLeft);
  }

  /** Takes the window of a segment. */
  takeWindow(seq: number, ack: number, window: number): void {
    this.sndWnd = window;
    this.sndWl1 = seq;
    this.sndWl2 = ack;
    this.sndWndMax = Math.max(this.sndWndMax, window);
  }

  /** The largest segment to send now: never more than half of what the peer ever takes. */
  get mssNow(): number {
    const half = this.sndWndMax > MSS_DEFAULT ? this.sndWndMax >> 1 : this.sndWndMax;
    return half > 0 ? Math.min(this.mss, Math.max(half, 1)) : this.mss;
  }

  /** How many bytes the program may have queued: what SO_SNDBUF says, else what grows with the congestion window. */
  get sendCapacity(): number {
    const { options, profile } = this;
    if (options.isSet('SO_SNDBUF') || !profile.adaptiveSendBuffer)
      return Math.floor(options.sendBufferBytes * profile.windowShare);
    const window = Math.max(this.congestion.window, profile.initialWindowSegments * this.mss);
    this.#sendCapacity = Math.max(this.#sendCapacity, 2 * window);
    return this.#sendCapacity;
  }

  /** How much more the program may queue. */
  get sendRoom(): number {
    return Math.max(0, this.sendCapacity - this.sending.bytes);
  }

  /** Takes the error that is to be told, once. */
  takeError(): ErrorCode | undefined {
    const { error } = this;
    this.error = undefined;
    return error;
  }

  /** Writes the windows to the trace when one of them has changed. */
  noteWindows(): void {
    const { window: congestion, threshold } = this.congestion;
    const sample = `${congestion} ${threshold} ${this.sndWnd}`;
    if (sample === this.#sample) return;
    this.#sample = sample;
    this.environment.note({ kind: 'window', socket: this.number, congestion, threshold, peer: this.sndWnd });
  }
}

/** The largest segment that a side with these options asks for on the way to `host`. */
export function offeredMss(environment: TcpEnvironment, host: string, options: TcpOptions): number {
  return Math.min(environment.mtuTo(host) - HEADER_BYTES, options.maxSegment ?? Number.POSITIVE_INFINITY);
}
