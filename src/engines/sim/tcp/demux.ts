/** Finds whom a segment is for: the connection with its four-tuple, else a welcome socket. RFC 9293 section 3.10. */
import type { ErrorCode } from '../../../posix/errno.ts';
import type { Endpoint } from './control-block.ts';
import { hash } from './hash.ts';
import { ANY_HOST } from './ports.ts';
import type { Segment } from './segment.ts';
import type { TcpState } from './state.ts';

/** A connection, or a request for one that waits in the SYN queue. */
export interface Occupant {
  readonly number: number;
  readonly state: TcpState;
  arrive(segment: Segment): void;
  /** An ICMP message says that the segment that began at `seq` did not arrive. */
  unreachable(seq: number, code: ErrorCode): void;
  crash(): void;
}

/** A socket that listens. */
export interface Welcomer {
  readonly number: number;
  readonly local: Endpoint;
  arrive(segment: Segment, iss?: number): void;
}

/** The connections and the welcome sockets of one host. */
export class Demux<O extends Occupant, W extends Welcomer> {
  readonly #occupants = new Map<string, O>();
  readonly #welcomers = new Map<number, W[]>();
  /** The last segment that found an occupant: the next one is mostly of the same connection, and a key is a new text. */
  #last: { readonly segment: Segment; readonly occupant: O } | undefined;

  get occupants(): Iterable<O> {
    return this.#occupants.values();
  }

  get welcomers(): Iterable<W> {
    return [...this.#welcomers.values()].flat();
  }

  /** Whether the four-tuple is taken. */
  has(local: Endpoint, peer: Endpoint): boolean {
    return this.#occupants.has(keyOf(local.host, local.port, peer.host, peer.port));
  }

  add(local: Endpoint, peer: Endpoint, occupant: O): void {
    this.#last = undefined;
    this.#occupants.set(keyOf(local.host, local.port, peer.host, peer.port), occupant);
  }

  /** Takes an occupant out, unless another has taken its place. */
  remove(local: Endpoint, peer: Endpoint, occupant: O): void {
    this.#last = undefined;
    const key = keyOf(local.host, local.port, peer.host, peer.port);
    if (this.#occupants.get(key) === occupant) this.#occupants.delete(key);
  }

  /** The connection that a segment belongs to. */
  occupant(segment: Segment): O | undefined {
    if (this.#last && hasSameTuple(this.#last.segment, segment)) return this.#last.occupant;
    const { destination, destinationPort, source, sourcePort } = segment;
    const occupant = this.#occupants.get(keyOf(destination, destinationPort, source, sourcePort));
    this.#last = occupant && { segment, occupant };
    return occupant;
  }

  listen(welcomer: W): void {
    const others = this.#welcomers.get(welcomer.local.port) ?? [];
    this.#welcomers.set(welcomer.local.port, [...others, welcomer]);
  }

  stopListening(welcomer: W): void {
    const others = (this.#welcomers.get(welcomer.local.port) ?? []).filter((other) => other !== welcomer);
    if (others.length > 0) this.#welcomers.set(welcomer.local.port, others);
    else this.#welcomers.delete(welcomer.local.port);
  }

  /** The welcome socket for a segment: of this very address, else of all; among several (SO_REUSEPORT) by the peer. */
  welcomer({ destination, destinationPort, source, sourcePort }: Segment): W | undefined {
    const all = this.#welcomers.get(destinationPort);
    if (!all) return undefined;
    const exact = all.filter(({ local }) => local.host === destination);
    const fitting = exact.length > 0 ? exact : all.filter(({ local }) => local.host === ANY_HOST);
    return fitting[fitting.length > 1 ? hash(`${source}:${sourcePort}`) % fitting.length : 0];
  }

  clear(): void {
    this.#last = undefined;
    this.#occupants.clear();
    this.#welcomers.clear();
  }
}

function hasSameTuple(a: Segment, b: Segment): boolean {
  return (
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    a.source === b.source &&
    a.destination === b.destination
  );
}

function keyOf(localHost: string, localPort: number, peerHost: string, peerPort: number): string {
  return `${localHost}:${localPort} ${peerHost}:${peerPort}`;
}
