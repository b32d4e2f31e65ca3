/** The UDP server of the notes: one socket, each datagram answered to where it came from. */
import { setTimeout as rest } from 'node:timers/promises';
import type { DatagramSocket, InetAddress } from '../index.ts';

/** After so many failures with no datagram between them the loop rests before each next try. */
const FAILURES_MAX = 16;
/** How long, in milliseconds; a guess: short for a person, long for a processor. */
const REST_MS = 100;

/** What the loop does with a datagram, and whom it tells. */
export interface DatagramHandler {
  /** Makes the answer. */
  answer(message: Uint8Array): Uint8Array;
  /** Tells whether a source stays without an answer. */
  refuses(source: InetAddress): boolean;
  onReceived(): void;
  onRefused(): void;
  onAnswered(): void;
  /** A call failed; the loop goes on. It may be the error of an earlier answer: `error.remote` says whose. */
  onFailure(error: unknown): void;
}

/**
 * Answers datagrams until the socket is closed. Nothing that a client does ends it: a port that is unreachable, a route
 * that is gone, a firewall that says EPERM, an answer too long for a datagram cost one answer.
 */
export async function serveDatagrams(socket: DatagramSocket, handler: DatagramHandler): Promise<void> {
  let failures = 0;
  while (!socket.closed) {
    try {
      const [message, source] = await socket.recvfrom();
      handler.onReceived();
      failures = 0;
      await answer(socket, handler, message, source as InetAddress);
    } catch (error) {
      if (socket.closed) return;
      handler.onFailure(error);
      failures++;
      if (failures > FAILURES_MAX) await rest(REST_MS);
    }
  }
}

async function answer(
  socket: DatagramSocket,
  handler: DatagramHandler,
  message: Uint8Array,
  source: InetAddress,
): Promise<void> {
  if (handler.refuses(source)) {
    handler.onRefused();
    return;
  }
  await socket.sendto(handler.answer(message), source);
  handler.onAnswered();
}
