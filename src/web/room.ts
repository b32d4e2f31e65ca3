/** A small HTTP server for those who run a program: what it answers is its owner's. */
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens. */
export interface Room {
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no more, and ends what is left; `graceMs` is how long answers that are under way may take. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens it.
 *
 * @param port - 0 takes a free one.
 * @throws Error EADDRINUSE, EACCES (Node's own) when the address can't be had.
 */
export async function openRoom(host: string, port: number, answer: RequestListener): Promise<Room> {
  const http = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject).listen({ host, port }, resolve);
  });
  const { address, port: bound } = http.address() as AddressInfo;
  const close = async (graceMs = 0) => {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    const late = setTimeout(() => http.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(late);
  };
  return { address: { host: address, port: bound }, close };
}
