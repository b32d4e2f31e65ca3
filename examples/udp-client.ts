// The UDP client of the notes. Usage: node build/examples/udp-client.js [host] [port]
import { createInterface } from 'node:readline/promises';
import { AF_INET, decode, encode, SOCK_DGRAM, socket } from 'portico';

const serverName = process.argv[2] ?? 'localhost';
const serverPort = Number(process.argv[3] ?? 12000);
const clientSocket = socket(AF_INET, SOCK_DGRAM);
const keyboard = createInterface({ input: process.stdin, output: process.stdout });
const message = await keyboard.question('Input lowercase sentence: ');
keyboard.close();
await clientSocket.sendto(encode(message), { host: serverName, port: serverPort });
const [modifiedMessage, serverAddress] = await clientSocket.recvfrom(2048);
console.log(decode(modifiedMessage), 'from', serverAddress);
await clientSocket.close();
