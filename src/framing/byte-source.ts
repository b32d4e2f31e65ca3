/** Where the bytes come from: a connection or a Web Stream, a chunk at a time and only when it is asked for. */
import type { CallOptions } from '../index.ts';
import type { After } from './deadline.ts';
import { afterOnHost, unlessAborted } from './deadline.ts';

/** The receiving side of a connection: a `StreamSocket` of any engine, or what has its `recv`. */
export interface Receiver {
  /** Gives between one and `size` bytes, zero at the end; a cancelled call has taken none. */
  recv(size: number, options?: CallOptions): Promise<Uint8Array>;
  /** Whether this program has closed it: then an iteration ends quietly. */
  readonly closed?: boolean;
  /** Whose clock `timeoutMs` runs on; the host's without it. */
  readonly engine?: { after(delayMs: number, callback: () => void): () => void };
}

/** What messages can be read from. */
export type ByteSource = Receiver | ReadableStream<Uint8Array>;

/** A `ByteSource` as the reader sees it. */
export interface Source {
  /** Whether this program has closed it. */
  readonly closed: boolean;
  readonly after: After;
  /** Waits for one chunk of at least one byte; `undefined` is the end. A read that is aborted loses no byte. */
  read(size: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>;
  /** Lets others read it; gives what came in for a read that was aborted. */
  release(): Promise<Uint8Array | undefined>;
}

/** @throws TypeError when a stream is locked by another reader, or `from` is neither. */
export function sourceOf(from: ByteSource): Source {
  if (typeof from === 'object' && from !== null) {
    if ('getReader' in from) return new StreamSource(from);
    if ('recv' in from) return new ConnectionSource(from);
  }
  throw new TypeError('Messages are read from a connection or a ReadableStream');
}

class ConnectionSource implements Source {
  readonly #connection: Receiver;
  readonly after: After;

  constructor(connection: Receiver) {
    this.#connection = connection;
    const { engine } = connection;
    this.after = engine ? (delayMs, callback) => engine.after(delayMs, callback) : afterOnHost;
  }

  get closed(): boolean {
    return this.#connection.closed ?? false;
  }

  async read(size: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    const chunk = await this.#connection.recv(size, signal && { signal });
    return chunk.length > 0 ? chunk : undefined;
  }

  async release(): Promise<undefined> {}
}

/** What one read of a stream gives. */
type StreamRead = ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>;

class StreamSource implements Source {
  readonly closed = false;
  readonly after: After = afterOnHost;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** A read that nobody has had the result of: a stream's read can't be called off, so the next one takes it up. */
  #pending: StreamRead | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async read(_size: number, signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    for (;;) {
      this.#pending ??= this.#reader.read();
      const { value, done } = await unlessAborted(this.#pending, signal);
      this.#pending = undefined;
      if (done) return undefined;
      // a stream may have chunks of zero bytes, which are not its end
      if (bytes(value).length > 0) return value;
    }
  }

  async release(): Promise<Uint8Array | undefined> {
    // a read that is still waiting is rejected by this, and its chunk stays in the stream
    this.#reader.releaseLock();
    const result = await this.#pending?.catch(() => undefined);
    return result?.value;
  }
}

function bytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`A chunk of the stream must be a Uint8Array, got ${typeof chunk}`);
}
