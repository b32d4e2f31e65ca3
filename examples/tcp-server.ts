// The TCP server of the notes: a welcome socket, and a connection socket for each client.
// Usage: node build/examples/tcp-server.js [port]
import { AF_INET, decode, encode, SOCK_STREAM, socket } from 'portico';

const serverPort = Number(process.argv[2] ?? 12000);
const serverSocket = socket(AF_INET, SOCK_STREAM);
await serverSocket.bind({ host: '', port: serverPort });
await serverSocket.listen(1);
console.log('The server is ready to receive at port', serverSocket.getsockname().port);
while (true) {
  const [connectionSocket, _clientAddress] = await serverSocket.accept();
  const sentence = decode(await connectionSocket.recv(1024));
  const capitalizedSentence = sentence.toUpperCase();
  await connectionSocket.send(encode(capitalizedSentence));
  await connectionSocket.close();
}
