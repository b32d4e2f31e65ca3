/**
 * Answers each line, and each datagram, with itself. A line that has begun must be complete within `lineMs`: what is
 * there of the next line counts from the last answer.
 */
import type { StreamSocket } from 'portico';
import type { Client, Context } from 'portico/server';

const NEWLINE = 0x0a;

export const udp = (message: Uint8Array): Uint8Array => message;

export async function tcp(
  connection: StreamSocket,
  _client: Client,
  { limits: { lineMs, lineBytesMax } }: Context,
): Promise<void> {
  let rest = new Uint8Array(0);
  let dueAt = performance.now() + lineMs;
  for (;;) {
    const waits = rest.length === 0 ? {} : { timeoutMs: Math.max(0, dueAt - performance.now()) };
    const chunk = await connection.recv(65_536, waits);
    if (chunk.length === 0) return;
    if (rest.length === 0) dueAt = performance.now() + lineMs;
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      await connection.sendall(bytes.subarray(0, end));
      dueAt = performance.now() + lineMs;
    }
    rest = Uint8Array.from(bytes.subarray(end));
    if (rest.length > lineBytesMax) throw new Error(`A line is longer than ${lineBytesMax} bytes`);
  }
}
