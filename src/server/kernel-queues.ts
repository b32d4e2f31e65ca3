/** What waits and what is dropped in the queues of the system, on either side of the server. Where an engine can't tell: nothing. */
import type { DatagramSocket, StreamSocket, WelcomeSocket } from '../index.ts';
import { IPPROTO_TCP, SOL_SOCKET, SocketError, TCP_INFO } from '../index.ts';

/** SO_MEMINFO: nine 32-bit numbers, of which the last is how much the socket has dropped (`SK_MEMINFO_DROPS`). */
const SO_MEMINFO = 55;
const SK_MEMINFO_DROPS = 8;
/** <linux/tcp.h>, struct tcp_info: where its 64-bit counts of payload are. */
const [TCPI_STATE, TCPI_BYTES_ACKED, TCPI_BYTES_RECEIVED, TCPI_END] = [0, 120, 128, 136];
/** The states by their numbers in <netinet/tcp.h>, as ss(8) writes them. */
const STATES = [
  'UNCONN',
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'UNCONN',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
];

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

/** A connection as the system has it. */
export interface ConnectionQueues {
  readonly state: string;
  /** Bytes that wait to be read, as ss(8) counts them: the end of the stream is one more. */
  readonly receiveQueue: number;
  /** Bytes that the peer has not acknowledged. */
  readonly sendQueue: number;
}

/** Asks the system. */
export function connectionQueues(connection: StreamSocket): ConnectionQueues | undefined {
  return told(() => {
    const bytes = connection.getsockopt(IPPROTO_TCP, TCP_INFO.number);
    if (bytes.length < TCPI_END) throw new RangeError('This system counts no bytes');
    const info = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = (at: number) => Number(info.getBigUint64(at, true));
    return {
      state: STATES[info.getUint8(TCPI_STATE)] ?? 'UNKNOWN',
      receiveQueue: Math.max(0, count(TCPI_BYTES_RECEIVED) - connection.bytesRead),
      sendQueue: Math.max(0, connection.bytesWritten - count(TCPI_BYTES_ACKED)),
    };
  });
}

function drops(info: Uint8Array): number {
  return new DataView(info.buffer, info.byteOffset, info.byteLength).getUint32(4 * SK_MEMINFO_DROPS, true);
}

function told<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof SocketError || error instanceof RangeError) return undefined;
    throw error;
  }
}
