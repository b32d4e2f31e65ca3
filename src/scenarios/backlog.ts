/** What the number in listen() means: three kinds of overflow that Linux shows. */
import { AF_INET, SOCK_STREAM } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Listens with a backlog of 1 and accepts nobody for a while. */
const one: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'await sleep(8000);',
    'for (let count = 0; count < 4; count++) {',
    '  const [connectionSocket] = await welcomeSocket.accept();',
    '  await connectionSocket.recv(1024);',
    '  await connectionSocket.close();',
    '}',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    await sleep(8000);
    for (let count = 0; count < 4; count++) {
      const [connectionSocket] = await welcomeSocket.accept();
      await connectionSocket.recv(1024);
      await connectionSocket.close();
    }
  },
};

/** Listens with a backlog of 2 and accepts nobody for a while. */
const two: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(2);',
    'await sleep(4500);',
    'for (let count = 0; count < 4; count++) {',
    '  const [connectionSocket] = await welcomeSocket.accept();',
    '  await connectionSocket.recv(1024);',
    '  await connectionSocket.close();',
    '}',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(2);
    await sleep(4500);
    for (let count = 0; count < 4; count++) {
      const [connectionSocket] = await welcomeSocket.accept();
      await connectionSocket.recv(1024);
      await connectionSocket.close();
    }
  },
};

/** Listens with a backlog of 0 and accepts nobody for a while. */
const none: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(0);',
    'await sleep(5000);',
    'for (let count = 0; count < 4; count++) {',
    '  const [connectionSocket] = await welcomeSocket.accept();',
    '  await connectionSocket.recv(1024);',
    '  await connectionSocket.close();',
    '}',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(0);
    await sleep(5000);
    for (let count = 0; count < 4; count++) {
      const [connectionSocket] = await welcomeSocket.accept();
      await connectionSocket.recv(1024);
      await connectionSocket.close();
    }
  },
};

/** Connects at 0 ms. */
const at0: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'await sleep(0);',
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'print(`connected at ${now().toFixed(1)} ms`);',
    "await clientSocket.send('hi');",
    'await clientSocket.recv(1024).catch(({ code }) => print(code));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print, now }) => {
    await sleep(0);
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    print(`connected at ${now().toFixed(1)} ms`);
    await clientSocket.send('hi');
    await clientSocket.recv(1024).catch(({ code }) => print(code));
    await clientSocket.close();
  },
};

/** Connects at 150 ms. */
const at150: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'await sleep(150);',
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'print(`connected at ${now().toFixed(1)} ms`);',
    "await clientSocket.send('hi');",
    'await clientSocket.recv(1024).catch(({ code }) => print(code));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print, now }) => {
    await sleep(150);
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    print(`connected at ${now().toFixed(1)} ms`);
    await clientSocket.send('hi');
    await clientSocket.recv(1024).catch(({ code }) => print(code));
    await clientSocket.close();
  },
};

/** Connects at 300 ms. */
const at300: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'await sleep(300);',
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'print(`connected at ${now().toFixed(1)} ms`);',
    "await clientSocket.send('hi');",
    'await clientSocket.recv(1024).catch(({ code }) => print(code));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print, now }) => {
    await sleep(300);
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    print(`connected at ${now().toFixed(1)} ms`);
    await clientSocket.send('hi');
    await clientSocket.recv(1024).catch(({ code }) => print(code));
    await clientSocket.close();
  },
};

/** Connects at 301.2 ms. */
const at301: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'await sleep(301.2);',
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'print(`connected at ${now().toFixed(1)} ms`);',
    "await clientSocket.send('hi');",
    'await clientSocket.recv(1024).catch(({ code }) => print(code));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print, now }) => {
    await sleep(301.2);
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    print(`connected at ${now().toFixed(1)} ms`);
    await clientSocket.send('hi');
    await clientSocket.recv(1024).catch(({ code }) => print(code));
    await clientSocket.close();
  },
};

/** Connects at 450 ms. */
const at450: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'await sleep(450);',
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    'print(`connected at ${now().toFixed(1)} ms`);',
    "await clientSocket.send('hi');",
    'await clientSocket.recv(1024).catch(({ code }) => print(code));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, sleep, print, now }) => {
    await sleep(450);
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    print(`connected at ${now().toFixed(1)} ms`);
    await clientSocket.send('hi');
    await clientSocket.recv(1024).catch(({ code }) => print(code));
    await clientSocket.close();
  },
};

/** The scenario. */
export const backlog: Scenario = {
  name: 'backlog',
  title: 'TCP: the backlog',
  question: {
    text: 'listen(1), and nobody calls accept(). How many clients can connect?',
    answer: 'Two: Linux completes backlog + 1 handshakes. The number is no limit of clients that are served.',
  },
  variants: [
    {
      name: 'syn-dropped',
      title: 'the queue is full: SYNs are dropped',
      captions: [
        'listen(1): two handshakes complete and wait in the accept queue.',
        'The third SYN is dropped in silence: no RST. Its client sends it again, ever less often.',
        'When the server accepts, there is room, and the next SYN gets its answer.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', one);
        const client = host('client', '10.0.0.1', at0, at150, at300, at450);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results, looksMs: [900] };
      },
    },
    {
      name: 'ack-dropped',
      title: 'the queue fills during the handshake: the last ACK is dropped',
      question: {
        text: 'Two SYNs arrive while the accept queue has one place left. Is the second client connected?',
        answer:
          'It believes so: its connect() has returned. The server has dropped its last ACK and sends its SYN-ACK again.',
      },
      captions: [
        'Two SYNs arrive while one place is left: both are answered.',
        'The ACK of the second finds the queue full and is dropped. Its client is sure to be connected; the server is not.',
        'The server sends its SYN-ACK again, the client its data, until the program accepts.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', two);
        const client = host('client', '10.0.0.1', at0, at150, at300, at301);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results, looksMs: [900] };
      },
    },
    {
      name: 'cookies',
      title: 'a burst larger than the SYN queue: cookies',
      question: {
        text: 'listen(0), and four SYNs at once. How many clients are connected?',
        answer:
          'On Linux all four believe so: it answers with cookies and remembers nothing. The server has one connection.',
      },
      captions: [
        'listen(0), and four SYNs at once: the SYN queue has one place. Linux answers the others with cookies and remembers nothing; the books drop them.',
        'All clients are connected. The server has one connection, and of the others no state at all.',
        'Their data is ignored.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', none);
        const client = host('client', '10.0.0.1', at0, at0, at0, at0);
        link(client.host, server.host, { delayMs: 25 });
        return { forMs: 4000, looksMs: [900] };
      },
    },
  ],
};
