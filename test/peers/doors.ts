/** The doors that netcat and socat knock at: one row for each kind of socket, and what our side does on it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Address, DatagramSocket, EngineName, Family, StreamSocket, WelcomeSocket } from 'portico';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  decode,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SocketError,
  socket,
} from 'portico';
import type { TestContext } from 'vitest';
import { onTestFinished } from 'vitest';
import { needEngine, needIpv6 } from './needs.ts';

/** A kind of socket, and where it binds. */
export interface Door {
  readonly what: string;
  readonly family: Family;
  readonly type: typeof SOCK_STREAM | typeof SOCK_DGRAM | typeof SOCK_SEQPACKET;
  /** A loopback address, or where a Unix socket has its name. */
  readonly at: '127.0.0.1' | '::1' | '::ffff:127.0.0.1' | 'path' | 'abstract';
}

export const TCP: Door = { what: 'TCP', family: AF_INET, type: SOCK_STREAM, at: '127.0.0.1' };
export const TCP6: Door = { what: 'TCP over IPv6', family: AF_INET6, type: SOCK_STREAM, at: '::1' };
export const UDP: Door = { what: 'UDP', family: AF_INET, type: SOCK_DGRAM, at: '127.0.0.1' };
export const UDP6: Door = { what: 'UDP over IPv6', family: AF_INET6, type: SOCK_DGRAM, at: '::1' };
export const TCP_MAPPED: Door = {
  what: 'TCP over IPv4 at an IPv6 socket',
  family: AF_INET6,
  type: SOCK_STREAM,
  at: '::ffff:127.0.0.1',
};
export const UDP_MAPPED: Door = {
  what: 'UDP over IPv4 at an IPv6 socket',
  family: AF_INET6,
  type: SOCK_DGRAM,
  at: '::ffff:127.0.0.1',
};
export const UNIX: Door = { what: 'a Unix stream', family: AF_UNIX, type: SOCK_STREAM, at: 'path' };
export const UNIX_DATAGRAM: Door = {
  what: 'Unix datagrams',
  family: AF_UNIX,
  type: SOCK_DGRAM,
  at: 'path',
};
export const UNIX_PACKETS: Door = {
  what: 'Unix sequenced packets',
  family: AF_UNIX,
  type: SOCK_SEQPACKET,
  at: 'path',
};
export const ABSTRACT: Door = {
  what: 'a Unix stream with an abstract name',
  family: AF_UNIX,
  type: SOCK_STREAM,
  at: 'abstract',
};
export const ABSTRACT_DATAGRAM: Door = {
  what: 'Unix datagrams with abstract names',
  family: AF_UNIX,
  type: SOCK_DGRAM,
  at: 'abstract',
};
export const ABSTRACT_PACKETS: Door = {
  what: 'Unix sequenced packets with an abstract name',
  family: AF_UNIX,
  type: SOCK_SEQPACKET,
  at: 'abstract',
};

/** How an engine says that it has no such socket, operation or option. */
const NOT_SUPPORTED: readonly string[] = [
  'EAFNOSUPPORT',
  'EPROTONOSUPPORT',
  'ESOCKTNOSUPPORT',
  'EOPNOTSUPP',
  'ENOPROTOOPT',
];

/** Opens a stream socket of this kind, closed when the test ends; skips the test where an engine has none. */
export async function openStream(
  context: TestContext,
  door: Door,
  engine: EngineName,
): Promise<StreamSocket> {
  const opened = open(context, door, engine);
  if (door.at === 'abstract' && engine !== 'linux') await needAbstract(context, door, engine);
  return opened;
}

/** Opens a datagram socket of this kind. */
export async function openDatagram(
  context: TestContext,
  door: Door,
  engine: EngineName,
): Promise<DatagramSocket> {
  return (await openStream(context, door, engine)) as unknown as DatagramSocket;
}

/** Opens a welcome socket of this kind at a name of its own. */
export async function openWelcome(
  context: TestContext,
  door: Door,
  engine: EngineName,
  backlog?: number,
): Promise<WelcomeSocket> {
  const opened = await openStream(context, door, engine);
  await opened.bind(freshAddress(door));
  return opened.listen(backlog);
}

/** Opens a datagram socket that is bound to a name of its own. */
export async function openBound(
  context: TestContext,
  door: Door,
  engine: EngineName,
): Promise<DatagramSocket> {
  const opened = await openDatagram(context, door, engine);
  await opened.bind(freshAddress(door));
  return opened;
}

function open(context: TestContext, door: Door, engine: EngineName): StreamSocket {
  needEngine(context, engine);
  if (door.at === '::1') needIpv6(context);
  try {
    const opened = socket(door.family, door.type as typeof SOCK_STREAM, { engine });
    onTestFinished(() => opened.close());
    return opened;
  } catch (error) {
    return skipIfLacking(context, engine, error);
  }
}

/** Skips the test where an engine has Unix sockets and no abstract names, which it says at the first name. */
async function needAbstract(context: TestContext, door: Door, engine: EngineName): Promise<void> {
  const probe = open(context, door, engine);
  try {
    await probe.bind(freshAddress(door));
  } catch (error) {
    skipIfLacking(context, engine, error);
  } finally {
    await probe.close();
  }
}

/** Skips the test for what an engine says it has not; the engine linux has everything that is asked for here. */
export function skipIfLacking(context: TestContext, engine: EngineName, error: unknown): never {
  const lacks = error instanceof SocketError && NOT_SUPPORTED.includes(error.code);
  if (engine === 'linux' || !lacks) throw error;
  return context.skip(`the engine ${engine} has it not: ${error.message}`);
}

/** An address that nobody has: a free port, or a new name of a Unix socket. */
export function freshAddress({ at }: Door): Address {
  if (at === 'path') return { path: join(temporaryDirectory(), 's') };
  if (at === 'abstract') return { path: `\0portico-peers-${process.pid}-${performance.now()}` };
  return { host: at, port: 0 };
}

/** A directory of the test's own. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-peers-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a command line says for an address: the port, the path, the abstract name without its NUL. */
export function nameOf(address: Address): string {
  return 'path' in address ? address.path.replace('\0', '') : `${address.port}`;
}

/** Everything that comes until the peer ends its side. */
export async function readToEnd(connection: StreamSocket): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of connection) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Serves one client as the notes do, but to the end of what it says: its half-close ends the question. */
export async function answerOne(welcome: WelcomeSocket): Promise<void> {
  const [connection] = await welcome.accept();
  await connection.sendall(decode(await readToEnd(connection)).toUpperCase());
  await connection.close();
}

/** Answers datagrams in upper case until the socket is closed. */
export async function answerAll(datagrams: DatagramSocket): Promise<void> {
  for await (const [message, sender] of datagrams) {
    await datagrams.sendto(decode(message).toUpperCase(), sender);
  }
}

/** Sends a question, ends this side, and reads the answer to its end. */
export async function askOnce(client: StreamSocket, address: Address, question: string): Promise<string> {
  await client.connect(address);
  await client.sendall(question);
  client.shutdown(SHUT_WR);
  return decode(await readToEnd(client));
}

/** What runs beside a test and is awaited at its end: when the test fails first, its own failure is not another one. */
export function alongside<T>(running: Promise<T>): Promise<T> {
  running.catch(() => {});
  return running;
}
