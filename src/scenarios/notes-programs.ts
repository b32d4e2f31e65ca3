/** The four programs of the notes, as they run on simulated hosts. */
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM } from '../index.ts';
import type { ScenarioProgram } from './scenario.ts';

/** The UDP server. */
export const udpServer: ScenarioProgram = {
  name: 'UDPServer',
  python: [
    'serverSocket = socket(AF_INET, SOCK_DGRAM)',
    "serverSocket.bind(('', 12000))",
    'while True:',
    '    message, clientAddress = serverSocket.recvfrom(2048)',
    '    modifiedMessage = message.decode().upper()',
    '    serverSocket.sendto(modifiedMessage.encode(), clientAddress)',
  ],
  lines: [
    'const serverSocket = socket(AF_INET, SOCK_DGRAM);',
    "await serverSocket.bind({ host: '', port: 12000 });",
    'for (;;) {',
    '  const [message, clientAddress] = await serverSocket.recvfrom(2048);',
    '  await serverSocket.sendto(decode(message).toUpperCase(), clientAddress);',
    '}',
  ],
  body: async ({ socket }) => {
    const serverSocket = socket(AF_INET, SOCK_DGRAM);
    await serverSocket.bind({ host: '', port: 12000 });
    for (;;) {
      const [message, clientAddress] = await serverSocket.recvfrom(2048);
      await serverSocket.sendto(decode(message).toUpperCase(), clientAddress);
    }
  },
};

/** The UDP client. */
export const udpClient: ScenarioProgram = {
  name: 'UDPClient',
  python: [
    'clientSocket = socket(AF_INET, SOCK_DGRAM)',
    "message = input('Input lowercase sentence: ')",
    "clientSocket.sendto(message.encode(), ('server', 12000))",
    'modifiedMessage, serverAddress = clientSocket.recvfrom(2048)',
    'print(modifiedMessage.decode())',
    'clientSocket.close()',
  ],
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    "const line = input('Input lowercase sentence: ');",
    "await clientSocket.sendto(line, { host: 'server', port: 12000 });",
    'const [message, address] = await clientSocket.recvfrom(2048);',
    'print(`${decode(message)} from ${address.host}:${address.port}`);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, print, input }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    const line = input('Input lowercase sentence: ');
    await clientSocket.sendto(line, { host: 'server', port: 12000 });
    const [message, address] = await clientSocket.recvfrom(2048);
    print(`${decode(message)} from ${address.host}:${address.port}`);
    await clientSocket.close();
  },
};

/** The TCP server. */
export const tcpServer: ScenarioProgram = {
  name: 'TCPServer',
  python: [
    'serverSocket = socket(AF_INET, SOCK_STREAM)',
    "serverSocket.bind(('', 12000))",
    'serverSocket.listen(1)',
    'while True:',
    '    connectionSocket, addr = serverSocket.accept()',
    '    sentence = connectionSocket.recv(1024).decode()',
    '    connectionSocket.send(sentence.upper().encode())',
    '    connectionSocket.close()',
  ],
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'for (;;) {',
    '  const [connectionSocket] = await welcomeSocket.accept();',
    '  const sentence = await connectionSocket.recv(1024);',
    '  await connectionSocket.send(decode(sentence).toUpperCase());',
    '  await connectionSocket.close();',
    '}',
  ],
  body: async ({ socket }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    for (;;) {
      const [connectionSocket] = await welcomeSocket.accept();
      const sentence = await connectionSocket.recv(1024);
      await connectionSocket.send(decode(sentence).toUpperCase());
      await connectionSocket.close();
    }
  },
};

/** The TCP client. */
export const tcpClient: ScenarioProgram = {
  name: 'TCPClient',
  python: [
    'clientSocket = socket(AF_INET, SOCK_STREAM)',
    "clientSocket.connect(('server', 12000))",
    "sentence = input('Input lowercase sentence: ')",
    'clientSocket.send(sentence.encode())',
    'modifiedSentence = clientSocket.recv(1024)',
    'print(modifiedSentence.decode())',
    'clientSocket.close()',
  ],
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: 'server', port: 12000 });",
    'print(`connected after ${now().toFixed(1)} ms`);',
    "const line = input('Input lowercase sentence: ');",
    'await clientSocket.send(line);',
    'print(decode(await clientSocket.recv(1024)));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, print, now, input }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: 'server', port: 12000 });
    print(`connected after ${now().toFixed(1)} ms`);
    const line = input('Input lowercase sentence: ');
    await clientSocket.send(line);
    print(decode(await clientSocket.recv(1024)));
    await clientSocket.close();
  },
};
