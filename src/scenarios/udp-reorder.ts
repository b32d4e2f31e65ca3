/** Three datagrams of which one is overtaken and one comes twice. */
import { AF_INET, decode, SOCK_DGRAM } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Sends 1, 2, 3. */
const sender: ScenarioProgram = {
  name: 'UDPSender',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    'for (const number of [1, 2, 3]) {',
    "  await clientSocket.sendto(`${number}`, { host: '10.0.0.2', port: 12000 });",
    '  await sleep(5);',
    '}',
  ],
  body: async ({ socket, sleep }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    for (const number of [1, 2, 3]) {
      await clientSocket.sendto(`${number}`, { host: '10.0.0.2', port: 12000 });
      await sleep(5);
    }
  },
};

/** Prints four datagrams as they come. */
const receiver: ScenarioProgram = {
  name: 'UDPReceiver',
  lines: [
    'const serverSocket = socket(AF_INET, SOCK_DGRAM);',
    "await serverSocket.bind({ host: '', port: 12000 });",
    'for (let count = 0; count < 4; count++) {',
    '  const [message] = await serverSocket.recvfrom(2048);',
    '  print(`received ${decode(message)}`);',
    '}',
  ],
  body: async ({ socket, print }) => {
    const serverSocket = socket(AF_INET, SOCK_DGRAM);
    await serverSocket.bind({ host: '', port: 12000 });
    for (let count = 0; count < 4; count++) {
      const [message] = await serverSocket.recvfrom(2048);
      print(`received ${decode(message)}`);
    }
  },
};

/** The scenario. */
export const udpReorder: Scenario = {
  name: 'udp-reorder',
  title: 'UDP: overtaken, and twice',
  variants: [
    {
      name: 'two-one-one-three',
      title: 'the first is overtaken and comes twice',
      question: {
        text: 'The client sends 1, 2, 3. What can the server receive?',
        answer: 'Any of them, in any order, none, or more than once: here 2, 1, 1, 3.',
      },
      captions: [
        'The first datagram takes a detour.',
        'The second overtakes it: their arrows cross.',
        'The first has arrived, and a copy of it: some router sent it twice. UDP hands both to the program.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', receiver);
        const client = host('client', '10.0.0.1', sender);
        const way = link(client.host, server.host, { delayMs: 25 }).toward(server.host);
        way.duplicate({ udp: true, nth: 1 }, { delayMs: 2 });
        way.delay(7, { udp: true, nth: 1 });
        return { until: server.results };
      },
    },
  ],
};
