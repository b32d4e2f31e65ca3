/** A receiver that does not read stops its sender: the window closes, probes ask, and it opens again. */
import { AF_INET, SO_RCVBUF, SO_SNDBUF, SOCK_STREAM, SOL_SOCKET } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Reads nothing for four seconds. */
const reader: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    'welcomeSocket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'await sleep(4000);',
    'let count = 0;',
    'for await (const chunk of connectionSocket) count += chunk.length;',
    'print(`${count} bytes`);',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    welcomeSocket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4096);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    await sleep(4000);
    let count = 0;
    for await (const chunk of connectionSocket) count += chunk.length;
    print(`${count} bytes`);
    await connectionSocket.close();
  },
};

/** Sends more than the buffers hold. */
const eager: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    'clientSocket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'await clientSocket.sendall(new Uint8Array(20000));',
    'print(`sendall() returned at ${now().toFixed(1)} ms`);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, print, now }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    clientSocket.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await clientSocket.sendall(new Uint8Array(20000));
    print(`sendall() returned at ${now().toFixed(1)} ms`);
    await clientSocket.close();
  },
};

/** The scenario. */
export const slowReader: Scenario = {
  name: 'slow-reader',
  title: 'TCP: a slow reader',
  sender: 'client',
  variants: [
    {
      name: 'zero-window',
      title: 'the window closes and opens',
      question: {
        text: 'The server reads nothing. What happens to the client that sends?',
        answer: 'It stops: the receive window shrinks to zero, the send buffer fills, and sendall() waits.',
      },
      captions: [
        'The client will send 20,000 bytes. The server accepts, and reads nothing for four seconds.',
        'The receive buffer is full: this acknowledgement offers no room, and sendall() waits.',
        'The sender may send no data. It asks with small probes whether there is room, ever less often.',
        'The program reads: a window update lets the data flow.',
        'sendall() has returned: what is left has room in the send buffer.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', reader);
        const client = host('client', '10.0.0.1', eager);
        link(client.host, server.host, { delayMs: 25 });
        return { until: [...client.results, ...server.results], looksMs: [2000] };
      },
    },
  ],
};
