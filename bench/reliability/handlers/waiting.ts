/** Waits, and keeps nothing busy: each line says for how many milliseconds. */
import { setTimeout as pause } from 'node:timers/promises';
import type { StreamSocket } from 'portico';
import { decode } from 'portico';

export async function tcp(connection: StreamSocket): Promise<void> {
  for await (const chunk of connection) {
    await pause(Number(decode(chunk)));
    await connection.sendall('done\n');
  }
}
