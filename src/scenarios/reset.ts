/** How a connection ends in an instant: unread data, SO_LINGER, a host that came up again. */
import { AF_INET, decode, SO_LINGER, SOCK_STREAM, SOL_SOCKET } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Closes without reading. */
const rude: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'await sleep(200);',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    await sleep(200);
    await connectionSocket.close();
  },
};

/** Sends, and waits for an answer. */
const asker: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    "await clientSocket.send('hello');",
    'await clientSocket.recv(1024).catch(({ code }) => print(`recv: ${code}`));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await clientSocket.send('hello');
    await clientSocket.recv(1024).catch(({ code }) => print(`recv: ${code}`));
    await clientSocket.close();
  },
};

/** Closes with SO_LINGER of 0 seconds. */
const linger: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'connectionSocket.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });',
    'await sleep(200);',
    'await connectionSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    connectionSocket.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
    await sleep(200);
    await connectionSocket.close();
  },
};

/** Sends after the reset has come. */
const lateSender: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'await sleep(500);',
    "for (const text of ['one', 'two']) {",
    '  await clientSocket.send(text).catch(({ code }) => print(`send: ${code}`));',
    '}',
    'const rest = await clientSocket.recv(1024);',
    'print(`recv: ${rest.length} bytes`);',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await sleep(500);
    for (const text of ['one', 'two']) {
      await clientSocket.send(text).catch(({ code }) => print(`send: ${code}`));
    }
    const rest = await clientSocket.recv(1024);
    print(`recv: ${rest.length} bytes`);
    await clientSocket.close();
  },
};

/** Answers on one connection after another. */
const upper: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'for (;;) {',
    '  const [connectionSocket] = await welcomeSocket.accept();',
    '  for await (const sentence of connectionSocket) {',
    '    await connectionSocket.send(decode(sentence).toUpperCase());',
    '  }',
    '  await connectionSocket.close();',
    '}',
  ],
  body: async ({ socket }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    for (;;) {
      const [connectionSocket] = await welcomeSocket.accept();
      for await (const sentence of connectionSocket) {
        await connectionSocket.send(decode(sentence).toUpperCase());
      }
      await connectionSocket.close();
    }
  },
};

/** Uses a connection that the other side has forgotten. */
const stale: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    "await clientSocket.send('before');",
    'print(decode(await clientSocket.recv(1024)));',
    'await sleep(1000);',
    "await clientSocket.send('after');",
    'await clientSocket.recv(1024).catch(({ code }) => print(`recv: ${code}`));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await clientSocket.send('before');
    print(decode(await clientSocket.recv(1024)));
    await sleep(1000);
    await clientSocket.send('after');
    await clientSocket.recv(1024).catch(({ code }) => print(`recv: ${code}`));
    await clientSocket.close();
  },
};

/** The scenario. */
export const reset: Scenario = {
  name: 'reset',
  title: 'TCP: reset',
  question: {
    text: 'The server closes while data of the client lies unread. How does the client learn of it?',
    answer: 'By a reset in the place of a FIN: its recv() fails with ECONNRESET.',
  },
  variants: [
    {
      name: 'unread-data',
      title: 'close() with unread data',
      captions: [
        'The client’s data lies unread in the receive buffer when the server closes.',
        'Not FIN but RST: the peer must know that its data was thrown away. Its recv() fails with ECONNRESET.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', rude);
        const client = host('client', '10.0.0.1', asker);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results };
      },
    },
    {
      name: 'linger',
      title: 'close() with SO_LINGER of 0 seconds',
      question: {
        text: 'The server closes with SO_LINGER of 0 seconds. What do the next two sends of the client give?',
        answer: 'ECONNRESET, then EPIPE: close() sent a reset in the place of a FIN.',
      },
      captions: [
        'SO_LINGER with 0 seconds makes close() send RST at once.',
        'The first call of the client after it fails with ECONNRESET, a send after that with EPIPE; recv then gives the end.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', linger);
        const client = host('client', '10.0.0.1', lateSender);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results };
      },
    },
    {
      name: 'reboot',
      title: 'the server crashes and comes up again',
      question: {
        text: 'The server host crashes and comes up again. What does its answer to the old connection’s next segment look like?',
        answer: 'A reset: it knows nothing of the connection. The client’s next call fails with ECONNRESET.',
      },
      captions: [
        'The client connects, has one answer, and keeps its connection for later.',
        'The server crashes without a word. The client’s connection is half open: it knows nothing of it.',
        'The server is up again, and remembers no connection. To the client’s next segment it answers with RST.',
      ],
      build: ({ sim, host, link }) => {
        const server = host('server', '10.0.0.2', upper);
        const client = host('client', '10.0.0.1', stale);
        link(client.host, server.host, { delayMs: 25 });
        sim.at(300, () => server.host.bounce(200));
        return { until: client.results };
      },
    },
  ],
};
