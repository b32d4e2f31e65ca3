/** Puts the fragments of a packet together at the host that it is for. RFC 791 section 3.2, RFC 815. */
import type { Packet } from './packet.ts';

/** How long an unfinished packet is kept: `net.ipv4.ipfrag_time` of Linux. */
const LIFETIME_US = 30_000_000;
/** The most unfinished packets of one host; the oldest makes room. Linux counts bytes (4 MiB) instead. */
export const UNFINISHED_MAX = 64;

interface Unfinished {
  readonly pieces: Map<number, number>;
  end: number | undefined;
  readonly expire: () => void;
}

/** The unfinished packets of one host. */
export class Reassembly {
  readonly #unfinished = new Map<string, Unfinished>();
  readonly #after: (delayUs: number, callback: () => void) => () => void;
  readonly #onExpired: (packet: Packet) => void;

  /**
   * @param after - the host's clock.
   * @param onExpired - told of a fragment of each packet that was given up.
   */
  constructor(
    after: (delayUs: number, callback: () => void) => () => void,
    onExpired: (packet: Packet) => void,
  ) {
    this.#after = after;
    this.#onExpired = onExpired;
  }

  /** Takes a fragment; gives the packet when it was the last one missing. */
  add(packet: Packet): Packet | undefined {
    const { fragment } = packet;
    if (!fragment) return packet;
    const key = `${packet.source} ${packet.destination} ${packet.payload.protocol} ${packet.id}`;
    const unfinished = this.#unfinished.get(key) ?? this.#begin(key, packet);
    unfinished.pieces.set(fragment.offset, fragment.length);
    if (!fragment.more) unfinished.end = fragment.offset + fragment.length;
    if (!isWhole(unfinished)) return undefined;
    unfinished.expire();
    this.#unfinished.delete(key);
    const { fragment: _, ...whole } = packet;
    return whole;
  }

  #begin(key: string, packet: Packet): Unfinished {
    if (this.#unfinished.size >= UNFINISHED_MAX) this.#giveUpOldest(packet);
    const expire = this.#after(LIFETIME_US, () => {
      this.#unfinished.delete(key);
      this.#onExpired(packet);
    });
    const unfinished: Unfinished = { pieces: new Map(), end: undefined, expire };
    this.#unfinished.set(key, unfinished);
    return unfinished;
  }

  #giveUpOldest(packet: Packet): void {
    for (const [key, { expire }] of this.#unfinished) {
      expire();
      this.#unfinished.delete(key);
      this.#onExpired(packet);
      return;
    }
  }
}

function isWhole({ pieces, end }: Unfinished): boolean {
  let at = 0;
  while (at !== end) {
    const length = pieces.get(at);
    if (length === undefined) return false;
    at += length;
  }
  return true;
}
