// The TCP client of the notes. Usage: node build/examples/tcp-client.js [host] [port]
import { createInterface } from 'node:readline/promises';
import { AF_INET, decode, encode, SOCK_STREAM, socket } from 'portico';

const serverName = process.argv[2] ?? 'localhost';
const serverPort = Number(process.argv[3] ?? 12000);
const clientSocket = socket(AF_INET, SOCK_STREAM);
await clientSocket.connect({ host: serverName, port: serverPort });
const keyboard = createInterface({ input: process.stdin, output: process.stdout });
const sentence = await keyboard.question('Input lowercase sentence: ');
keyboard.close();
await clientSocket.send(encode(sentence));
const modifiedSentence = await clientSocket.recv(1024);
console.log('From server:', decode(modifiedSentence));
await clientSocket.close();
