/** How TCP repairs loss: by its timer, or by the acknowledgements that come again. */
import { AF_INET, SOCK_STREAM } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Reads to the end and counts. */
const sink: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'let count = 0;',
    'for await (const chunk of connectionSocket) count += chunk.length;',
    'print(`${count} bytes, all by ${now().toFixed(1)} ms`);',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, print, now }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    let count = 0;
    for await (const chunk of connectionSocket) count += chunk.length;
    print(`${count} bytes, all by ${now().toFixed(1)} ms`);
    await connectionSocket.close();
  },
};

/** Sends one small segment. */
const lone: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'await sleep(100);',
    "await clientSocket.send('hello');",
    'await sleep(3000);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await sleep(100);
    await clientSocket.send('hello');
    await sleep(3000);
    await clientSocket.close();
  },
};

/** Sends ten full segments. */
const ten: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'await sleep(100);',
    'await clientSocket.sendall(new Uint8Array(14600));',
    'await sleep(500);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await sleep(100);
    await clientSocket.sendall(new Uint8Array(14600));
    await sleep(500);
    await clientSocket.close();
  },
};

/** The scenario. */
export const tcpLoss: Scenario = {
  name: 'tcp-loss',
  title: 'TCP: loss and retransmission',
  sender: 'client',
  question: {
    text: 'The third of ten segments is lost. How does the sender find out before its timer?',
    answer:
      'By duplicate acknowledgements: each later segment makes the receiver repeat what it still waits for.',
  },
  variants: [
    {
      name: 'timeout',
      title: 'a lone segment is lost three times',
      question: {
        text: 'A lone segment is lost, and nothing is sent after it. How does the sender find out?',
        answer:
          'By its timer alone: no acknowledgement comes, and no later segment makes the receiver ask for it.',
      },
      captions: [
        'One small segment is lost. No acknowledgement comes, so nothing but the timer can notice.',
        'The retransmission timer runs out after the round-trip time and some more: a copy is sent.',
        'Each further loss doubles the time.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', sink);
        const client = host('client', '10.0.0.1', lone);
        link(client.host, server.host, { delayMs: 25 })
          .toward(server.host)
          .drop({ tcp: { hasData: true }, nth: [1, 2, 3] });
        return { until: [...client.results, ...server.results] };
      },
    },
    {
      name: 'fast-retransmit',
      title: 'the third of ten is lost',
      captions: [
        'Ten segments leave at once: the initial window.',
        'The third is lost. Each one after it makes the receiver say again what it waits for.',
        'After three duplicates the sender sends the missing segment again, long before its timer.',
        'One acknowledgement then covers all.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', sink);
        const client = host('client', '10.0.0.1', ten);
        link(client.host, server.host, { delayMs: 25 })
          .toward(server.host)
          .drop({ tcp: { hasData: true }, nth: 3 });
        return { until: [...client.results, ...server.results] };
      },
    },
  ],
};
