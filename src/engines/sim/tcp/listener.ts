/**
 * A welcome socket: its SYN queue, its accept queue, and what happens when they are full. Linux has three answers: a
 * full accept queue drops SYNs; a queue that fills while a handshake is under way drops its last acknowledgement, and
 * the SYN-ACK is repeated; a full SYN queue answers with cookies. tcp_input.c, tcp_conn_request.
 */
import type { Connection } from './connection.ts';
import type { ControlBlock, Endpoint } from './control-block.ts';
import { offeredMss } from './control-block.ts';
import { emitRefusal } from './emit.ts';
import type { TcpEnvironment } from './environment.ts';
import { begin } from './handshake.ts';
import type { TcpHost } from './host.ts';
import type { TcpOptions } from './options.ts';
import type { Binding } from './ports.ts';
import type { TcpProfile } from './profile.ts';
import { ReceiveWindow } from './receive-window.ts';
import type { RequestOwner, SynAck } from './request.ts';
import { Request, synAck } from './request.ts';
import type { Segment } from './segment.ts';
import { ACK, FIN, RST, SYN } from './segment.ts';
import { plus } from './sequence.ts';
import { cookieFor, sizeInCookie } from './syn-cookie.ts';

/** How long a cookie counts after the last one was given: TCP_SYNCOOKIE_VALID. */
const COOKIE_VALID_US = 120_000_000;

/** One welcome socket. */
export class Listener implements RequestOwner {
  readonly number: number;
  readonly local: Endpoint;
  readonly #host: TcpHost;
  readonly #options: TcpOptions;
  readonly #onReady: () => void;
  readonly #requests = new Set<Request>();
  #queue: Connection[] = [];
  #secret: number | undefined;
  #lastCookieAt: number | undefined;
  /** How many finished handshakes may wait; one more does. */
  backlog: number;

  /** @param onReady - called when there is a connection to accept. */
  constructor(
    host: TcpHost,
    number: number,
    { host: address, port }: Binding,
    options: TcpOptions,
    backlog: number,
    onReady: () => void,
  ) {
    this.#host = host;
    this.number = number;
    this.local = { host: address, port };
    this.#options = options;
    this.backlog = backlog;
    this.#onReady = onReady;
    host.demux.listen(this);
    this.environment.note({ kind: 'state', socket: number, from: 'CLOSED', to: 'LISTEN' });
  }

  get environment(): TcpEnvironment {
    return this.#host.environment;
  }

  get profile(): TcpProfile {
    return this.#host.profile;
  }

  /** How many finished handshakes wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes the connection that has waited longest. */
  accept(): Connection | undefined {
    return this.#queue.shift();
  }

  /**
   * Takes a segment that belongs to no connection.
   *
   * @param iss - the initial sequence number to use, where an older connection of the four-tuple asks for one.
   */
  arrive(segment: Segment, iss?: number): void {
    const { flags } = segment;
    if (flags & RST) return;
    if (flags & ACK) this.#takeCookie(segment);
    else if (flags & SYN && !(flags & FIN)) this.#request(segment, iss);
  }

  finish(request: Request, segment: Segment): boolean {
    if (this.#isAcceptQueueFull) return false;
    request.stop();
    const { syn, answer, sentAt, repeats, number } = request;
    this.#establish(number, segment, syn.seq, syn.mss, answer.iss, sentAt, repeats);
    return true;
  }

  forget(request: Request): void {
    this.#requests.delete(request);
    this.#host.demux.remove(request.local, request.peer, request);
  }

  /** Stops listening; connections that nobody has accepted are reset. */
  close(): void {
    this.#host.demux.stopListening(this);
    for (const request of [...this.#requests]) request.close();
    const queue = this.#queue;
    this.#queue = [];
    for (const connection of queue) connection.refuse();
    this.environment.note({ kind: 'state', socket: this.number, from: 'LISTEN', to: 'CLOSED' });
  }

  crash(): void {
    this.#queue = [];
    this.#requests.clear();
  }

  get #isAcceptQueueFull(): boolean {
    return this.#queue.length > this.backlog;
  }

  get #isSynQueueFull(): boolean {
    return this.#requests.size > this.backlog;
  }

  /** A SYN has come. */
  #request(segment: Segment, iss: number | undefined): void {
    if (this.#isSynQueueFull && !this.profile.synCookies) this.#drop('SYN queue full', segment);
    else if (this.#isAcceptQueueFull) this.#drop('accept queue full', segment);
    else if (this.#isSynQueueFull) this.#sendCookie(segment);
    else {
      const number = this.#host.nextNumber();
      const request = new Request(
        this,
        number,
        segment,
        this.#answer(segment, iss ?? this.environment.random()),
      );
      this.#requests.add(request);
      this.#host.demux.add(request.local, request.peer, request);
    }
  }

  #sendCookie(segment: Segment): void {
    this.#secret ??= this.environment.random();
    this.#lastCookieAt = this.environment.now();
    this.environment.transmit(synAck(segment, this.#answer(segment, cookieFor(segment, this.#secret))));
  }

  /** An acknowledgement that belongs to nothing may bring a cookie back; else it is refused. */
  #takeCookie(segment: Segment): void {
    const mss = this.#sizeInCookie(segment);
    if (mss === undefined || segment.flags & SYN) emitRefusal(this.environment, segment);
    else if (this.#isAcceptQueueFull) this.#drop('accept queue full', segment);
    else {
      const irs = plus(segment.seq, -1);
      this.#establish(this.#host.nextNumber(), segment, irs, mss, plus(segment.ack, -1), undefined, 0);
    }
  }

  #sizeInCookie(segment: Segment): number | undefined {
    const last = this.#lastCookieAt;
    if (this.#secret === undefined || last === undefined) return undefined;
    if (this.environment.now() - last > COOKIE_VALID_US) return undefined;
    return sizeInCookie(segment, this.#secret);
  }

  #answer(segment: Segment, iss: number): SynAck {
    const mss = offeredMss(this.environment, segment.source, this.#options);
    const window = new ReceiveWindow(this.profile, this.#options.receiveBufferBytes, mss).first;
    return { iss, window, mss };
  }

  /** Makes the connection, puts it into the accept queue and gives it the segment that finished the handshake. */
  #establish(
    number: number,
    segment: Segment,
    irs: number,
    mss: number | undefined,
    iss: number,
    sentAt: number | undefined,
    repeats: number,
  ): void {
    const connection = this.#child(number, segment);
    const { tcb } = connection;
    tcb.beginSending(iss);
    tcb.sndNxt = plus(iss, 1);
    tcb.synRepeats = repeats;
    tcb.beginReceiving(irs, plus(irs, 1), mss);
    this.#queue.push(connection);
    this.#begin(tcb, segment, sentAt);
    connection.arrive(segment);
    this.#onReady();
  }

  #begin(tcb: ControlBlock, segment: Segment, sentAt: number | undefined): void {
    tcb.takeWindow(segment.seq, segment.ack, segment.window);
    begin(tcb, plus(tcb.iss, 1), sentAt);
  }

  #child(number: number, segment: Segment): Connection {
    const options = this.#options.inherited();
    const local = { host: segment.destination, port: segment.destinationPort };
    const peer = { host: segment.source, port: segment.sourcePort };
    const binding = this.#host.ports.add({ ...local, options, isListening: false, holders: 0 });
    return this.#host.connection(number, binding, local, peer, options, 'SYN_RECEIVED');
  }

  #drop(reason: string, segment: Segment): void {
    this.environment.note({ kind: 'drop', socket: this.number, reason, segment });
  }
}
