/** Where messages are sent: a connection, or a Web Stream. A message goes out whole, whoever else sends beside it. */
import type { CallOptions, Data } from '../index.ts';
import { afterOnHost, checkCallOptions, Deadline, unlessAborted } from './deadline.ts';
import { FramingError } from './framing-error.ts';

/** The sending side of a connection: a `StreamSocket` of any engine, or what has its `sendall`. */
export interface Sender {
  /** Sends every byte. Two calls at once do not mix theirs. */
  sendall(data: Uint8Array, options?: CallOptions): Promise<void>;
  /** Sends parts one after another as one; where it is missing they are put together first. */
  sendmsg?(message: { data: Uint8Array[] }, options?: CallOptions): Promise<unknown>;
}

/** What messages can be sent to. */
export type ByteSink = Sender | WritableStream<Uint8Array>;

const encoder = new TextEncoder();

/** The bytes of `data`, without a copy where it has bytes already. */
export function toBytes(data: Data): Uint8Array {
  if (typeof data === 'string') return encoder.encode(data);
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (Object.prototype.toString.call(data).endsWith('ArrayBuffer]')) return new Uint8Array(data);
  throw new TypeError(`A message must be a string, an ArrayBuffer or a view of one, got ${typeof data}`);
}

/** Sends the parts, one after another, and waits until the sink has taken them. */
export async function sendParts(
  to: ByteSink,
  parts: Uint8Array[],
  options: CallOptions | undefined,
): Promise<void> {
  if ('getWriter' in to) await write(to, joined(parts), options);
  else if (to.sendmsg) await to.sendmsg({ data: parts }, options);
  else await to.sendall(joined(parts), options);
}

/** The parts in one piece. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function write(
  stream: WritableStream<Uint8Array>,
  bytes: Uint8Array,
  options: CallOptions | undefined,
): Promise<void> {
  checkCallOptions(options);
  const deadline = new Deadline(options, afterOnHost, (timeoutMs) => {
    return new FramingError('ETIMEDOUT', `A message was not sent within ${timeoutMs} ms`, { received: 0 });
  });
  try {
    await unlessAborted(enqueue(stream, bytes), deadline.signal);
  } finally {
    deadline.end();
  }
}

/** Hands the bytes over and the lock back, so that the next message can stand in line behind this one. */
function enqueue(stream: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stream.getWriter();
  const written = writer.write(bytes);
  writer.releaseLock();
  return written;
}
