/** The end of a connection: half-close, TIME_WAIT, and a port that is still taken. */
import { AF_INET, decode, SHUT_WR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Reads to the end, then thinks, and answers. */
const halfServer: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    "let text = '';",
    'for await (const chunk of connectionSocket) text += decode(chunk);',
    'await sleep(300);',
    'await connectionSocket.send(`${text.length} letters`);',
    'await connectionSocket.close();',
    'await welcomeSocket.close();',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    let text = '';
    for await (const chunk of connectionSocket) text += decode(chunk);
    await sleep(300);
    await connectionSocket.send(`${text.length} letters`);
    await connectionSocket.close();
    await welcomeSocket.close();
  },
};

/** Ends its sending, and goes on receiving. */
const halfClient: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    "await clientSocket.send('hello');",
    'clientSocket.shutdown(SHUT_WR);',
    'print(decode(await clientSocket.recv(1024)));',
    'await clientSocket.close();',
  ],
  body: async ({ socket, print }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await clientSocket.send('hello');
    clientSocket.shutdown(SHUT_WR);
    print(decode(await clientSocket.recv(1024)));
    await clientSocket.close();
  },
};

/** Closes first, and binds its port again. */
const rebinding: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(1);',
    'const [connectionSocket] = await welcomeSocket.accept();',
    'await connectionSocket.recv(1024);',
    'await connectionSocket.close();',
    'await welcomeSocket.close();',
    'for (const reuse of [false, true]) {',
    '  await sleep(200);',
    '  const again = socket(AF_INET, SOCK_STREAM);',
    '  again.setsockopt(SOL_SOCKET, SO_REUSEADDR, reuse);',
    "  const outcome = await again.bind({ host: '', port: 12000 }).then(",
    "    () => 'bound',",
    '    ({ code }) => code,',
    '  );',
    '  print(`SO_REUSEADDR ${reuse}: ${outcome}`);',
    '  await again.close();',
    '}',
  ],
  body: async ({ socket, sleep, print }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    await connectionSocket.recv(1024);
    await connectionSocket.close();
    await welcomeSocket.close();
    for (const reuse of [false, true]) {
      await sleep(200);
      const again = socket(AF_INET, SOCK_STREAM);
      again.setsockopt(SOL_SOCKET, SO_REUSEADDR, reuse);
      const outcome = await again.bind({ host: '', port: 12000 }).then(
        () => 'bound',
        ({ code }) => code,
      );
      print(`SO_REUSEADDR ${reuse}: ${outcome}`);
      await again.close();
    }
  },
};

/** Closes second. */
const patient: ScenarioProgram = {
  name: 'TCPClient',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    "await clientSocket.send('hello');",
    'await clientSocket.recv(1024);',
    'await clientSocket.close();',
  ],
  body: async ({ socket }) => {
    const clientSocket = socket(AF_INET, SOCK_STREAM);
    await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
    await clientSocket.send('hello');
    await clientSocket.recv(1024);
    await clientSocket.close();
  },
};

/** The scenario. */
export const close: Scenario = {
  name: 'close',
  title: 'TCP: the end of a connection',
  variants: [
    {
      name: 'half-close',
      title: 'one direction ends, the other goes on',
      question: {
        text: 'The client has said that it sends no more. Can it still receive?',
        answer: 'Yes: each direction ends by itself. The answer still flows.',
      },
      captions: [
        'The client will send one line, and then only receive.',
        'shutdown(SHUT_WR) sends FIN: the client will send no more.',
        'The server reads to the end, which recv tells by zero bytes.',
        'The server may still send: FIN_WAIT_2 at the client, CLOSE_WAIT at the server. Its answer will flow.',
        'Both have closed. The one that closed first rests in TIME_WAIT, 60 s on Linux, in case its last ACK is lost.',
        'TIME_WAIT is over: nothing is left of the connection.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', halfServer);
        const client = host('client', '10.0.0.1', halfClient);
        link(client.host, server.host, { delayMs: 25 });
        return { looksMs: [150, 1000] };
      },
    },
    {
      name: 'rebind',
      title: 'the server closes first, and binds again',
      question: {
        text: 'The server closes a connection first, and then binds its port again. What does bind() do?',
        answer:
          'It fails with EADDRINUSE while the connection rests in TIME_WAIT, unless SO_REUSEADDR is set.',
      },
      captions: [
        'The server will close first, and then bind its port again.',
        'It has closed first: its end of the connection is in TIME_WAIT, and keeps the port.',
        'Another bind of the port fails with EADDRINUSE.',
        'With SO_REUSEADDR it succeeds: TIME_WAIT does not count. Portico sets it by itself for stream sockets.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', rebinding);
        const client = host('client', '10.0.0.1', patient);
        link(client.host, server.host, { delayMs: 25 });
        return { until: [...server.results, ...client.results], looksMs: [274] };
      },
    },
  ],
};
