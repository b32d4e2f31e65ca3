/** A connection without a network: it gives the chunks that a test lets arrive, and its clock stands still. */
import type { Receiver } from '../../src/framing/index.ts';
import type { CallOptions } from '../../src/index.ts';
import { encode } from '../../src/index.ts';

/** A clock that a test moves. */
class FakeClock {
  #now = 0;
  readonly #timers = new Map<() => void, number>();

  /** How many timers run. */
  get running(): number {
    return this.#timers.size;
  }

  after(delayMs: number, callback: () => void): () => void {
    this.#timers.set(callback, this.#now + delayMs);
    return () => this.#timers.delete(callback);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const [callback, at] of [...this.#timers]) {
      if (at > this.#now) continue;
      this.#timers.delete(callback);
      callback();
    }
  }
}

/** A receiving connection, fed by hand. */
export class FakeConnection implements Receiver {
  readonly engine = new FakeClock();
  closed = false;
  /** How many bytes `recv` has given. */
  given = 0;
  /** How many calls of `recv` there were. */
  calls = 0;
  readonly #chunks: (Uint8Array | Error)[] = [];
  #wake: (() => void) | undefined;
  #over = false;

  constructor(...chunks: (string | Uint8Array)[]) {
    for (const chunk of chunks) this.arrive(chunk);
  }

  /** One chunk; no `recv` gives more than one. */
  arrive(chunk: string | Uint8Array): this {
    this.#chunks.push(typeof chunk === 'string' ? encode(chunk) : chunk.slice());
    this.#wake?.();
    return this;
  }

  end(): this {
    this.#over = true;
    this.#wake?.();
    return this;
  }

  fail(error: Error): this {
    this.#chunks.push(error);
    this.#wake?.();
    return this;
  }

  async recv(size: number, options?: CallOptions): Promise<Uint8Array> {
    this.calls += 1;
    options?.signal?.throwIfAborted();
    if (this.#chunks.length === 0 && !this.#over) await this.#news(options?.signal);
    const chunk = this.#chunks.shift() ?? new Uint8Array(0);
    if (chunk instanceof Error) throw chunk;
    if (chunk.length > size) this.#chunks.unshift(chunk.slice(size));
    const given = chunk.slice(0, size);
    this.given += given.length;
    return given;
  }

  #news(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}

/** Everything that an iteration yields. */
export async function all<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** Cuts bytes into pieces of these lengths, over and over; a length of 0 counts as 1. */
export function pieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const length = Math.max(1, lengths[index % lengths.length] ?? 1);
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}
