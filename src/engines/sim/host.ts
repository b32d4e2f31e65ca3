/**
 * One simulated host: its clock, its IPv4, UDP and TCP, its programs' engines; and what can befall it: a crash, a pause,
 * a wrong clock.
 */
import type { Family, SocketType } from '../../posix/constants.ts';
import type { Engine, EngineStreamSocket } from '../engine.ts';
import type { Clock } from './clock.ts';
import type { EngineHost } from './engine.ts';
import { engineFor } from './engine.ts';
import type { Skew } from './host-clock.ts';
import { HostClock } from './host-clock.ts';
import { IpLayer } from './ip.ts';
import type { Direction, Station } from './link.ts';
import type { NameTable } from './names.ts';
import type { Packet, Unreachable } from './packet.ts';
import { Process } from './process.ts';
import { RandomStream } from './random.ts';
import { SocketTable, tcpRow } from './socket-table.ts';
import type { TcpEnvironment } from './tcp/environment.ts';
import { TCP_PROFILES } from './tcp/profile.ts';
import { TcpStack } from './tcp/stack.ts';
import type { Trace } from './trace.ts';
import type { SimDatagramSocket } from './udp.ts';
import { UdpStack } from './udp-stack.ts';

/** Which set of choices TCP follows. */
export type Profile = 'linux' | 'rfc';

/** As Linux translates ICMP's "unreachable" for TCP. */
const UNREACHABLE_CODES = { net: 'ENETUNREACH', host: 'EHOSTUNREACH', port: 'ECONNREFUSED' } as const;
/** Ports 1 to 1023 need a right: ip(7). */
const RESERVED_MAX = 1023;

/** What a host needs of its network. */
export interface HostRoom {
  readonly seed: number;
  readonly clock: Clock;
  readonly trace: Trace;
  readonly names: NameTable;
  readonly profile: Profile;
  packetId(): number;
  /** Told that a program can go on. */
  woken(): void;
}

/** What a host is. */
export interface HostOptions {
  /** Its address, dotted IPv4, unique. */
  readonly ip: string;
  /** Whether its programs may bind ports 1 to 1023; `true` when left out. */
  readonly privileged?: boolean;
}

/** The kernel of one simulated host. */
export class HostKernel implements Station, EngineHost {
  readonly name: string;
  readonly address: string;
  readonly names: NameTable;
  readonly clock: HostClock;
  readonly ip: IpLayer;
  readonly #room: HostRoom;
  readonly #privileged: boolean;
  readonly #processes = new Set<Process>();
  #udp: UdpStack;
  #tcp: TcpStack;
  #sockets = 0;
  #lives = 0;
  #isUp = true;
  #clockReads = 0;

  constructor(room: HostRoom, name: string, { ip, privileged = true }: HostOptions) {
    this.#room = room;
    this.name = name;
    this.address = ip;
    this.names = room.names;
    this.#privileged = privileged;
    this.clock = new HostClock(room.clock, () => {
      this.#clockReads += 1;
    });
    this.ip = new IpLayer({
      name,
      address: ip,
      clock: this.clock,
      trace: room.trace,
      packetId: () => room.packetId(),
      deliver: (packet, link) => this.#deliver(packet, link),
    });
    this.#udp = this.#newUdp();
    this.#tcp = this.#newTcp();
  }

  /** Whether it runs: not after a crash. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** How often its wrong clock has been looked at. */
  get clockReads(): number {
    return this.#clockReads;
  }

  /** Begins a program. */
  newProcess(name: string): { readonly process: Process; readonly engine: Engine } {
    const { trace } = this.#room;
    const woken = () => this.#room.woken();
    const process = new Process({ host: this.name, clock: this.clock, trace, woken }, name);
    this.#processes.add(process);
    return { process, engine: engineFor(this, process) };
  }

  /** A stream of random numbers of this host, for one purpose. */
  randomFor(purpose: string): RandomStream {
    return new RandomStream(this.#room.seed, 'host', this.name, purpose, this.#lives);
  }

  addRoute(direction: Direction): void {
    this.ip.addRoute(direction);
  }

  arrive(packet: Packet, link: string): void {
    if (!this.#isUp) {
      this.#lose(packet, link, 'the host is down');
      return;
    }
    const isTaken = this.clock.whenAwake(() => this.ip.arrive(packet, link));
    if (!isTaken) this.#lose(packet, link, 'the host is paused and its queue full');
  }

  openUdp(): SimDatagramSocket {
    this.#sockets += 1;
    return this.#udp.open(this.#sockets);
  }

  openTcp(family: Family, type: SocketType): EngineStreamSocket {
    return this.#tcp.open(family, type);
  }

  /** What ss shows. */
  sockets(): SocketTable {
    return new SocketTable([...this.#udp.rows(), ...this.#tcp.sockets().map(tcpRow)]);
  }

  /** Dies without a word: programs, sockets, timers, all that is under way inside. */
  crash(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#note('crash');
    this.#tcp.crash();
    this.clock.die();
    this.ip.die();
    for (const one of this.#processes) one.kill();
    this.#processes.clear();
  }

  /** Comes up again with nothing remembered. */
  restart(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#lives += 1;
    this.#udp = this.#newUdp();
    this.#tcp = this.#newTcp();
    this.#note('restart');
  }

  pause(): void {
    this.#note('pause');
    this.clock.pause();
  }

  resume(): void {
    this.#note('resume');
    this.clock.resume();
  }

  skew(skew: Skew): void {
    this.clock.set(skew);
  }

  #deliver(packet: Packet, link: string): void {
    const { payload } = packet;
    switch (payload.protocol) {
      case 'udp':
        this.#udp.deliver(packet, payload, link);
        break;
      case 'tcp':
        this.#tcp.receive(payload.segment);
        break;
      case 'icmp':
        this.#unreachable(payload.original, payload.code);
        break;
    }
  }

  #unreachable(original: Packet, code: Unreachable): void {
    const { payload } = original;
    if (payload.protocol === 'udp' && code === 'port') this.#udp.unreachable(original, payload);
    if (payload.protocol === 'tcp') this.#tcp.unreachable(payload.segment, UNREACHABLE_CODES[code]);
  }

  #newUdp(): UdpStack {
    return new UdpStack({
      ip: this.ip,
      random: this.randomFor('udp'),
      mayBind: (port) => this.#mayBind(port),
      packetId: () => this.#room.packetId(),
      dropped: (packet, link, reason) => this.#lose(packet, link, reason),
    });
  }

  #newTcp(): TcpStack {
    const random = this.randomFor('tcp');
    const environment: TcpEnvironment = {
      now: () => this.clock.now(),
      after: (delayUs, callback) => this.clock.after(delayUs, callback),
      random: () => random.uint32(),
      transmit: (segment) => this.ip.send({ protocol: 'tcp', segment }, segment.source, segment.destination),
      sourceFor: (destination) => this.ip.sourceFor(destination),
      isLocal: (address) => this.ip.isLocal(address),
      mtuTo: (destination) => this.ip.mtuTo(destination),
      mayBind: (port) => this.#mayBind(port),
      note: (event) => this.#room.trace.add({ kind: 'tcp', host: this.name, event }),
    };
    return new TcpStack(environment, TCP_PROFILES[this.#room.profile]);
  }

  #mayBind(port: number): boolean {
    return this.#privileged || port > RESERVED_MAX;
  }

  #lose(packet: Packet, link: string, reason: string): void {
    this.#room.trace.add({ kind: 'dropped', host: this.name, link, packet, reason });
  }

  #note(text: string): void {
    this.#room.trace.add({ kind: 'host', host: this.name, text });
  }
}
