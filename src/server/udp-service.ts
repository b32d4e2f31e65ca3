/**
 * The datagrams of one thread: it takes as many as there are, answers those that may be answered, and sends the answers
 * together. Answers that a handler has to wait for go out one by one.
 */
import type { Data, DatagramSocket, InetAddress } from '../index.ts';
import { encode, SocketError } from '../index.ts';
import { loopGuard } from './loop-guard.ts';
import { SourceTable } from './source-table.ts';
import type { Serving } from './tcp-service.ts';

/** The most datagrams that one turn of the loop takes. */
const BATCH_MAX = 64;
/** After so many failures with no datagram between them the loop rests before each next try. */
const FAILURES_MAX = 16;
/** How long, in milliseconds; a guess: short for a person, long for a processor. */
const REST_MS = 100;

/** Who gets no answer. */
export interface UdpRules {
  /** Source ports whose services answer anything. */
  readonly refusedPorts: ReadonlySet<number>;
  /** The test of the address lists, where there are any. */
  readonly mayUse: ((host: string) => boolean) | undefined;
  /** What threads of one server share: the memory of their source table, and a clock that is the same in all of them. */
  readonly shared?: { readonly sources: SharedArrayBuffer; readonly now: () => number };
}

interface Answer {
  readonly data: Uint8Array;
  readonly address: InetAddress;
}

/** Serves UDP clients on one socket. */
export class UdpService {
  readonly #socket: DatagramSocket;
  readonly #serving: Serving;
  readonly #local: InetAddress;
  readonly #refuses: (source: InetAddress) => boolean;
  readonly #mayUse: UdpRules['mayUse'];
  readonly #sources: SourceTable;
  readonly #now: () => number;
  readonly #running: Promise<void>;
  readonly #stop = new AbortController();
  #pending = 0;
  #isCut = false;
  #onRoom: (() => void) | undefined;

  constructor(socket: DatagramSocket, serving: Serving, rules: UdpRules) {
    const { limits } = serving.context;
    this.#socket = socket;
    this.#serving = serving;
    this.#local = socket.getsockname() as InetAddress;
    this.#refuses = loopGuard(this.#local, rules.refusedPorts);
    this.#mayUse = rules.mayUse;
    const { sourcesMax, repliesPerSecond, repliesPerSourcePerSecond } = limits;
    const rates = { inAll: repliesPerSecond, perSource: repliesPerSourcePerSecond };
    this.#sources = new SourceTable(sourcesMax, rates, rules.shared?.sources);
    this.#now = rules.shared?.now ?? (() => serving.engine.now());
    this.#running = this.#run();
  }

  /** Waits for no answer any more. */
  cut(): void {
    this.#isCut = true;
    this.#onRoom?.();
  }

  /** Answers what it has taken, takes no more, and closes its socket. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#room(1);
    await this.#socket.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const messages = await this.#socket.recvmmsg(this.#batch, undefined, { signal });
        failures = 0;
        await this.#answerAll(messages as { data: Uint8Array; address: InetAddress }[]);
        if (this.#pending > 0) await this.#room(this.#serving.context.limits.datagramsPendingMax);
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(error);
        failures++;
        if (failures > FAILURES_MAX) await this.#rest();
      }
    }
  }

  async #answerAll(messages: readonly { data: Uint8Array; address: InetAddress }[]): Promise<void> {
    const answers: Answer[] = [];
    const now = this.#now();
    for (const { data, address } of messages) {
      const answer = this.#answer(data, address, now);
      if (answer !== undefined) answers.push(answer);
    }
    await this.#send(answers);
  }

  /** Asks the handler, if the source may be answered; `undefined` when there is nothing to send now. */
  #answer(message: Uint8Array, source: InetAddress, now: number): Answer | undefined {
    const { handlers, context, counters } = this.#serving;
    counters.add('datagrams');
    if (!this.#admits(message, source)) return undefined;
    const client = { address: source, local: this.#local, thread: context.thread, connection: 0 };
    try {
      const reply = handlers.udp?.(message, client, context);
      if (reply instanceof Promise) void this.#answerLater(message, source, reply);
      else if (reply !== undefined) return this.#answerOf(message, source, reply, now);
    } catch (error) {
      this.#failed(error, source);
    }
    return undefined;
  }

  async #answerLater(
    message: Uint8Array,
    source: InetAddress,
    pending: Promise<Data | undefined>,
  ): Promise<void> {
    this.#pending += 1;
    try {
      const reply = await pending;
      if (this.#isCut || reply === undefined) return;
      const answer = this.#answerOf(message, source, reply, this.#now());
      if (answer) await this.#send([answer]);
    } catch (error) {
      this.#failed(error, source);
    } finally {
      this.#pending -= 1;
      this.#onRoom?.();
    }
  }

  #admits(message: Uint8Array, source: InetAddress): boolean {
    const { counters, context } = this.#serving;
    if (this.#mayUse && !this.#mayUse(source.host)) counters.add('deniedDatagrams');
    else if (message.length > context.limits.datagramBytesMax) counters.add('longDatagrams');
    else if (this.#refuses(source)) counters.add('loops');
    else return true;
    return false;
  }

  /** Checked before it meets the others that go out with it, for a call that refuses one sends none of them. */
  #answerOf(message: Uint8Array, source: InetAddress, reply: Data, now: number): Answer | undefined {
    const { counters } = this.#serving;
    const data = bytesOf(reply);
    if (this.#sources.goesRound(source, message, isSame(message, data), now)) counters.add('loops');
    else if (!this.#sources.mayAnswer(source, now)) counters.add('limited');
    else return { data, address: source };
    return undefined;
  }

  /** Sends every answer; one that can't be sent costs itself and no other. */
  async #send(answers: readonly Answer[]): Promise<void> {
    for (let at = 0; at < answers.length; ) {
      try {
        const sent = await this.#socket.sendmmsg(at === 0 ? answers : answers.slice(at));
        this.#serving.counters.add('answers', sent);
        at += sent;
      } catch (error) {
        this.#failed(error, answers[at]?.address);
        at += 1;
      }
    }
  }

  #failed(error: unknown, source?: InetAddress): void {
    const { counters, problems } = this.#serving;
    counters.add('failures');
    problems.report('udp', source ?? remoteOf(error), error);
  }

  /** How many datagrams may come at once: never more than may be worked on. */
  get #batch(): number {
    const { datagramsPendingMax } = this.#serving.context.limits;
    return Math.max(1, Math.min(BATCH_MAX, datagramsPendingMax - this.#pending));
  }

  /** Resolves when fewer than `max` answers are being worked on. */
  async #room(max: number): Promise<void> {
    while (this.#pending >= max && !this.#isCut) {
      await new Promise<void>((resolve) => {
        this.#onRoom = resolve;
      });
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      this.#serving.engine.after(REST_MS, resolve);
    });
  }
}

/** Whether an answer is the message itself. */
function isSame(message: Uint8Array, reply: Uint8Array): boolean {
  if (reply === message) return true;
  return reply.length === message.length && message.every((byte, at) => byte === reply[at]);
}

/** @throws TypeError for what is no data. */
function bytesOf(reply: Data): Uint8Array {
  if (reply instanceof Uint8Array) return reply;
  if (typeof reply === 'string') return encode(reply);
  if (ArrayBuffer.isView(reply)) return new Uint8Array(reply.buffer, reply.byteOffset, reply.byteLength);
  if (Object.prototype.toString.call(reply).endsWith('ArrayBuffer]')) return new Uint8Array(reply);
  throw new TypeError(
    `udp must give a string, bytes or undefined, it gave ${reply === null ? 'null' : typeof reply}`,
  );
}

function remoteOf(error: unknown): InetAddress | undefined {
  const remote = error instanceof SocketError ? error.remote : undefined;
  return remote && 'port' in remote ? remote : undefined;
}
