/** The welcome socket stays; each client gets a connection socket of its own, all on one port. */
import { AF_INET, decode, SOCK_STREAM } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Serves every client at once, each with its own connection socket. */
export const welcomeServer: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(5);',
    'for (;;) {',
    '  const [connectionSocket, { host, port }] = await welcomeSocket.accept();',
    '  print(`a connection socket for ${host}:${port}`);',
    '  void (async () => {',
    '    for await (const sentence of connectionSocket) {',
    '      await connectionSocket.send(decode(sentence).toUpperCase());',
    '    }',
    '    await connectionSocket.close();',
    '  })().catch(({ code }) => print(code));',
    '}',
  ],
  body: async ({ socket, print }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(5);
    for (;;) {
      const [connectionSocket, { host, port }] = await welcomeSocket.accept();
      print(`a connection socket for ${host}:${port}`);
      void (async () => {
        for await (const sentence of connectionSocket) {
          await connectionSocket.send(decode(sentence).toUpperCase());
        }
        await connectionSocket.close();
      })().catch(({ code }) => print(code));
    }
  },
};

/** Connects, waits, asks. */
const client: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.9', port: 12000 });",
    'await sleep(100);',
    "await clientSocket.send('hello');",
    'print(decode(await clientSocket.recv(1024)));',
    'await sleep(200);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.9', port: 12000 });
    await sleep(100);
    await clientSocket.send('hello');
    print(decode(await clientSocket.recv(1024)));
    await sleep(200);
    await clientSocket.close();
  },
};

/** The scenario. */
export const welcomeSocket: Scenario = {
  name: 'welcome-socket',
  title: 'TCP: one welcome socket, three connection sockets',
  variants: [
    {
      name: 'three-clients',
      title: 'three clients',
      question: {
        text: 'Three clients are connected. How many sockets has the server, and on how many ports?',
        answer:
          'Four sockets, all on port 12000: the welcome socket and one connection socket for each client.',
      },
      captions: [
        'Three clients connect to one server.',
        'Their SYNs reach the welcome socket, which stays where it is.',
        'accept() makes a connection socket for each client. All have the local port 12000.',
        'A segment finds its socket by four fields: both addresses and both ports.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.9', welcomeServer);
        const clients = ['A', 'B', 'C'].map((name, index) => host(name, `10.0.0.${index + 1}`, client));
        for (const one of clients) link(one.host, server.host, { delayMs: 25 });
        return { until: clients.flatMap(({ results }) => results), looksMs: [160] };
      },
    },
  ],
};
