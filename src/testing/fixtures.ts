/** What cases begin with: bound sockets, connected pairs, a clogged pair, an address that never answers. */
import type { DatagramSocket, InetAddress, StreamSocket, WelcomeSocket } from '../index.ts';
import { AF_INET, AF_UNIX, SO_RCVBUF, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, SocketError } from '../index.ts';
import { fail } from './assertions.ts';
import type { ConformanceContext } from './conformance-case.ts';

/** The loopback address, with a port that the system chooses. */
export const ANY_PORT: InetAddress = { host: '127.0.0.1', port: 0 };

type Inet = typeof AF_INET;
type Unix = typeof AF_UNIX;

/** A UDP socket bound to the loopback. */
export async function boundUdp(
  { socket }: ConformanceContext,
  address: InetAddress = ANY_PORT,
): Promise<DatagramSocket<Inet>> {
  const bound = socket(AF_INET, SOCK_DGRAM);
  await bound.bind(address);
  return bound;
}

/** Two bound UDP sockets. */
export async function udpPair(
  context: ConformanceContext,
): Promise<[DatagramSocket<Inet>, DatagramSocket<Inet>]> {
  return [await boundUdp(context), await boundUdp(context)];
}

/** Two UDP sockets, each the other's peer. */
export async function connectedUdpPair(
  context: ConformanceContext,
): Promise<[DatagramSocket<Inet>, DatagramSocket<Inet>]> {
  const [a, b] = await udpPair(context);
  await a.connect(b.getsockname());
  await b.connect(a.getsockname());
  return [a, b];
}

/** A UDP socket with room for many datagrams; cases that use it need `large receive buffer`. */
export async function roomyUdp(context: ConformanceContext): Promise<DatagramSocket<Inet>> {
  const roomy = await boundUdp(context);
  roomy.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20);
  return roomy;
}

/** An address of the loopback that a moment ago was free. */
export async function freeUdpAddress(context: ConformanceContext): Promise<InetAddress> {
  const closed = await boundUdp(context);
  const address = closed.getsockname();
  await closed.close();
  return address;
}

/** A TCP socket that listens on the loopback. */
export async function tcpWelcome(
  { socket }: ConformanceContext,
  backlog?: number,
): Promise<WelcomeSocket<Inet>> {
  const welcome = socket(AF_INET, SOCK_STREAM);
  await welcome.bind(ANY_PORT);
  return welcome.listen(backlog);
}

/** A TCP address of the loopback that a moment ago was free. */
export async function freeTcpAddress({ socket }: ConformanceContext): Promise<InetAddress> {
  const bound = socket(AF_INET, SOCK_STREAM);
  await bound.bind(ANY_PORT);
  const address = bound.getsockname();
  await bound.close();
  return address;
}

/** A TCP client connected to `welcome`, and the connection socket at the other end. */
export async function connectTo(
  { socket }: ConformanceContext,
  welcome: WelcomeSocket<Inet>,
): Promise<[StreamSocket<Inet>, StreamSocket<Inet>]> {
  const client = socket(AF_INET, SOCK_STREAM);
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  return [client, server];
}

/** The two ends of a TCP connection. */
export async function tcpPair(
  context: ConformanceContext,
): Promise<[StreamSocket<Inet>, StreamSocket<Inet>]> {
  const welcome = await tcpWelcome(context);
  const pair = await connectTo(context, welcome);
  await welcome.close();
  return pair;
}

/** The two ends of a Unix stream connection. */
export async function unixPair(
  context: ConformanceContext,
): Promise<[StreamSocket<Unix>, StreamSocket<Unix>]> {
  const path = context.path();
  const listening = context.socket(AF_UNIX, SOCK_STREAM);
  await listening.bind({ path });
  const welcome = await listening.listen();
  const client = context.socket(AF_UNIX, SOCK_STREAM);
  await client.connect({ path });
  const [server] = await welcome.accept();
  await welcome.close();
  return [client, server];
}

/** A connection whose receiver does not read and whose sender can send no more. */
export interface CloggedPair {
  readonly sender: StreamSocket<Inet>;
  readonly receiver: StreamSocket<Inet>;
  /** How many bytes wait in between. */
  readonly sent: number;
}

const CLOG_CHUNK_BYTES = 256 * 1024;
/** More than the buffers of both ends hold anywhere. */
const CLOG_BYTES_MAX = 256 << 20;
/**
 * A sender that could send nothing for so long is taken to be clogged; the kernel moves its buffers about meanwhile, and
 * an acknowledgement that makes room may be delayed by 40 ms (Linux's TCP_DELACK_MIN).
 */
const CLOG_REST_MS = 60;

/** Sends until nothing more goes. */
export async function cloggedPair(context: ConformanceContext): Promise<CloggedPair> {
  const [sender, receiver] = await tcpPair(context);
  const chunk = new Uint8Array(CLOG_CHUNK_BYTES);
  let sent = 0;
  while (sent < CLOG_BYTES_MAX) {
    try {
      sent += await sender.send(chunk, { timeoutMs: CLOG_REST_MS });
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'ETIMEDOUT')) throw error;
      return { sender, receiver, sent };
    }
  }
  return fail(`${sent} bytes were sent to a peer that reads nothing`);
}

/** A Unix datagram pair whose receiver's queue is full. */
export async function cloggedDatagramPair(
  context: ConformanceContext,
): Promise<{ sender: DatagramSocket<Unix>; receiver: DatagramSocket<Unix>; sent: number; path: string }> {
  const path = context.path();
  const receiver = context.socket(AF_UNIX, SOCK_DGRAM);
  await receiver.bind({ path });
  const sender = context.socket(AF_UNIX, SOCK_DGRAM);
  for (let sent = 0; sent < 100_000; sent++) {
    try {
      await sender.sendto(`${sent}`, { path }, { timeoutMs: CLOG_REST_MS });
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'ETIMEDOUT')) throw error;
      return { sender, receiver, sent, path };
    }
  }
  return fail('100,000 datagrams were sent to a peer that reads nothing');
}

/** Reads `size` bytes of a stream, or less where it ends. */
export async function readBytes(stream: StreamSocket, size: number): Promise<Uint8Array> {
  const all = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const chunk = await stream.recv(size - filled);
    if (chunk.length === 0) return all.slice(0, filled);
    all.set(chunk, filled);
    filled += chunk.length;
  }
  return all;
}

/** Reads a stream to its end and counts. */
export async function countToEnd(stream: StreamSocket): Promise<number> {
  let count = 0;
  for await (const chunk of stream) count += chunk.length;
  return count;
}

/** Sends until the error comes; gives its code. */
export async function sendUntilError(connection: StreamSocket, context: ConformanceContext): Promise<string> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await connection.send('x');
      await context.pause(1);
    } catch (error) {
      return (error as { code: string }).code;
    }
  }
  return fail('200 sends to a dead peer gave no error');
}
