/** The clients' side: they use Portico's own sockets, in another process than the server. */
import type { InetAddress, StreamSocket } from 'portico';
import { AF_INET, decode, SO_LINGER, SOCK_STREAM, SOL_SOCKET, SocketError, socket } from 'portico';

/** A client's connection. */
export type Connection = StreamSocket<typeof AF_INET>;

/** Connects; `from` is the client's own host. */
export async function dial(server: InetAddress, timeoutMs?: number): Promise<Connection> {
  const connection = socket(AF_INET, SOCK_STREAM);
  try {
    await connection.connect(server, timeoutMs === undefined ? {} : { timeoutMs });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Sends a line and waits for a line. */
export async function ask(connection: Connection, line: string, timeoutMs?: number): Promise<string> {
  await connection.sendall(`${line}\n`);
  return await readLine(connection, timeoutMs);
}

/** Receives up to the end of a line; throws at the end of the stream. */
export async function readLine(connection: Connection, timeoutMs?: number): Promise<string> {
  let text = '';
  while (!text.endsWith('\n')) {
    const chunk = await connection.recv(65_536, timeoutMs === undefined ? {} : { timeoutMs });
    if (chunk.length === 0) throw new Error('The server has ended the connection');
    text += decode(chunk);
  }
  return text.slice(0, -1);
}

/** Connects, asks one line, closes. */
export async function askOnce(server: InetAddress, line: string, timeoutMs?: number): Promise<string> {
  const connection = await dial(server, timeoutMs);
  try {
    return await ask(connection, line, timeoutMs);
  } finally {
    await connection.close();
  }
}

/** Closes with a reset, so that nothing of the connection stays in this host. */
export async function abort(connection: Connection): Promise<void> {
  if (!connection.closed) connection.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
  await connection.close();
}

/** Does something `count` times, `width` at a time. */
export async function repeat(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, one));
}

/** Counts things by their names. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Counts an error under its code. */
  failed(error: unknown): void {
    this.add(error instanceof SocketError ? error.code : String((error as Error).message));
  }

  get sum(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  get text(): string {
    return [...this.#counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
  }
}

/** The value below which a share of all values is. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** 200,000. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** 1.23 ms. */
export function ms(value: number, digits = 0): string {
  return `${value.toFixed(digits)} ms`;
}

/** Megabytes of a million bytes. */
export function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
