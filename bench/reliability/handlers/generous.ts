/** Sends to each client without end, as fast as it takes. */
import type { StreamSocket } from 'portico';

const block = new Uint8Array(65_536);

export async function tcp(connection: StreamSocket): Promise<void> {
  await connection.recv();
  for (;;) await connection.sendall(block);
}
