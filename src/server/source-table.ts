/**
 * What a UDP server remembers of those who ask, in a table of fixed size: how many answers each source had in this
 * second, and whether it goes on asking the same. Sources are told apart by a hash; two that share a place share its
 * counts, so that a million forged sources take no more memory than a thousand. It has no clock: the caller says when.
 * Threads of one server share its memory without a lock: now and then a count is a few too low.
 */
import type { InetAddress } from '../index.ts';
import { clientKey } from './access.ts';

/**
 * After so many of the same message in a row, when it is its own answer, one stays without: between two servers that
 * makes nine messages.
 */
const REPEATS_MIN = 4;
/** The number doubles each time, up to this, where other answers begin: who repeats itself loses 1 in 513 in the end. */
const REPEATS_MAX = 512;
/** A source that has paused for so long begins anew, in milliseconds: what goes round between two servers does not pause. */
const PAUSE_MS = 1000;
const SECOND_MS = 1000;
/** FNV-1a, 32 bits. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** How many answers there may be in a second; 0 is any number. */
export interface Rates {
  readonly inAll: number;
  readonly perSource: number;
}

/** Bytes that one place takes, and what is counted of all sources together. */
const PLACE_BYTES = 8 + 3 * 4 + 2 * 2;
const IN_ALL_BYTES = 2 * 4;
/** Where the second and the count of all are. */
const [SECOND, COUNT] = [0, 1];

/** The sources of one socket. */
export class SourceTable {
  readonly #places: number;
  readonly #rates: Rates;
  /** The second that a count belongs to, and the count. */
  readonly #seconds: Uint32Array;
  readonly #replies: Uint32Array;
  /** The last message of a source, how often it has come in a row, how often it may, and when it came. */
  readonly #messages: Uint32Array;
  readonly #repeats: Uint16Array;
  readonly #allowed: Uint16Array;
  readonly #heardAt: Float64Array;
  readonly #inAll: Uint32Array;

  /**
   * @param places - how many sources are told apart.
   * @param memory - what `memory()` has made, where threads share it.
   */
  constructor(places: number, rates: Rates, memory: ArrayBufferLike = new ArrayBuffer(bytesOf(places))) {
    this.#places = places;
    this.#rates = rates;
    this.#heardAt = new Float64Array(memory, 0, places);
    this.#seconds = new Uint32Array(memory, 8 * places, places);
    this.#replies = new Uint32Array(memory, 12 * places, places);
    this.#messages = new Uint32Array(memory, 16 * places, places);
    this.#repeats = new Uint16Array(memory, 20 * places, places);
    this.#allowed = new Uint16Array(memory, 22 * places, places);
    this.#inAll = new Uint32Array(memory, PLACE_BYTES * places, 2);
  }

  /** Memory that threads can share, for so many places. */
  static memory(places: number): SharedArrayBuffer {
    return new SharedArrayBuffer(bytesOf(places));
  }

  /** Counts one more answer to the source; false when it, or all together, have had their share of this second. */
  mayAnswer(source: InetAddress, nowMs: number): boolean {
    const second = Math.floor(nowMs / SECOND_MS) >>> 0;
    if (!this.#maySource(source, second)) return false;
    return this.#rates.inAll === 0 || this.#countInAll(second) <= this.#rates.inAll;
  }

  /** How many answers this second has with this one. The first thread of a second begins it for all. */
  #countInAll(second: number): number {
    const before = Atomics.load(this.#inAll, SECOND);
    if (isLater(second, before) && Atomics.compareExchange(this.#inAll, SECOND, before, second) === before)
      Atomics.store(this.#inAll, COUNT, 0);
    return Atomics.add(this.#inAll, COUNT, 1) + 1;
  }

  /** This host has no limit of its own. */
  #maySource(source: InetAddress, second: number): boolean {
    const { perSource } = this.#rates;
    const key = perSource === 0 ? undefined : clientKey(source.host);
    if (key === undefined) return true;
    const place = hashText(key) % this.#places;
    if (isLater(second, this.#seconds[place] as number)) {
      this.#seconds[place] = second;
      this.#replies[place] = 0;
    }
    if ((this.#replies[place] as number) >= perSource) return false;
    this.#replies[place] = (this.#replies[place] as number) + 1;
    return true;
  }

  /**
   * Tells whether an answer would go round for ever: the same message came too often in a row, sooner when it is its own
   * answer. Two servers that have been set upon each other (CVE-2024-2169) stop when one of them keeps silent once.
   *
   * @param isOwnAnswer - whether message and answer are the same bytes.
   */
  goesRound(source: InetAddress, message: Uint8Array, isOwnAnswer: boolean, nowMs: number): boolean {
    const place = ((hashText(source.host) ^ Math.imul(source.port, FNV_PRIME)) >>> 0) % this.#places;
    const hash = hashBytes(message);
    const paused = nowMs - (this.#heardAt[place] as number) > PAUSE_MS;
    this.#heardAt[place] = nowMs;
    if (paused || this.#messages[place] !== hash) {
      this.#messages[place] = hash;
      this.#repeats[place] = 0;
      if (paused) this.#allowed[place] = REPEATS_MIN;
    }
    const allowed = isOwnAnswer ? this.#allowed[place] || REPEATS_MIN : REPEATS_MAX;
    const repeats = (this.#repeats[place] as number) + 1;
    this.#repeats[place] = repeats;
    if (repeats <= allowed) return false;
    this.#repeats[place] = 0;
    this.#allowed[place] = Math.min(allowed * 2, REPEATS_MAX);
    return true;
  }
}

function bytesOf(places: number): number {
  return places * PLACE_BYTES + IN_ALL_BYTES;
}

/** A thread that has taken its datagrams before another is still in the second before. */
function isLater(second: number, other: number): boolean {
  return ((second - other) | 0) > 0;
}

function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

/** How much of a message is looked at, beside its length. */
const HASHED_BYTES = 32;

function hashBytes(bytes: Uint8Array): number {
  let hash = Math.imul(FNV_OFFSET ^ bytes.length, FNV_PRIME);
  const count = Math.min(bytes.length, HASHED_BYTES);
  for (let i = 0; i < count; i++) hash = Math.imul(hash ^ (bytes[i] as number), FNV_PRIME);
  return hash >>> 0;
}
