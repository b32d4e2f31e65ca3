/** Three sends: one stream of bytes over TCP, three messages over UDP. */
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Receives once. */
const streamServer: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'await sleep(300);',
    'print(`one recv: ${decode(await connectionSocket.recv(1024))}`);',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    await sleep(300);
    print(`one recv: ${decode(await connectionSocket.recv(1024))}`);
    await connectionSocket.close();
  },
};

/** Sends three times. */
const streamClient: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    "for (const text of ['one', 'two', 'three']) {",
    '  await clientSocket.send(text);',
    '}',
    'await clientSocket.recv(1024);',
    'await clientSocket.close();',
  ],
  body: async ({ socket }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    for (const text of ['one', 'two', 'three']) {
      await clientSocket.send(text);
    }
    await clientSocket.recv(1024);
    await clientSocket.close();
  },
};

/** Receives three times. */
const messageServer: ScenarioProgram = {
  name: 'UDPServer',
  lines: [
    'const serverSocket = socket(AF_INET, SOCK_DGRAM);',
    "await serverSocket.bind({ host: '', port: 12000 });",
    'await sleep(300);',
    'for (let count = 0; count < 3; count++) {',
    '  const [message] = await serverSocket.recvfrom(1024);',
    '  print(`one recvfrom: ${decode(message)}`);',
    '}',
  ],
  body: async ({ socket, sleep, print }) => {
    const serverSocket = socket(AF_INET, SOCK_DGRAM);
    await serverSocket.bind({ host: '', port: 12000 });
    await sleep(300);
    for (let count = 0; count < 3; count++) {
      const [message] = await serverSocket.recvfrom(1024);
      print(`one recvfrom: ${decode(message)}`);
    }
  },
};

/** Sends three datagrams. */
const messageClient: ScenarioProgram = {
  name: 'UDPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    "for (const text of ['one', 'two', 'three']) {",
    "  await clientSocket.sendto(text, { host: '10.0.0.2', port: 12000 });",
    '}',
  ],
  body: async ({ socket }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    for (const text of ['one', 'two', 'three']) {
      await clientSocket.sendto(text, { host: '10.0.0.2', port: 12000 });
    }
  },
};

/** The scenario. */
export const streamOrMessage: Scenario = {
  name: 'stream-or-message',
  title: 'A stream of bytes, or messages',
  question: {
    text: 'The client sends "one", "two", "three" over TCP. What does one recv(1024) give?',
    answer: 'What has arrived: here all eleven bytes, "onetwothree". TCP knows no messages.',
  },
  variants: [
    {
      name: 'tcp',
      title: 'three sends, one recv',
      captions: [
        'Three sends go into one stream of bytes.',
        'In the receive buffer nothing parts them: recv gives all that is there.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', streamServer);
        const client = host('client', '10.0.0.1', streamClient);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results, looksMs: [250] };
      },
    },
    {
      name: 'udp',
      title: 'three datagrams, three recvfrom',
      question: {
        text: 'Three datagrams wait in the queue. What does one recvfrom give?',
        answer: 'The first of them, however many bytes it asks for: datagrams are never joined.',
      },
      captions: [
        'Three datagrams, three messages in the queue.',
        'Each recvfrom gives one of them, however many bytes it asks for.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', messageServer);
        const client = host('client', '10.0.0.1', messageClient);
        link(client.host, server.host, { delayMs: 25 });
        return { until: server.results, looksMs: [250] };
      },
    },
  ],
};
