/** Which socket a segment is for: two clients with the same source port, and one client twice. */
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM } from '../index.ts';
import { udpServer } from './notes-programs.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';
import { welcomeServer } from './welcome-socket.ts';

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
  variants: [
    {
      name: 'tcp',
      title: 'two clients with one source port, one client twice',
      question: {
        text: 'Two hosts both connect from port 50001. Does the server mix them up?',
        answer:
          'No: their addresses differ. A connection is told by source and destination, address and port.',
      },
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
        text: 'Two hosts send from port 50001 to one UDP socket. How does the program know whom to answer?',
        answer: 'By the address that recvfrom gives with each message: there is one socket for all.',
      },
      captions: [
        'The same senders over UDP: nobody connects.',
        'All datagrams reach the one socket that has port 12000. Only the address in each tells the program who sent it.',
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
