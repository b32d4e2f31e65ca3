/**
 * The server programs with Deno's own sockets: `Deno.listenDatagram` (`--unstable-net`) and `Deno.listen`. Deno has no
 * way to choose the buffers of a UDP socket, and none to fix the peer of one.
 */
/* global Deno */
import { BACKLOG, CHUNK_BYTES, HOST, lineSplitter, MESSAGE, run, tally, upper } from '../servers/program.ts';

const DATAGRAM_BYTES = 2048;
/** What one read takes. Each connection has a buffer of its own while it waits: a larger one would only cost memory. */
const REQUEST_BYTES = 4096;

function udpSocket(port) {
  return Deno.listenDatagram({ transport: 'udp', hostname: HOST, port });
}

function udpEcho(port) {
  const server = udpSocket(port);
  const loop = async () => {
    const buffer = new Uint8Array(DATAGRAM_BYTES);
    for (;;) {
      const [message, address] = await server.receive(buffer);
      await server.send(upper(message), address);
      tally.answered += 1;
    }
  };
  void loop();
  return server.addr.port;
}

function udpReceive(port) {
  const server = udpSocket(port);
  const loop = async () => {
    const buffer = new Uint8Array(DATAGRAM_BYTES);
    for (;;) {
      await server.receive(buffer);
      tally.answered += 1;
    }
  };
  void loop();
  return server.addr.port;
}

async function udpSend(port) {
  const client = udpSocket(0);
  const address = { transport: 'udp', hostname: HOST, port };
  for (;;) {
    await client.send(MESSAGE, address);
    tally.answered += 1;
  }
}

/** `write` takes what fits. */
async function writeAll(connection, bytes) {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(await connection.write(rest));
}

/** A mode for TCP is what it does with one connection, to its end; the load may end it without a good-bye. */
function tcpServer(serve) {
  const talk = async (connection) => {
    try {
      connection.setNoDelay(false);
      await serve(connection);
    } catch {}
    connection.close();
  };
  return (port) => {
    const welcome = Deno.listen({ hostname: HOST, port, tcpBacklog: BACKLOG });
    const loop = async () => {
      for (;;) {
        try {
          void talk(await welcome.accept());
        } catch {
          // A client was gone before it was accepted: Deno asks for its address, and there is none.
        }
      }
    };
    void loop();
    return welcome.addr.port;
  };
}

async function echo(connection) {
  const buffer = new Uint8Array(REQUEST_BYTES);
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) return;
    await writeAll(connection, upper(buffer.subarray(0, length)));
    tally.answered += 1;
  }
}

async function lines(connection) {
  const buffer = new Uint8Array(REQUEST_BYTES);
  const split = lineSplitter();
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) return;
    for (const line of split(buffer.subarray(0, length))) {
      await writeAll(connection, upper(line));
      tally.answered += 1;
    }
  }
}

async function sink(connection) {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const length = await connection.read(buffer);
    if (length === null) return;
    tally.answered += length;
  }
}

async function source(connection) {
  const block = new Uint8Array(CHUNK_BYTES).fill(0x61);
  for (;;) tally.answered += await connection.write(block);
}

async function answerOnce(connection) {
  const buffer = new Uint8Array(REQUEST_BYTES);
  const length = await connection.read(buffer);
  if (length === null) return;
  await writeAll(connection, upper(buffer.subarray(0, length)));
  tally.answered += 1;
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
