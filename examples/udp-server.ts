// The UDP server of the notes: one socket serves all clients. Usage: node build/examples/udp-server.js [port]
import { AF_INET, decode, encode, SOCK_DGRAM, socket } from 'portico';

const serverPort = Number(process.argv[2] ?? 12000);
const serverSocket = socket(AF_INET, SOCK_DGRAM);
await serverSocket.bind({ host: '', port: serverPort });
console.log('The server is ready to receive at port', serverSocket.getsockname().port);
while (true) {
  const [message, clientAddress] = await serverSocket.recvfrom(2048);
  const modifiedMessage = decode(message).toUpperCase();
  await serverSocket.sendto(encode(modifiedMessage), clientAddress);
}
