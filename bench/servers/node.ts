/**
 * The server programs with bare `node:dgram` and `node:net`. Left out: a stop of reading while a peer does not read
 * what it is sent, which a closed loop never asks for; node:net keeps such bytes in memory.
 */
import type { Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { AddressInfo, Socket as Connection } from 'node:net';
import { createServer } from 'node:net';
import {
  BACKLOG,
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

function udpSocket(): UdpSocket {
  return createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
}

function bound(server: UdpSocket, port: number): Promise<number> {
  return new Promise((resolve) => server.bind(port, HOST, () => resolve(server.address().port)));
}

function udpEcho(port: number): Promise<number> {
  const server = udpSocket();
  server.on('message', (message, { port, address }) => {
    server.send(upper(message), port, address);
    tally.answered += 1;
  });
  return bound(server, port);
}

function udpReceive(port: number): Promise<number> {
  const server = udpSocket();
  server.on('message', () => {
    tally.answered += 1;
  });
  return bound(server, port);
}

/** A batch in flight, and a turn of the event loop after each: a send that ends at once calls back within its turn. */
function udpSend(port: number): void {
  const client = udpSocket();
  let inFlight = 0;
  const onSent = (error: Error | null) => {
    if (!error) tally.answered += 1;
    inFlight -= 1;
    if (inFlight === 0) setImmediate(sendBatch);
  };
  const sendBatch = () => {
    for (inFlight = 0; inFlight < BATCH; inFlight += 1) client.send(MESSAGE, onSent);
  };
  client.connect(port, HOST, sendBatch);
}

function tcpServer(serve: (connection: Connection) => void): (port: number) => Promise<number> {
  return (port) => {
    const server = createServer({ noDelay: false }, (connection) => {
      connection.on('error', () => {}); // the load ends without a good-bye
      serve(connection);
    });
    return new Promise((resolve) =>
      server.listen(port, HOST, BACKLOG, () => resolve((server.address() as AddressInfo).port)),
    );
  };
}

function echo(connection: Connection): void {
  connection.on('data', (chunk) => {
    connection.write(upper(chunk));
    tally.answered += 1;
  });
}

function lines(connection: Connection): void {
  const split = lineSplitter();
  connection.on('data', (chunk) => {
    for (const line of split(chunk)) {
      connection.write(upper(line));
      tally.answered += 1;
    }
  });
}

/** A server's connection has no way to choose the size of its chunks: 64 KiB at most. */
function sink(connection: Connection): void {
  connection.on('data', (chunk) => {
    tally.answered += chunk.length;
  });
}

function source(connection: Connection): void {
  const block = new Uint8Array(CHUNK_BYTES).fill(0x61);
  const onSent = () => {
    tally.answered += block.length;
  };
  const fill = () => {
    while (connection.write(block, onSent));
  };
  connection.on('drain', fill);
  fill();
}

function answerOnce(connection: Connection): void {
  connection.once('data', (chunk) => {
    connection.end(upper(chunk));
    tally.answered += 1;
  });
}

await run({
  listeners: {
    'udp-echo': udpEcho,
    'udp-burst': udpEcho,
    'udp-receive': udpReceive,
    'tcp-echo': tcpServer(echo),
    'tcp-lines': tcpServer(lines),
    'tcp-sink': tcpServer(sink),
    'tcp-source': tcpServer(source),
    'tcp-accept': tcpServer(answerOnce),
  },
  senders: { 'udp-send': udpSend },
});
