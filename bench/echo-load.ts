/**
 * A closed-loop load, as a program of its own: `echo-load.js udp|tcp PORT CLIENTS WINDOW`. Each client keeps so many
 * messages of 64 bytes in flight until the parent disconnects.
 */
import { AF_INET, SOCK_DGRAM, SOCK_STREAM, socket } from 'portico';

const MESSAGE = new Uint8Array(64).fill(97);
/** A lost datagram must not stop its client: after this pause the window is filled again. */
const LOSS_MS = 200;

async function udpClient(port: number, window: number): Promise<void> {
  const client = socket(AF_INET, SOCK_DGRAM);
  const address = { host: '127.0.0.1', port };
  const burst = Array.from({ length: window }, () => ({ data: MESSAGE, address }));
  await client.sendmmsg(burst);
  for (;;) {
    const replies = await client.recvmmsg(window, 2048, { timeoutMs: LOSS_MS }).catch(() => burst);
    await client.sendmmsg(burst.slice(0, replies.length));
  }
}

async function tcpClient(port: number): Promise<void> {
  const client = socket(AF_INET, SOCK_STREAM);
  await client.connect({ host: '127.0.0.1', port });
  for (;;) {
    await client.send(MESSAGE);
    let missing = MESSAGE.length;
    while (missing > 0) missing -= (await client.recv(missing)).length;
  }
}

const [transport, port, clients, window] = process.argv.slice(2);
process.on('disconnect', () => process.exit());
for (let client = 0; client < Number(clients); client += 1) {
  void (transport === 'udp' ? udpClient(Number(port), Number(window)) : tcpClient(Number(port)));
}
