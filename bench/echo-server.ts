/**
 * One echo server in upper case, as a program of its own: `echo-server.js portico-udp|dgram|portico-tcp|net`.
 * It tells its port, and on request how many messages it answered and how much processor time it used.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { StreamSocket } from 'portico';
import { AF_INET, SO_RCVBUF, SO_SNDBUF, SOCK_DGRAM, SOCK_STREAM, SOL_SOCKET, socket } from 'portico';

const BUFFER_BYTES = 1 << 20;
let answered = 0;

function upper(bytes: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 97 && byte <= 122) bytes[at] = byte - 32;
  }
  return bytes;
}

async function porticoUdp(): Promise<number> {
  const server = socket(AF_INET, SOCK_DGRAM);
  server.setsockopt(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  server.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
  await server.bind({ host: '127.0.0.1', port: 0 });
  const loop = async () => {
    for (;;) {
      const [message, address] = await server.recvfrom(2048);
      await server.sendto(upper(message), address);
      answered += 1;
    }
  };
  void loop();
  return server.getsockname().port;
}

async function porticoTcp(): Promise<number> {
  const welcome = socket(AF_INET, SOCK_STREAM);
  await welcome.bind({ host: '127.0.0.1', port: 0 });
  await welcome.listen();
  const serve = async (connection: StreamSocket) => {
    for (;;) {
      const chunk = await connection.recv(65_536);
      if (chunk.length === 0) return connection.close();
      await connection.send(upper(chunk));
      answered += 1;
    }
  };
  const loop = async () => {
    for (;;) {
      const [connection] = await welcome.accept();
      // The load ends without a good-bye: its connections are reset.
      void serve(connection).catch(() => connection.close());
    }
  };
  void loop();
  return welcome.getsockname().port;
}

function dgram(): Promise<number> {
  const server = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES, sendBufferSize: BUFFER_BYTES });
  server.on('message', (message, { port, address }) => {
    server.send(upper(message), port, address);
    answered += 1;
  });
  return new Promise((resolve) => server.bind(0, '127.0.0.1', () => resolve(server.address().port)));
}

function net(): Promise<number> {
  const server = createServer({ noDelay: false }, (connection) => {
    connection.on('error', () => {});
    connection.on('data', (chunk) => {
      connection.write(upper(chunk));
      answered += 1;
    });
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    }),
  );
}

const servers: Record<string, () => Promise<number>> = {
  'portico-udp': porticoUdp,
  dgram,
  'portico-tcp': porticoTcp,
  net,
};

const start = servers[process.argv[2] ?? ''];
if (!start) throw new Error(`Usage: echo-server.js ${Object.keys(servers).join('|')}`);
process.on('message', () => process.send?.({ answered, cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
process.send?.({ port: await start() });
