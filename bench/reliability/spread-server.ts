/**
 * An echo-like server for spread.ts: two threads that share the work in one of three ways. It answers each line, and each
 * datagram, with the number of the thread. On standard input `restart` replaces the first thread: the next one serves
 * before the old one takes no more.
 */
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { DatagramSocket, InetAddress, StreamSocket, WelcomeSocket } from 'portico';
import { AF_INET, fromfd, SO_REUSEPORT, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socket } from 'portico';
import { tell } from '../harness/usage.ts';

/** `reuseport`: a socket each, on one port; `shared`: one socket for all; `handover`: the main thread accepts. */
export type Way = 'reuseport' | 'shared' | 'handover';

interface Work {
  readonly way: Way;
  readonly transport: 'tcp' | 'udp';
  readonly index: number;
  readonly port: number;
  readonly fd: number | undefined;
}

const THREADS = 2;
const BACKLOG = 4096;
const BATCH = 64;
const HOST = '127.0.0.1';

async function open(transport: 'tcp' | 'udp', port: number, reuse: boolean) {
  const door = transport === 'udp' ? socket(AF_INET, SOCK_DGRAM) : socket(AF_INET, SOCK_STREAM);
  if (reuse) door.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
  await door.bind({ host: HOST, port });
  if (door.type === SOCK_STREAM) await (door as StreamSocket).listen(BACKLOG);
  return door;
}

// A thread.

class Thread {
  readonly #work: Work;
  readonly #stop = new AbortController();
  #connections = 0;
  #isOver = false;

  constructor(work: Work) {
    this.#work = work;
  }

  async run(): Promise<void> {
    const { way, transport, port, fd } = this.#work;
    parentPort?.on('message', (message: { stop?: true; take?: number }) => {
      if (message.take !== undefined) this.#take(message.take);
      else this.#stop.abort();
    });
    let serving: Promise<void> = new Promise((resolve) => {
      this.#stop.signal.addEventListener('abort', () => resolve());
    });
    if (transport === 'udp') {
      const door =
        fd === undefined
          ? await open('udp', port, true)
          : fromfd(fd, AF_INET, SOCK_DGRAM, { close: () => {} });
      serving = this.#answer(door as DatagramSocket);
    } else if (way !== 'handover') {
      const door =
        fd === undefined
          ? await open('tcp', port, true)
          : fromfd(fd, AF_INET, SOCK_STREAM, { close: () => {} });
      serving = this.#accept(door as StreamSocket);
    }
    parentPort?.postMessage('ready');
    await serving;
    this.#isOver = true;
    this.#endIfEmpty();
  }

  async #answer(door: DatagramSocket): Promise<void> {
    const { signal } = this.#stop;
    const data = String(this.#work.index);
    while (!signal.aborted) {
      const messages = await door.recvmmsg(BATCH, undefined, { signal }).catch(() => []);
      if (messages.length > 0) await door.sendmmsg(messages.map(({ address }) => ({ data, address })));
    }
    await door.close();
  }

  async #accept(door: StreamSocket): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const accepted = await door.accept({ signal }).catch(() => undefined);
      if (accepted) void this.#talk(accepted[0]);
    }
    await door.close();
  }

  #take(fd: number): void {
    const close = () => parentPort?.postMessage(fd);
    void this.#talk(fromfd(fd, AF_INET, SOCK_STREAM, { close }));
  }

  async #talk(connection: StreamSocket): Promise<void> {
    this.#connections += 1;
    try {
      for await (const _ of connection) await connection.sendall(`${this.#work.index}\n`);
    } catch {
      // the client is gone
    }
    await connection.close();
    this.#connections -= 1;
    this.#endIfEmpty();
  }

  #endIfEmpty(): void {
    if (this.#isOver && this.#connections === 0) setImmediate(() => process.exit());
  }
}

// The main thread.

class Lead {
  readonly #way: Way;
  readonly #transport: 'tcp' | 'udp';
  readonly #threads: Worker[] = [];
  readonly #open = new Map<Worker, Map<number, StreamSocket>>();
  #port = 0;
  #fd: number | undefined;

  constructor(way: Way, transport: 'tcp' | 'udp') {
    this.#way = way;
    this.#transport = transport;
  }

  async run(): Promise<void> {
    // with SO_REUSEPORT this one only keeps the number of the port until the threads are there
    const door = await open(this.#transport, 0, false);
    this.#port = (door.getsockname() as InetAddress).port;
    if (this.#way === 'reuseport') await door.close();
    else this.#fd = door.fileno();
    for (let index = 0; index < THREADS; index++) this.#threads[index] = await this.#start(index);
    if (this.#way === 'handover') void this.#handOver(door as unknown as WelcomeSocket);
    tell(String(this.#port));
  }

  async restart(): Promise<void> {
    const old = this.#threads[0];
    this.#threads[0] = await this.#start(0);
    old?.postMessage({ stop: true });
  }

  async #start(index: number): Promise<Worker> {
    const fd = this.#way === 'handover' ? undefined : this.#fd;
    const work: Work = { way: this.#way, transport: this.#transport, index, port: this.#port, fd };
    const worker = new Worker(new URL(import.meta.url), { workerData: work });
    const open = new Map<number, StreamSocket>();
    this.#open.set(worker, open);
    worker.on('message', (message: number | 'ready') => {
      if (message === 'ready') return;
      const connection = open.get(message);
      open.delete(message);
      void connection?.close();
    });
    worker.once('exit', () => this.#open.delete(worker));
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve()).once('error', reject);
    });
    return worker;
  }

  async #handOver(door: WelcomeSocket): Promise<void> {
    for (;;) {
      const [connection] = await door.accept();
      const [first, second] = this.#threads as [Worker, Worker];
      const count = (worker: Worker) => this.#open.get(worker)?.size ?? 0;
      const worker = count(second) < count(first) ? second : first;
      this.#open.get(worker)?.set(connection.fileno(), connection);
      worker.postMessage({ take: connection.fileno() });
    }
  }
}

if (isMainThread) {
  const [way, transport] = process.argv.slice(2) as [Way, 'tcp' | 'udp'];
  const lead = new Lead(way, transport);
  await lead.run();
  for await (const _ of createInterface({ input: process.stdin })) {
    await lead.restart();
    tell('restarted');
  }
  process.exit();
} else await new Thread(workerData as Work).run();
