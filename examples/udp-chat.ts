// Two people talk over UDP. The first gives a port and waits, the second names the first; Ctrl-D ends.
// Usage: node build/examples/udp-chat.js port        then: node build/examples/udp-chat.js 0 host port
import { createInterface } from 'node:readline';
import type { InetAddress } from 'portico';
import { AF_INET, decode, SOCK_DGRAM, socket } from 'portico';

const [ownPort = '12000', peerHost, peerPort] = process.argv.slice(2);
let peer: InetAddress | undefined = peerHost
  ? { host: peerHost, port: Number(peerPort ?? 12000) }
  : undefined;

const chat = socket(AF_INET, SOCK_DGRAM);
await chat.bind({ port: Number(ownPort) });
console.log('This side is at port', chat.getsockname().port);

async function listen(): Promise<void> {
  for await (const [message, sender] of chat) {
    peer = sender; // whoever spoke last gets the next line
    console.log(`${sender.host}:${sender.port}: ${decode(message)}`);
  }
}

async function speak(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (peer) await chat.sendto(line, peer);
    else console.log('Nobody is there yet');
  }
  await chat.close(); // which ends listen() too
}

await Promise.all([listen(), speak()]);
