/** The server programs with Portico: its public, awaited calls only, on the engine that `PORTICO_ENGINE` names. */
import type { DatagramSocket, StreamSocket } from 'portico';
import {
  AF_INET,
  IPPROTO_UDP,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SocketError,
  socket,
  UDP_GRO,
} from 'portico';
import {
  BATCH,
  BUFFER_BYTES,
  CHUNK_BYTES,
  HOST,
  lineSplitter,
  MESSAGE,
  run,
  tally,
  upper,
} from './program.ts';

const DATAGRAM_BYTES = 2048;
const REQUEST_BYTES = 65_536;

function udpSocket(): DatagramSocket<typeof AF_INET> {
  const udp = socket(AF_INET, SOCK_DGRAM);
  udp.setsockopt(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  udp.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
  return udp;
}

type UdpSocket = ReturnType<typeof udpSocket>;

/** Begins `loop` again when a peer's port was unreachable: a client that is gone ends no program. */
async function persist(loop: () => Promise<never>): Promise<never> {
  for (;;) {
    try {
      await loop();
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'ECONNREFUSED')) throw error;
    }
  }
}

async function udpServer(udp: UdpSocket, port: number, loop: () => Promise<never>): Promise<number> {
  await udp.bind({ host: HOST, port });
  void persist(loop);
  return udp.getsockname().port;
}

function udpEcho(port: number): Promise<number> {
  const server = udpSocket();
  return udpServer(server, port, async () => {
    for (;;) {
      const [message, address] = await server.recvfrom(DATAGRAM_BYTES);
      await server.sendto(upper(message), address);
      tally.answered += 1;
    }
  });
}

function udpBatch(port: number, server: UdpSocket = udpSocket()): Promise<number> {
  return udpServer(server, port, async () => {
    for (;;) {
      const messages = await server.recvmmsg(BATCH, DATAGRAM_BYTES);
      for (const { data } of messages) upper(data);
      tally.answered += await server.sendmmsg(messages);
    }
  });
}

/** Trains of datagrams come in one piece from the kernel. */
function udpBurst(port: number): Promise<number> {
  const server = udpSocket();
  server.setsockopt(IPPROTO_UDP, UDP_GRO, true);
  return udpBatch(port, server);
}

function udpReceive(port: number): Promise<number> {
  const server = udpSocket();
  return udpServer(server, port, async () => {
    for (;;) {
      await server.recvfrom(DATAGRAM_BYTES);
      tally.answered += 1;
    }
  });
}

async function udpSend(port: number): Promise<void> {
  const client = udpSocket();
  await client.connect({ host: HOST, port });
  await persist(async () => {
    for (;;) {
      await client.send(MESSAGE);
      tally.answered += 1;
    }
  });
}

/** The same with one call for many. */
async function udpSendBatch(port: number): Promise<void> {
  const client = udpSocket();
  await client.connect({ host: HOST, port });
  const messages = Array.from({ length: BATCH }, () => ({ data: MESSAGE }));
  await persist(async () => {
    for (;;) tally.answered += await client.sendmmsg(messages);
  });
}

/** To two receivers in turn: no two datagrams that follow each other can leave as one. */
async function udpSendSpread(port: number): Promise<void> {
  const client = udpSocket();
  const [even, odd] = [
    { host: HOST, port },
    { host: HOST, port: port + 1 },
  ] as const;
  await persist(async () => {
    for (;;) {
      await client.sendto(MESSAGE, even);
      await client.sendto(MESSAGE, odd);
      tally.answered += 2;
    }
  });
}

/** A mode for TCP is what it does with one connection, to its end; the load may end it without a good-bye. */
function tcpServer(serve: (connection: StreamSocket) => Promise<void>): (port: number) => Promise<number> {
  return async (port) => {
    const welcome = socket(AF_INET, SOCK_STREAM);
    await welcome.bind({ host: HOST, port });
    await welcome.listen();
    const loop = async () => {
      for (;;) {
        const [connection] = await welcome.accept();
        const close = () => connection.close();
        void serve(connection).then(close, close);
      }
    };
    void loop();
    return welcome.getsockname().port;
  };
}

async function echo(connection: StreamSocket): Promise<void> {
  for (;;) {
    const chunk = await connection.recv(REQUEST_BYTES);
    if (chunk.length === 0) return;
    await connection.sendall(upper(chunk));
    tally.answered += 1;
  }
}

async function lines(connection: StreamSocket): Promise<void> {
  const split = lineSplitter();
  for (;;) {
    const chunk = await connection.recv(REQUEST_BYTES);
    if (chunk.length === 0) return;
    for (const line of split(chunk)) {
      await connection.sendall(upper(line));
      tally.answered += 1;
    }
  }
}

/** The same with memory of the program's. */
async function sinkInto(connection: StreamSocket): Promise<void> {
  const block = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const length = await connection.recvInto(block);
    if (length === 0) return;
    tally.answered += length;
  }
}

async function sink(connection: StreamSocket): Promise<void> {
  for (;;) {
    const { length } = await connection.recv(CHUNK_BYTES);
    if (length === 0) return;
    tally.answered += length;
  }
}

async function source(connection: StreamSocket): Promise<void> {
  const block = new Uint8Array(CHUNK_BYTES).fill(0x61);
  for (;;) {
    await connection.sendall(block);
    tally.answered += block.length;
  }
}

async function answerOnce(connection: StreamSocket): Promise<void> {
  const chunk = await connection.recv(REQUEST_BYTES);
  if (chunk.length === 0) return;
  await connection.sendall(upper(chunk));
  tally.answered += 1;
}

await run({
  listeners: {
    'udp-echo': udpEcho,
    'udp-batch': (port) => udpBatch(port),
    'udp-burst': udpBurst,
    'udp-receive': udpReceive,
    'tcp-echo': tcpServer(echo),
    'tcp-lines': tcpServer(lines),
    'tcp-sink': tcpServer(process.env.RECEIVE_INTO ? sinkInto : sink),
    'tcp-source': tcpServer(source),
    'tcp-accept': tcpServer(answerOnce),
  },
  senders: { 'udp-send': udpSend, 'udp-send-batch': udpSendBatch, 'udp-send-spread': udpSendSpread },
});
