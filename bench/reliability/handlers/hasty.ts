/** Takes the first bytes for a request, answers with a megabyte, and is done: whatever else the client has sent stays unread. */
import type { StreamSocket } from 'portico';

const reply = new Uint8Array(1_000_000).fill(0x2e);

export async function tcp(connection: StreamSocket): Promise<void> {
  await connection.recv(16);
  await connection.sendall(reply);
}
