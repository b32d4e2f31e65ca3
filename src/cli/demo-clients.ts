/** The two clients of the demo: one line out, one reply back. */
import type { DatagramSocket, Engine, InetAddress, StreamSocket } from '../index.ts';
import { AF_INET, SOCK_DGRAM, SOCK_STREAM, SocketError, socket } from '../index.ts';
import { Failure } from './failure.ts';

/** How long a reply may take, in milliseconds: generous, for it comes from this process. */
const REPLY_TIMEOUT_MS = 5000;
const NEWLINE = 0x0a;

/** One client of the demo's server. */
export interface DemoClient extends AsyncDisposable {
  readonly transport: 'udp' | 'tcp';
  readonly local: InetAddress;
  readonly remote: InetAddress;
  /** Sends a line without its end and gives the reply without one. */
  exchange(line: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** The notes' UDP client: the server's address goes with every datagram. */
export class UdpDemoClient implements DemoClient {
  readonly transport = 'udp';
  readonly remote: InetAddress;
  readonly #socket: DatagramSocket<typeof AF_INET>;

  private constructor(door: DatagramSocket<typeof AF_INET>, server: InetAddress) {
    this.#socket = door;
    this.remote = server;
  }

  static async open(engine: Engine, server: InetAddress): Promise<UdpDemoClient> {
    const door = socket(AF_INET, SOCK_DGRAM, { engine });
    // a client need not bind; this one does so that its address can be shown before it sends
    await door.bind({ host: server.host, port: 0 });
    return new UdpDemoClient(door, server);
  }

  get local(): InetAddress {
    return this.#socket.getsockname();
  }

  async exchange(line: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    await this.#socket.sendto(line, this.remote, { signal });
    for (;;) {
      const [reply, sender] = await this.#socket.recvfrom(undefined, {
        signal,
        timeoutMs: REPLY_TIMEOUT_MS,
      });
      // anybody may send to an unconnected socket
      if (sender.host === this.remote.host && sender.port === this.remote.port) return reply;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket.close();
  }
}

/** The notes' TCP client, which keeps its connection; a broken one is opened anew for the next line. */
export class TcpDemoClient implements DemoClient {
  readonly transport = 'tcp';
  readonly remote: InetAddress;
  readonly #engine: Engine;
  #socket: StreamSocket<typeof AF_INET>;
  #local: InetAddress;

  private constructor(engine: Engine, server: InetAddress, connection: StreamSocket<typeof AF_INET>) {
    this.#engine = engine;
    this.remote = server;
    this.#socket = connection;
    this.#local = connection.getsockname();
  }

  static async open(engine: Engine, server: InetAddress): Promise<TcpDemoClient> {
    return new TcpDemoClient(engine, server, await dial(engine, server));
  }

  get local(): InetAddress {
    return this.#local;
  }

  async exchange(line: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    if (this.#socket.closed) {
      this.#socket = await dial(this.#engine, this.remote);
      this.#local = this.#socket.getsockname();
    }
    try {
      await this.#socket.sendall(Buffer.concat([line, Uint8Array.of(NEWLINE)]), { signal });
      return await this.#replyLine(signal);
    } catch (error) {
      await this.#socket.close();
      throw error instanceof SocketError && error.code === 'ECONNRESET' ? new Failure(HUNG_UP) : error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket.close();
  }

  /** A reply may come in any number of pieces: its newline says where it ends. */
  async #replyLine(signal: AbortSignal): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.#socket.recv(undefined, { signal, timeoutMs: REPLY_TIMEOUT_MS });
      if (piece.length === 0) throw new Failure(HUNG_UP);
      pieces.push(piece);
      if (piece.at(-1) === NEWLINE) return Buffer.concat(pieces).subarray(0, -1);
    }
  }
}

const HUNG_UP = 'The server closed the connection instead of an answer; the next line opens a new one';

async function dial(engine: Engine, server: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const connection = socket(AF_INET, SOCK_STREAM, { engine });
  await connection.connect(server);
  return connection;
}
