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
  body: async ({ socket, print }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(1);
    const [connectionSocket] = await welcomeSocket.accept();
    await connectionSocket.recv(1024);
    await connectionSocket.close();
    await welcomeSocket.close();
    for (const reuse of [false, true]) {
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
  question: {
    text: 'The client has said that it sends no more. Can it still receive?',
    answer: 'Yes: each direction ends by itself. The answer still flows.',
  },
  variants: [
    {
      name: 'half-close',
      title: 'one direction ends, the other goes on',
      captions: [
        'shutdown(SHUT_WR) sends FIN: the client will send no more. The server reads to the end.',
        'The server may still send: FIN_WAIT_2 at the client, CLOSE_WAIT at the server. Its answer will flow.',
        'Both have closed. The one that closed first rests in TIME_WAIT, 60 s on Linux, in case its last ACK is lost.',
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
        text: 'The server closed first. Can another socket bind its port at once?',
        answer:
          'Only with SO_REUSEADDR: the old end rests in TIME_WAIT and keeps the port, and bind() fails with EADDRINUSE.',
      },
      captions: [
        'The server closes first: its end of the connection goes to TIME_WAIT, and keeps the port.',
        'Another bind of the port fails with EADDRINUSE.',
        'With SO_REUSEADDR it succeeds: TIME_WAIT does not count. Portico sets it by itself for stream sockets.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', rebinding);
        const client = host('client', '10.0.0.1', patient);
        link(client.host, server.host, { delayMs: 25 });
        return { until: [...server.results, ...client.results] };
      },
    },
  ],
};
