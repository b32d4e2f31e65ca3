/** Large transfers with netcat and socat: both directions at once, every byte equal, and a peer that dies on the way. */
import { createHash, randomBytes } from 'node:crypto';
import type { Address, EngineName, StreamSocket } from 'portico';
import { ENGINE_NAMES, SHUT_WR, SocketError } from 'portico';
import type { TestContext } from 'vitest';
import { describe, expect, test } from 'vitest';
import type { Door } from './doors.ts';
import { freshAddress, nameOf, openStream, openWelcome, readToEnd, TCP, TCP6, UNIX } from './doors.ts';
import type { ProgramName } from './needs.ts';
import { need } from './needs.ts';
import { Program } from './program.ts';

const TRANSFER_BYTES = 5 << 20;

interface Peer {
  readonly program: ProgramName;
  /** The arguments to connect to `name`. */
  connect(door: Door, name: string): readonly string[];
  /** The arguments to listen at `name`, with a word about where on standard error. */
  listen(door: Door, name: string): readonly string[];
  /** Finds that word, and in it the port. */
  readonly listening: RegExp;
}

const PEERS: readonly Peer[] = [
  {
    program: 'nc',
    connect: (door, name) => ['-n', '-N', ...netcatTarget(door, name)],
    listen: (door, name) => ['-n', '-N', '-v', '-l', ...netcatTarget(door, name)],
    listening: /Listening on \S+ ?(\d*)/,
  },
  {
    program: 'socat',
    connect: ({ at }, name) => [
      '-t60',
      '-',
      at === 'path' ? `UNIX-CONNECT:${name}` : `TCP:${bracketed(at)}:${name}`,
    ],
    listen: ({ at }, name) => [
      ...['-t60', '-d', '-d'],
      at === 'path'
        ? `UNIX-LISTEN:${name}`
        : `TCP${at === '::1' ? 6 : 4}-LISTEN:${name},bind=${bracketed(at)}`,
      '-',
    ],
    listening: /listening on AF=\d+ (?:\S+:(\d+)|".*")/,
  },
];
const DOORS: readonly Door[] = [TCP, TCP6, UNIX];
const ROWS = PEERS.flatMap((peer) => DOORS.map((door) => ({ peer, door, program: peer.program })));

describe.each(ENGINE_NAMES)('transfers of 5 MiB each way at once, engine %s', (engine) => {
  test.for(ROWS)('$program connects over $door.what', async ({ peer, door }, context) => {
    const [command] = need(context, peer.program);
    const welcome = await openWelcome(context, door, engine);
    await using other = Program.start(command, peer.connect(door, nameOf(welcome.getsockname())));
    const [connection] = await welcome.accept();
    await exchange(connection, other);
  });

  test.for(ROWS)('$program listens over $door.what', async ({ peer, door }, context) => {
    const { connection, other } = await connectTo(peer, door, engine, context);
    await using _ = other;
    await exchange(connection, other);
  });
});

describe.each(ENGINE_NAMES)('a peer that dies, engine %s', (engine) => {
  test.for(PEERS)('$program is killed while we send', async (peer, context) => {
    const { connection, other } = await connectTo(peer, TCP, engine, context);
    await using _ = other;
    const sending = sendForEver(connection);
    await other.until(() => (other.bytes.length > 0 ? true : undefined), 'the first bytes');
    other.signal('SIGKILL');
    const error = await sending;
    expect(error).toBeInstanceOf(SocketError);
    expect(['EPIPE', 'ECONNRESET']).toContain((error as SocketError).code);
  });
});

/** Sends until it fails; resolves with what it failed with. */
async function sendForEver(connection: StreamSocket): Promise<unknown> {
  const chunk = new Uint8Array(65_536);
  try {
    for (;;) await connection.sendall(chunk);
  } catch (error) {
    return error;
  }
}

/** Connects to a peer that listens. */
async function connectTo(
  peer: Peer,
  door: Door,
  engine: EngineName,
  context: TestContext,
): Promise<{ connection: StreamSocket; other: Program }> {
  const [command] = need(context, peer.program);
  const connection = await openStream(context, door, engine);
  const wanted = freshAddress(door);
  const other = Program.start(command, peer.listen(door, nameOf(wanted)));
  const [, port] = await other.said(peer.listening);
  const address: Address = 'path' in wanted ? wanted : { host: wanted.host, port: Number(port) };
  await connection.connect(address);
  return { connection, other };
}

/** Sends different bytes each way at the same time; both sides end with a half-close. */
async function exchange(connection: StreamSocket, other: Program): Promise<void> {
  const ours = randomBytes(TRANSFER_BYTES);
  const theirs = randomBytes(TRANSFER_BYTES);
  other.endInput(theirs);
  const sending = connection.sendall(ours);
  const received = await readToEnd(connection);
  await sending;
  connection.shutdown(SHUT_WR);
  await other.ended();
  expect(received.length).toBe(TRANSFER_BYTES);
  expect(digest(received), 'what came').toBe(digest(theirs));
  expect(other.bytes.length).toBe(TRANSFER_BYTES);
  expect(digest(other.bytes), 'what went').toBe(digest(ours));
}

function netcatTarget({ at }: Door, name: string): readonly string[] {
  return at === 'path' ? ['-U', name] : [at, name];
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
