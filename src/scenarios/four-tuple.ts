/** Which socket a segment is for: two clients with the same source port, and one client twice. */
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM } from '../index.ts';
import { udpServer } from './notes-programs.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Serves every client at once, each with its own connection socket. */
const welcomeServer: ScenarioProgram = {
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
    '  })();',
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
      })();
    }
  },
};

/** From port 50001. */
const first: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    'await sleep(0);',
    "await clientSocket.bind({ host: '', port: 50001 });",
    "await clientSocket.connect({ host: '10.0.0.9', port: 12000 });",
    "await clientSocket.send('from port 50001');",
    'print(decode(await clientSocket.recv(1024)));',
    'await sleep(300);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await sleep(0);
    await clientSocket.bind({ host: '', port: 50001 });
    await clientSocket.connect({ host: '10.0.0.9', port: 12000 });
    await clientSocket.send('from port 50001');
    print(decode(await clientSocket.recv(1024)));
    await sleep(300);
    await clientSocket.close();
  },
};

/** From port 50002. */
const second: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    'await sleep(20);',
    "await clientSocket.bind({ host: '', port: 50002 });",
    "await clientSocket.connect({ host: '10.0.0.9', port: 12000 });",
    "await clientSocket.send('from port 50002');",
    'print(decode(await clientSocket.recv(1024)));',
    'await sleep(300);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await sleep(20);
    await clientSocket.bind({ host: '', port: 50002 });
    await clientSocket.connect({ host: '10.0.0.9', port: 12000 });
    await clientSocket.send('from port 50002');
    print(decode(await clientSocket.recv(1024)));
    await sleep(300);
    await clientSocket.close();
  },
};

/** The same over UDP. */
const udpFirst: ScenarioProgram = {
  name: 'UDPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    "await clientSocket.bind({ host: '', port: 50001 });",
    "await clientSocket.sendto('from port 50001', { host: '10.0.0.9', port: 12000 });",
    'print(decode((await clientSocket.recvfrom(1024))[0]));',
  ],
  body: async ({ socket, print }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    await clientSocket.bind({ host: '', port: 50001 });
    await clientSocket.sendto('from port 50001', { host: '10.0.0.9', port: 12000 });
    print(decode((await clientSocket.recvfrom(1024))[0]));
  },
};

/** And from another port. */
const udpSecond: ScenarioProgram = {
  name: 'UDPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    "await clientSocket.bind({ host: '', port: 50002 });",
    "await clientSocket.sendto('from port 50002', { host: '10.0.0.9', port: 12000 });",
    'print(decode((await clientSocket.recvfrom(1024))[0]));',
  ],
  body: async ({ socket, print }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    await clientSocket.bind({ host: '', port: 50002 });
    await clientSocket.sendto('from port 50002', { host: '10.0.0.9', port: 12000 });
    print(decode((await clientSocket.recvfrom(1024))[0]));
  },
};

/** The scenario. */
export const fourTuple: Scenario = {
  name: 'four-tuple',
  title: 'TCP: the four-tuple',
  question: {
    text: 'Two hosts both connect from port 50001. Does the server mix them up?',
    answer: 'No: their addresses differ. A connection is told by source and destination, address and port.',
  },
  variants: [
    {
      name: 'tcp',
      title: 'two clients with one source port, one client twice',
      captions: [
        'A and B both connect from port 50001: the source addresses tell them apart.',
        'A connects a second time, from port 50002: the source port tells its connections apart.',
        'Each arrival is matched against four fields, and only when no connection fits against the welcome socket.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.9', welcomeServer);
        const a = host('A', '10.0.0.1', first, second);
        const b = host('B', '10.0.0.2', first);
        for (const one of [a, b]) link(one.host, server.host, { delayMs: 25 });
        return { until: [...a.results, ...b.results], looksMs: [200] };
      },
    },
    {
      name: 'udp',
      title: 'the same over UDP: one socket for all',
      question: {
        text: 'The same clients over UDP. How many sockets has the server?',
        answer:
          'One: a datagram finds it by its port. Whom it is from, the program reads out of its address.',
      },
      captions: [
        'The same senders over UDP: all datagrams reach the one socket that has port 12000.',
        'Only the address in each datagram tells the program who sent it.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.9', udpServer);
        const a = host('A', '10.0.0.1', udpFirst, udpSecond);
        const b = host('B', '10.0.0.2', udpFirst);
        for (const one of [a, b]) link(one.host, server.host, { delayMs: 25 });
        return { until: [...a.results, ...b.results], looksMs: [30] };
      },
    },
  ],
};
