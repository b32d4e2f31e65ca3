/**
 * The IPv4 layer of one host: which way a packet takes, fragments on the way out, reassembly and delivery on the way in.
 * Hosts have one address, and a route to each host that a link joins them to; nobody forwards.
 */
import { isIpv4 } from '../../posix/address.ts';
import type { HostClock } from './host-clock.ts';
import type { Direction } from './link.ts';
import type { Packet, Payload } from './packet.ts';
import { fragmentsOf, payloadBytesOf } from './packet.ts';
import { Reassembly } from './reassembly.ts';
import type { Trace } from './trace.ts';

/** The loopback's name in the trace. */
const LOOPBACK = 'lo';
/** The loopback's MTU on Linux. */
const LOOPBACK_MTU = 65_536;
/** How long a packet takes on the loopback: about what a process of its own needs to be woken; a guess. */
const LOOPBACK_US = 10;
const LOCALHOST = '127.0.0.1';
const LOOPBACK_BROADCAST = '127.255.255.255';
const BROADCAST = '255.255.255.255';
const TTL = 64;

/** What a packet may be sent with. */
export interface SendOptions {
  readonly ttl?: number;
  readonly tos?: number;
}

/** What the layer needs of its host. */
export interface IpRoom {
  readonly name: string;
  readonly address: string;
  readonly clock: HostClock;
  readonly trace: Trace;
  packetId(): number;
  /** Takes a whole packet for this host. */
  deliver(packet: Packet, link: string): void;
}

/** Whether a datagram to this address needs SO_BROADCAST. */
export function isBroadcast(address: string): boolean {
  return address === BROADCAST || address === LOOPBACK_BROADCAST;
}

/** One host's IPv4. */
export class IpLayer {
  readonly #room: IpRoom;
  readonly #routes = new Map<string, Direction>();
  #reassembly: Reassembly;

  constructor(room: IpRoom) {
    this.#room = room;
    this.#reassembly = this.#newReassembly();
  }

  /** The links out of this host. */
  get directions(): readonly Direction[] {
    return [...this.#routes.values()];
  }

  /** Adds the route to a host at the other end of a link. */
  addRoute(direction: Direction): void {
    this.#routes.set(direction.to.address, direction);
  }

  /** Whether the address is this host's own. */
  isLocal(address: string): boolean {
    return address === this.#room.address || isLoopback(address);
  }

  /** The own address from which `destination` is reached; `undefined` where no route goes there. */
  sourceFor(destination: string): string | undefined {
    if (isLoopback(destination)) return LOCALHOST;
    const { address } = this.#room;
    if (destination === address || this.#routes.has(destination)) return address;
    return destination === BROADCAST && this.#routes.size > 0 ? address : undefined;
  }

  /** The largest packet that the way to `destination` takes whole. */
  mtuTo(destination: string): number {
    return this.isLocal(destination) ? LOOPBACK_MTU : (this.#routes.get(destination)?.mtu ?? LOOPBACK_MTU);
  }

  /** Sends a payload. Where no route goes nothing happens: the transport has asked `sourceFor` before. */
  send(payload: Payload, source: string, destination: string, options: SendOptions = {}): void {
    const { ttl = TTL, tos = 0 } = options;
    const id = this.#room.packetId();
    const packet: Packet = {
      id,
      source,
      destination,
      ttl,
      tos,
      payload,
      payloadBytes: payloadBytesOf(payload),
    };
    if (this.isLocal(destination)) {
      this.#loop(packet);
      return;
    }
    const directions = destination === BROADCAST ? this.directions : [this.#routes.get(destination)];
    for (const direction of directions) if (direction) this.#sendOn(direction, packet);
  }

  /** Sends an answer that is a packet already: a refusal. */
  reply(packet: Packet): void {
    if (this.isLocal(packet.destination)) {
      this.#loop(packet);
      return;
    }
    const direction = this.#routes.get(packet.destination);
    if (direction) this.#sendOn(direction, packet);
  }

  /** Takes a packet from a link. */
  arrive(packet: Packet, link: string): void {
    const { trace, name: host } = this.#room;
    trace.add({ kind: 'received', host, link, packet });
    const { destination } = packet;
    if (!this.isLocal(destination) && !isBroadcast(destination)) {
      trace.add({ kind: 'dropped', host, link, packet, reason: 'not for this host' });
      return;
    }
    const whole = packet.fragment ? this.#reassembly.add(packet) : packet;
    if (whole) this.#room.deliver(whole, link);
  }

  /** Forgets unfinished packets. */
  die(): void {
    this.#reassembly = this.#newReassembly();
  }

  #sendOn(direction: Direction, packet: Packet): void {
    for (const piece of fragmentsOf(packet, direction.mtu)) direction.send(piece);
  }

  #loop(packet: Packet): void {
    this.#room.trace.add({ kind: 'sent', host: this.#room.name, link: LOOPBACK, packet });
    this.#room.clock.after(LOOPBACK_US, () => this.arrive(packet, LOOPBACK));
  }

  #newReassembly(): Reassembly {
    const { clock, trace, name: host } = this.#room;
    return new Reassembly(
      (delayUs, callback) => clock.after(delayUs, callback),
      (packet) => trace.add({ kind: 'dropped', host, link: '', packet, reason: 'fragments missing' }),
    );
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}

/** @throws RangeError for what can't be the address of a host. */
export function checkHostAddress(address: string): void {
  if (!isIpv4(address) || isLoopback(address) || /^(0|22[4-9]|23\d|24\d|25[0-5])\./.test(address))
    throw new RangeError(`A host needs an IPv4 address of its own, got ${address}`);
}
