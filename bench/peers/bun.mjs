/**
 * The server programs with Bun's own sockets: `Bun.udpSocket` and `Bun.listen`. Bun has no way to choose the buffers of
 * a UDP socket, the backlog of a welcome socket, or the size of a chunk that it reads.
 */
/* global Bun */
import { BATCH, CHUNK_BYTES, HOST, lineSplitter, MESSAGE, run, tally, upper } from '../servers/program.ts';

/**
 * A client that is gone leaves ECONNREFUSED behind (Bun asks for it with IP_RECVERR), and an unhandled one ends the
 * process. The `send` that meets it throws, so it costs another client an answer.
 */
function onError() {}

async function udpServer(port, data) {
  const server = await Bun.udpSocket({ hostname: HOST, port, socket: { data, error: onError } });
  return server.port;
}

function udpEcho(port) {
  return udpServer(port, (server, message, port, address) => {
    server.send(upper(message), port, address);
    tally.answered += 1;
  });
}

function udpReceive(port) {
  return udpServer(port, () => {
    tally.answered += 1;
  });
}

async function udpSend(port) {
  const client = await Bun.udpSocket({ connect: { hostname: HOST, port }, socket: { error: onError } });
  const batch = Array(BATCH).fill(MESSAGE);
  const sendBatch = () => {
    tally.answered += client.sendMany(batch);
    setImmediate(sendBatch);
  };
  sendBatch();
}

/** `write` takes what fits: the rest is kept in `socket.data` until there is room, and nothing overtakes it. */
function writeAll(socket, bytes) {
  if (socket.data.length > 0) socket.data = Buffer.concat([socket.data, bytes]);
  else {
    const written = socket.write(bytes);
    if (written < bytes.length) socket.data = Buffer.from(bytes.subarray(written));
  }
}

function drain(socket) {
  if (socket.data.length > 0) socket.data = socket.data.subarray(Math.max(socket.write(socket.data), 0));
}

const NOTHING = Buffer.alloc(0);

/** TCP_NODELAY stays off in every program of the benchmark; Bun turns it on. */
function open(socket) {
  socket.setNoDelay(false);
  socket.data = NOTHING;
}

function tcpServer(handlers) {
  return (port) =>
    Bun.listen({ hostname: HOST, port, socket: { open, drain, error: onError, ...handlers } }).port;
}

function echo(socket, chunk) {
  writeAll(socket, upper(chunk));
  tally.answered += 1;
}

const splitters = new WeakMap();

function lines(socket, chunk) {
  for (const line of splitters.get(socket)(chunk)) {
    writeAll(socket, upper(line));
    tally.answered += 1;
  }
}

function sink(_, chunk) {
  tally.answered += chunk.length;
}

const block = new Uint8Array(CHUNK_BYTES).fill(0x61);

/** The bytes of a block are all the same: what a short write left out need not be written. */
function fill(socket) {
  let written;
  do {
    written = socket.write(block);
    tally.answered += Math.max(written, 0);
  } while (written === block.length);
}

function answerOnce(socket, chunk) {
  socket.end(upper(chunk));
  tally.answered += 1;
}

await run({
  listeners: {
    'udp-echo': udpEcho,
    'udp-burst': udpEcho,
    'udp-receive': udpReceive,
    'tcp-echo': tcpServer({ data: echo }),
    'tcp-lines': tcpServer({
      open(socket) {
        open(socket);
        splitters.set(socket, lineSplitter());
      },
      data: lines,
    }),
    'tcp-sink': tcpServer({ data: sink }),
    'tcp-source': tcpServer({ open: fill, drain: fill, data() {} }),
    'tcp-accept': tcpServer({ data: answerOnce }),
  },
  senders: { 'udp-send': udpSend },
});
