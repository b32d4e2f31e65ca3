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
  variants: [
    {
      name: 'syn-dropped',
      title: 'the queue is full: SYNs are dropped',
      question: {
        text: 'listen(1), and nobody calls accept(). How many clients can connect?',
        answer:
          'Two: Linux completes backlog + 1 handshakes. The number is no limit of clients that are served.',
      },
      captions: [
        'listen(1), and nobody calls accept() yet. Four clients connect, one after another.',
        'Two handshakes are complete, and wait in the accept queue: it holds one more than the number.',
        'The third SYN is dropped in silence: no RST. Its client sends it again and again.',
        'The server accepts: there is room.',
        'The next SYN gets its answer.',
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
        text: 'One place is left in the accept queue, and two clients have their SYN-ACK. What becomes of the second?',
        answer:
          'By its own view it is connected. The server drops its ACK, for the queue is full, and sends the SYN-ACK again.',
      },
      captions: [
        'listen(2), and nobody calls accept() yet: the accept queue has three places.',
        'Two connections wait in it. One place is left.',
        'Two SYNs have come while it was free: both are answered.',
        'The ACK of the second finds the queue full and is dropped. Its client is sure to be connected; the server is not.',
        'Both try again: the server its SYN-ACK, the client its data.',
        'The program accepts: there is room.',
        'An ACK gets in: now the server is sure, too.',
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
        text: 'listen(0), and four clients connect at once. For how many of them does connect() return?',
        answer:
          'On Linux for all four, by SYN cookies, though the server keeps one connection. By the books for one.',
      },
      captions: [
        'listen(0): the SYN queue has one place, and four clients connect at once.',
        'One SYN has the place. Linux answers the others with cookies and remembers nothing of them; the books drop them.',
        'All clients are connected. The server has one connection, and of the others no state at all.',
        'What the others send finds the accept queue full, and is ignored.',
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
