/** What has arrived ahead of a gap: pieces of the stream in order, none overlapping. RFC 9293 section 3.10.7.4. */
import { distance, isAfter, isBefore, plus } from './sequence.ts';

interface Piece {
  readonly seq: number;
  readonly data: Uint8Array;
}

/** The most pieces that one connection keeps; what comes beyond is dropped, and its sender sends it again. A guess. */
export const PIECES_MAX = 1024;

/** The pieces of one connection. */
export class Reassembly {
  #pieces: Piece[] = [];
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Keeps what of `data` is not there yet; false when there is no room. */
  insert(seq: number, data: Uint8Array): boolean {
    let from = seq;
    let rest = data;
    let index = 0;
    while (rest.length > 0) {
      const piece = this.#pieces[index];
      if (piece === undefined) return this.#add(index, from, rest);
      const end = plus(piece.seq, piece.data.length);
      const before = distance(from, piece.seq);
      if (before > 0) {
        const gap = rest.subarray(0, before);
        if (!this.#add(index, from, gap)) return false;
        index += 1;
      }
      const known = Math.max(0, distance(from, end));
      rest = rest.subarray(Math.min(known, rest.length));
      if (isBefore(from, end)) from = end;
      index += 1;
    }
    return true;
  }

  /** Takes the pieces that begin at or before `next`, without what lies before it. */
  take(next: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let at = next;
    for (let piece = this.#pieces[0]; piece && !isAfter(piece.seq, at); piece = this.#pieces[0]) {
      this.#pieces.shift();
      this.#length -= piece.data.length;
      const fresh = piece.data.subarray(Math.min(distance(piece.seq, at), piece.data.length));
      if (fresh.length === 0) continue;
      taken.push(fresh);
      at = plus(at, fresh.length);
    }
    return taken;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }

  #add(index: number, seq: number, data: Uint8Array): boolean {
    if (this.#pieces.length >= PIECES_MAX) return false;
    this.#pieces.splice(index, 0, { seq, data });
    this.#length += data.length;
    return true;
  }
}
