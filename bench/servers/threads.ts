/**
 * The UDP server of servers/portico.ts in worker threads: THREADS of them, each with a socket of its own on one port
 * (SO_REUSEPORT). The same contract: the port first, `answered N` on SIGUSR2 and at the end.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { AF_INET, SO_RCVBUF, SO_REUSEPORT, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, socket } from 'portico';
import { BUFFER_BYTES, HOST, upper } from './program.ts';

const NO_SUCH_MODE = 3;

/** What a worker is told. */
interface Work {
  readonly port: number;
  readonly index: number;
  /** Datagrams answered, one number a thread. */
  readonly answered: BigInt64Array;
}

async function serve({ port, index, answered }: Work): Promise<void> {
  const server = socket(AF_INET, SOCK_DGRAM);
  server.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
  server.setsockopt(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  server.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
  await server.bind({ host: HOST, port });
  parentPort?.on('message', () => process.exit());
  parentPort?.postMessage(server.getsockname().port);
  let count = 0;
  for (;;) {
    const [message, address] = await server.recvfrom(2048);
    await server.sendto(upper(message), address);
    count += 1;
    answered[index] = BigInt(count);
  }
}

async function lead(): Promise<void> {
  const threads = Number(process.env.THREADS ?? 2);
  const answered = new BigInt64Array(new SharedArrayBuffer(8 * threads));
  let port = 0;
  for (let index = 0; index < threads; index += 1) {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { port, index, answered } satisfies Work,
    });
    port = await new Promise<number>((resolve, reject) =>
      worker.once('message', resolve).once('error', reject),
    );
  }
  const tell = () => process.stdout.write(`answered ${answered.reduce((sum, count) => sum + count, 0n)}\n`);
  process.on('SIGUSR2', tell);
  process.on('SIGTERM', () => {
    tell();
    process.exit(0);
  });
  process.stdout.write(`${port}\n`);
}

if (!isMainThread) await serve(workerData as Work);
else if (process.argv[2] === 'udp-echo') await lead();
else process.exit(NO_SUCH_MODE);
