/** The three segments of a handshake, and what happens when nobody listens or one of them is lost. */
import { AF_INET, SOCK_STREAM } from '../index.ts';
import { tcpClient, tcpServer } from './notes-programs.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** A server that is started half a second late. */
const lateServer: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'await sleep(500);',
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'await connectionSocket.recv(1024);',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    await sleep(500);
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    await connectionSocket.recv(1024);
    await connectionSocket.close();
  },
};

/** Connects before the server is there, and again after. */
const twice: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'for (let attempt = 1; attempt <= 2; attempt++) {',
    '  const clientSocket = socket(AF_INET, SOCK_STREAM);',
    '  const start = now();',
    "  const outcome = await clientSocket.connect({ host: '10.0.0.2', port: 12000 }).then(",
    "    () => 'connected',",
    '    ({ code }) => code,',
    '  );',
    '  print(`attempt ${attempt}: ${outcome} after ${(now() - start).toFixed(1)} ms`);',
    '  await clientSocket.close();',
    '  await sleep(1000);',
    '}',
  ],
  body: async ({ socket, sleep, print, now }) => {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const clientSocket = socket(AF_INET, SOCK_STREAM);
      const start = now();
      const outcome = await clientSocket.connect({ host: '10.0.0.2', port: 12000 }).then(
        () => 'connected',
        ({ code }) => code,
      );
      print(`attempt ${attempt}: ${outcome} after ${(now() - start).toFixed(1)} ms`);
      await clientSocket.close();
      await sleep(1000);
    }
  },
};

/** The scenario. */
export const tcpHandshake: Scenario = {
  name: 'tcp-handshake',
  title: 'TCP: the handshake',
  question: {
    text: 'The client runs before the server. What does connect() do?',
    answer: 'It fails at once with ECONNREFUSED: the host answers the SYN with a reset, for nobody listens.',
  },
  variants: [
    {
      name: 'before-and-after',
      title: 'before the server runs, and after',
      captions: [
        'Nobody listens on port 12000: the host answers the SYN with RST, and connect() fails with ECONNREFUSED.',
        'The server listens now. SYN, SYN-ACK, ACK: after one round trip connect() returns.',
        'The last ACK of the handshake may already carry data.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', lateServer);
        const client = host('client', '10.0.0.1', twice);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results };
      },
    },
    {
      name: 'syn-lost',
      title: 'three SYNs are lost',
      question: {
        text: 'The SYN is lost on its way. How does connect() find out?',
        answer: 'By its timer: nothing comes back, so after a second the SYN is sent again, and again.',
      },
      captions: [
        'The SYN is lost. Nothing comes back, so the client waits and sends it again.',
        'Linux sends the first five a second apart, then doubles; the books double from the start.',
        'One arrives: connect() has taken all those waits and one round trip.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', tcpServer);
        const client = host('client', '10.0.0.1', tcpClient);
        link(client.host, server.host, { delayMs: 25 })
          .toward(server.host)
          .drop({ tcp: { flags: 'S' }, nth: [1, 2, 3] });
        return { until: client.results };
      },
    },
    {
      name: 'syn-ack-lost',
      title: 'the SYN-ACK is lost once',
      question: {
        text: 'The SYN arrives, but its answer is lost. Who sends again?',
        answer: 'Both: the client its SYN, for nothing came back, and the server its SYN-ACK.',
      },
      captions: [
        'The SYN arrives, but its answer is lost: the server knows of the client, the client of nothing.',
        'After a second the client sends its SYN again, and the server its SYN-ACK.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', tcpServer);
        const client = host('client', '10.0.0.1', tcpClient);
        link(client.host, server.host, { delayMs: 25 })
          .toward(client.host)
          .drop({ tcp: { flags: 'SA' }, nth: 1 });
        return { until: client.results };
      },
    },
  ],
};
