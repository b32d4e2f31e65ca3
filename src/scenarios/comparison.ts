/** The notes' last table as two runs: the same ten messages over UDP and over TCP, on a network that loses the same of each. */
import { AF_INET, decode, IPPROTO_TCP, SOCK_DGRAM, SOCK_STREAM, TCP_NODELAY } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Prints each message that comes. */
const udpReceiver: ScenarioProgram = {
  name: 'UDPServer',
  lines: [
    'const serverSocket = socket(AF_INET, SOCK_DGRAM);',
    "await serverSocket.bind({ host: '', port: 12000 });",
    'for (;;) {',
    '  const [message] = await serverSocket.recvfrom(2048);',
    '  print(decode(message));',
    '}',
  ],
  body: async ({ socket, print }) => {
    const serverSocket = socket(AF_INET, SOCK_DGRAM);
    await serverSocket.bind({ host: '', port: 12000 });
    for (;;) {
      const [message] = await serverSocket.recvfrom(2048);
      print(decode(message));
    }
  },
};

/** Attaches the address to each message. */
const udpSender: ScenarioProgram = {
  name: 'UDPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    'for (let number = 0; number < 10; number++) {',
    "  await clientSocket.sendto(`${number}`, { host: '10.0.0.2', port: 12000 });",
    '  await sleep(30);',
    '}',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    for (let number = 0; number < 10; number++) {
      await clientSocket.sendto(`${number}`, { host: '10.0.0.2', port: 12000 });
      await sleep(30);
    }
    await clientSocket.close();
  },
};

/** Prints what the stream brings. */
const tcpReceiver: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'for await (const bytes of connectionSocket) print(decode(bytes));',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, print }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    for await (const bytes of connectionSocket) print(decode(bytes));
    await connectionSocket.close();
  },
};

/** Connects once; then the address is known. Each message goes at once, so that there are as many to lose as over UDP. */
const tcpSender: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    'clientSocket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'for (let number = 0; number < 10; number++) {',
    '  await clientSocket.send(`${number}`);',
    '  await sleep(30);',
    '}',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    clientSocket.setsockopt(IPPROTO_TCP, TCP_NODELAY, true);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    for (let number = 0; number < 10; number++) {
      await clientSocket.send(`${number}`);
      await sleep(30);
    }
    await clientSocket.close();
  },
};

/** Which packets with data are lost: by their number, one of the first four and one of the next four. */
function lossesOf(seed: number): readonly [number, number] {
  return [1 + ((seed * 3) % 4), 5 + ((seed * 5) % 4)];
}

const question = {
  text: 'Two of ten messages are lost on their way. What does the program at the other end receive over UDP, and over TCP?',
  answer: 'Over UDP eight of them. Over TCP all ten, in order, later: what was lost is sent again.',
};

/** The scenario of the page that compares. Not in the list: it is two runs. */
export const comparison: Scenario = {
  name: 'compare',
  title: 'UDP and TCP under the same losses',
  variants: [
    {
      name: 'udp',
      title: 'UDP',
      question,
      captions: ['Ten datagrams, each with its address.'],
      build: ({ sim, host, link }) => {
        const server = host('server', '10.0.0.2', udpReceiver);
        const client = host('client', '10.0.0.1', udpSender);
        const way = link(client.host, server.host, { delayMs: 25 }).toward(server.host);
        way.drop({ udp: true, nth: lossesOf(sim.seed) });
        return { until: client.results };
      },
    },
    {
      name: 'tcp',
      title: 'TCP',
      question,
      captions: ['One connection, ten sends.'],
      build: ({ sim, host, link }) => {
        const server = host('server', '10.0.0.2', tcpReceiver);
        const client = host('client', '10.0.0.1', tcpSender);
        const way = link(client.host, server.host, { delayMs: 25 }).toward(server.host);
        way.drop({ tcp: { hasData: true }, nth: lossesOf(sim.seed) });
        return { until: [...client.results, ...server.results] };
      },
    },
  ],
};
