/** What waits and what is dropped in the queues of the system, before the server sees it. Where an engine can't tell: nothing. */
import type { DatagramSocket, WelcomeSocket } from '../index.ts';
import { IPPROTO_TCP, SOL_SOCKET, SocketError, TCP_INFO } from '../index.ts';

/** SO_MEMINFO: nine 32-bit numbers, of which the last is how much the socket has dropped (`SK_MEMINFO_DROPS`). */
const SO_MEMINFO = 55;
const SK_MEMINFO_DROPS = 8;

/** The queues in front of a server; `undefined` where the system does not say. */
export interface KernelQueues {
  /** Connections that wait to be accepted. */
  readonly tcpWaiting: number | undefined;
  /** Handshakes that were dropped because the queue was full. */
  readonly tcpDropped: number | undefined;
  /** Datagrams that were dropped because the receive buffer was full. */
  readonly udpDropped: number | undefined;
}

/** Asks the system. */
export function kernelQueues(tcp: WelcomeSocket | undefined, udp: DatagramSocket | undefined): KernelQueues {
  return {
    tcpWaiting: tcp && told(() => tcp.getsockopt(IPPROTO_TCP, TCP_INFO).unacked),
    tcpDropped: tcp && told(() => drops(tcp.getsockopt(SOL_SOCKET, SO_MEMINFO))),
    udpDropped: udp && told(() => drops(udp.getsockopt(SOL_SOCKET, SO_MEMINFO))),
  };
}

function drops(info: Uint8Array): number {
  return new DataView(info.buffer, info.byteOffset, info.byteLength).getUint32(4 * SK_MEMINFO_DROPS, true);
}

function told(ask: () => number): number | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SocketError || error instanceof RangeError) return undefined;
    throw error;
  }
}
