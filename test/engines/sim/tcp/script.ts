/**
 * Segment scripts, as smoltcp and packetdrill have them: one stack, and a peer that is the test. A segment is one line,
 * its bits, sequence and acknowledgement number and length: `SA 0 1 0`, the numbers relative to each side's first.
 */
import { expect } from 'vitest';
import type { EngineStreamSocket } from '../../../../src/engines/engine.ts';
import type { TcpEnvironment, TcpEvent } from '../../../../src/engines/sim/tcp/environment.ts';
import type { TcpProfile } from '../../../../src/engines/sim/tcp/profile.ts';
import { LINUX } from '../../../../src/engines/sim/tcp/profile.ts';
import type { Segment } from '../../../../src/engines/sim/tcp/segment.ts';
import { ACK, FIN, RST, SYN, URG } from '../../../../src/engines/sim/tcp/segment.ts';
import { TcpStack } from '../../../../src/engines/sim/tcp/stack.ts';
import { AF_INET, SOCK_STREAM } from '../../../../src/posix/constants.ts';
import { SocketError } from '../../../../src/posix/socket-error.ts';
import { flagsText } from './trace-text.ts';
import { rest, VirtualClock } from './world.ts';

const BITS: Readonly<Record<string, number>> = { F: FIN, S: SYN, R: RST, A: ACK, U: URG };
const OWN = '10.8.0.1';
const PEER = '10.8.0.2';

export interface ScriptOptions {
  readonly profile?: TcpProfile;
  /** The first sequence number of the stack. */
  readonly iss?: number;
  /** The first sequence number of the peer. */
  readonly irs?: number;
  readonly mtu?: number;
}

/** What a line leaves out. */
export interface SegmentExtras {
  readonly window?: number;
  readonly mss?: number;
  /** The bytes; counting from 0 when left out. */
  readonly data?: Uint8Array;
  readonly port?: number;
}

/** One stack under test. */
export class Script {
  readonly clock = new VirtualClock();
  readonly stack: TcpStack;
  readonly events: TcpEvent[] = [];
  readonly #sent: Segment[] = [];
  readonly #iss: number;
  readonly #irs: number;
  /** The port of the peer, and of the stack. */
  peerPort = 12_000;
  ownPort = 0;

  constructor({ profile = LINUX, iss = 1000, irs = 5000, mtu = 1500 }: ScriptOptions = {}) {
    this.#iss = iss;
    this.#irs = irs;
    const environment: TcpEnvironment = {
      now: () => this.clock.now,
      after: (delayUs, callback) => this.clock.after(delayUs, callback),
      random: () => this.#iss,
      transmit: (segment) => this.#sent.push(segment),
      sourceFor: (destination) => (destination.startsWith('10.') ? OWN : undefined),
      isLocal: (address) => address === OWN,
      mtuTo: () => mtu,
      note: (event) => this.events.push(event),
    };
    this.stack = new TcpStack(environment, profile);
  }

  /** A new socket of the stack. */
  open(): EngineStreamSocket {
    return this.stack.open(AF_INET, SOCK_STREAM);
  }

  /** A segment of the peer arrives. */
  async arrives(line: string, { window = 65_535, mss, data, port }: SegmentExtras = {}): Promise<void> {
    const [flags = '', seq, ack = '-', length = '0'] = line.split(' ');
    const payload = data ?? Uint8Array.from({ length: Number(length) }, (_, index) => index & 0xff);
    this.stack.receive({
      source: PEER,
      sourcePort: port ?? this.peerPort,
      destination: OWN,
      destinationPort: this.ownPort,
      seq: (this.#irs + Number(seq)) >>> 0,
      ack: ack === '-' ? 0 : (this.#iss + Number(ack)) >>> 0,
      flags: [...flags].reduce((bits, letter) => bits | (BITS[letter] ?? 0), 0),
      window,
      ...(mss === undefined ? {} : { mss }),
      data: payload,
    });
    await rest();
  }

  /** Everything that was sent since the last look, one line a segment. */
  async sent(): Promise<string[]> {
    await rest();
    return this.#sent.splice(0).map((segment) => this.#line(segment));
  }

  /** The same as segments. */
  async sentSegments(): Promise<Segment[]> {
    await rest();
    return this.#sent.splice(0);
  }

  /** Fails unless exactly these were sent since the last look. */
  async sends(...lines: readonly string[]): Promise<void> {
    expect(await this.sent()).toEqual(lines);
  }

  /** Lets time pass. */
  wait(ms: number): Promise<void> {
    return this.clock.runUntil(this.clock.now + Math.round(ms * 1000));
  }

  /** What the stack's sockets stand in, in the order of their numbers. */
  get states(): string[] {
    return this.stack.sockets().map(({ state }) => state);
  }

  /** The reasons of the segments that were dropped. */
  get drops(): string[] {
    return this.events.flatMap((event) => (event.kind === 'drop' ? [event.reason] : []));
  }

  /** The names that segments were given. */
  get labels(): string[] {
    return this.events.flatMap((event) => (event.kind === 'label' ? [event.label] : []));
  }

  /** A socket of the stack whose handshake with the peer is over. */
  async connected(
    prepare?: (socket: EngineStreamSocket) => void,
    extras: SegmentExtras = {},
  ): Promise<EngineStreamSocket> {
    const socket = this.open();
    prepare?.(socket);
    const connecting = socket.connect({ host: PEER, port: this.peerPort });
    this.ownPort = this.stack.sockets().at(-1)?.local.port ?? 0;
    await this.sends('S 0 - 0');
    await this.arrives('SA 0 1 0', { mss: 1460, ...extras });
    await this.sends('A 1 1 0');
    await connecting;
    return socket;
  }

  /** A welcome socket of the stack. */
  async welcome(backlog = 8): Promise<EngineStreamSocket> {
    const socket = this.open();
    await socket.bind({ host: OWN, port: 12_000 });
    await socket.listen(backlog);
    this.ownPort = 12_000;
    this.peerPort = 40_000;
    return socket;
  }

  /** The welcome socket's end of a connection from the peer. */
  async accepted(extras: SegmentExtras = {}): Promise<EngineStreamSocket> {
    const welcome = await this.welcome();
    await this.arrives('S 0 - 0', { mss: 1460, ...extras });
    await this.sends('SA 0 1 0');
    await this.arrives('A 1 1 0', extras);
    await this.sends();
    const { socket } = await welcome.accept();
    await welcome.close();
    return socket;
  }

  #line(segment: Segment): string {
    const { flags, seq, ack, data } = segment;
    const relative = flags & RST && seq === 0 ? 0 : (seq - this.#iss) >>> 0;
    const ackText = flags & ACK ? (ack - this.#irs) >>> 0 : '-';
    return `${flagsText(segment)} ${relative} ${ackText} ${data.length}`;
  }
}

/** The code with which a call fails, or what it gives. */
export async function outcome(call: () => unknown): Promise<unknown> {
  try {
    const value = await call();
    return value instanceof Uint8Array ? value.length : value;
  } catch (error) {
    if (error instanceof SocketError) return error.code;
    throw error;
  }
}

/** Sends so many bytes; true when they all had room. */
export function send(socket: EngineStreamSocket, count: number): boolean {
  const sent = socket.send(new Uint8Array(count), 0, true);
  if (sent instanceof Promise) sent.catch(() => undefined);
  return !(sent instanceof Promise);
}
