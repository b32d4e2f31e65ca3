/** What the tests of the engine node share: an engine, sockets that are closed after each test, pairs. */
import { onTestFinished } from 'vitest';
import type { EngineDatagramSocket, EngineSocket, EngineStreamSocket } from '../../../src/engines/engine.ts';
import { nodeEngine } from '../../../src/engines/node/engine.ts';
import type { Address, InetAddress } from '../../../src/posix/address.ts';
import type { Family } from '../../../src/posix/constants.ts';
import { AF_INET, SOCK_STREAM } from '../../../src/posix/constants.ts';
import { SocketError } from '../../../src/posix/socket-error.ts';

export const engine = nodeEngine();

/** The loopback with a port that the system chooses. */
export const LOOPBACK: InetAddress = { host: '127.0.0.1', port: 0 };

export function udp(family: Family = AF_INET): EngineDatagramSocket {
  return closing(engine.openDatagram(family));
}

export function tcp(family: Family = AF_INET): EngineStreamSocket {
  return closing(engine.openStream(family, SOCK_STREAM));
}

/** Closes `socket` when the test is over, unless the test has: the door never calls a closed socket, and nor do we. */
export function closing<S extends EngineSocket>(socket: S): S {
  const close = socket.close.bind(socket);
  let isClosed = false;
  socket.close = () => {
    isClosed = true;
    return close();
  };
  onTestFinished(async () => {
    if (!isClosed) await socket.close();
  });
  return socket;
}

export async function boundUdp(): Promise<EngineDatagramSocket> {
  const socket = udp();
  await socket.bind(LOOPBACK);
  return socket;
}

export async function welcome(
  address: Address = LOOPBACK,
  family: Family = AF_INET,
): Promise<EngineStreamSocket> {
  const socket = tcp(family);
  await socket.bind(address);
  await socket.listen(16);
  return socket;
}

/** Two ends of one connection: the one that connected, and the one that was accepted. */
export async function connectedPair(): Promise<[EngineStreamSocket, EngineStreamSocket]> {
  const server = await welcome();
  const client = tcp();
  await client.connect(server.getsockname());
  const { socket } = await server.accept();
  return [client, closing(socket)];
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

/** The code that `call` fails with, thrown or rejected; `undefined` when it does not fail. */
export async function codeOf(call: () => unknown): Promise<string | undefined> {
  return (await errorOf(call))?.code;
}

/** The SocketError that `call` fails with. */
export async function errorOf(call: () => unknown): Promise<SocketError | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    if (error instanceof SocketError) return error;
    throw error;
  }
}

/** Lets the network act: long enough for the loopback, too short to notice. */
export function settle(delayMs = 30): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Whether `promise` is still pending after a while. */
export function isPending(promise: unknown, delayMs = 50): Promise<boolean> {
  return Promise.race([
    Promise.resolve(promise).then(
      () => false,
      () => false,
    ),
    settle(delayMs).then(() => true),
  ]);
}
