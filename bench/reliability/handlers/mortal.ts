/** Says who it is, line by line, and dies in the way that it is told. */
import { randomUUID } from 'node:crypto';
import type { StreamSocket } from 'portico';
import { decode } from 'portico';
import type { Client } from 'portico/server';

/** A new one for each thread that is started. */
const life = randomUUID();

/** The ways to die. */
const DEATHS: Readonly<Record<string, () => void>> = {
  throw: () =>
    void setTimeout(() => {
      throw new Error('Nobody catches this');
    }),
  reject: () => void Promise.reject(new Error('Nobody handles this')),
  exit: () => process.exit(7),
  memory: () => {
    for (const hoard: number[][] = []; ; ) hoard.push(new Array<number>(100_000).fill(hoard.length));
  },
  loop: () => {
    for (;;);
  },
};

export async function tcp(connection: StreamSocket, { thread }: Client): Promise<void> {
  for await (const chunk of connection) {
    const word = decode(chunk).trim();
    if (word === 'who') await connection.sendall(`${thread} ${life}\n`);
    else DEATHS[word]?.();
  }
}
