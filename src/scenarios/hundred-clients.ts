/** A hundred clients at once against a server that does one thing at a time, and against one that does eight. */
import { AF_INET, SOCK_STREAM } from '../index.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Serves one client after another, 10 ms each. */
const oneThread: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(128);',
    'const serve = async () => {',
    '  for (;;) {',
    '    const [connectionSocket] = await welcomeSocket.accept();',
    '    await connectionSocket.recv(1024);',
    '    await sleep(10);',
    "    await connectionSocket.send('done');",
    '    await connectionSocket.close();',
    '  }',
    '};',
    'await Promise.all(Array.from({ length: 1 }, serve));',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(128);
    const serve = async () => {
      for (;;) {
        const [connectionSocket] = await welcomeSocket.accept();
        await connectionSocket.recv(1024);
        await sleep(10);
        await connectionSocket.send('done');
        await connectionSocket.close();
      }
    };
    await Promise.all(Array.from({ length: 1 }, serve));
  },
};

/** Serves eight clients at a time. */
const eightThreads: ScenarioProgram = {
  name: 'TCPServer',
  lines: [
    'const welcomeSocket = socket(AF_INET, SOCK_STREAM);',
    "await welcomeSocket.bind({ host: '', port: 12000 });",
    'await welcomeSocket.listen(128);',
    'const serve = async () => {',
    '  for (;;) {',
    '    const [connectionSocket] = await welcomeSocket.accept();',
    '    await connectionSocket.recv(1024);',
    '    await sleep(10);',
    "    await connectionSocket.send('done');",
    '    await connectionSocket.close();',
    '  }',
    '};',
    'await Promise.all(Array.from({ length: 8 }, serve));',
  ],
  body: async ({ socket, sleep }) => {
    const welcomeSocket = socket(AF_INET, SOCK_STREAM);
    await welcomeSocket.bind({ host: '', port: 12000 });
    await welcomeSocket.listen(128);
    const serve = async () => {
      for (;;) {
        const [connectionSocket] = await welcomeSocket.accept();
        await connectionSocket.recv(1024);
        await sleep(10);
        await connectionSocket.send('done');
        await connectionSocket.close();
      }
    };
    await Promise.all(Array.from({ length: 8 }, serve));
  },
};

/** A hundred clients at once. */
const hundred: ScenarioProgram = {
  name: 'TCPClients',
  lines: [
    'const waits = [];',
    'const ask = async () => {',
    '  const start = now();',
    '  const clientSocket = socket(AF_INET, SOCK_STREAM);',
    "  await clientSocket.connect({ host: '10.0.0.2', port: 12000 });",
    "  await clientSocket.send('please');",
    '  await clientSocket.recv(1024);',
    '  waits.push(now() - start);',
    '  await clientSocket.close();',
    '};',
    'await Promise.all(Array.from({ length: 100 }, ask));',
    'const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;',
    'print(`${waits.length} served, mean ${mean.toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms`);',
  ],
  body: async ({ socket, print, now }) => {
    const waits: number[] = [];
    const ask = async () => {
      const start = now();
      const clientSocket = socket(AF_INET, SOCK_STREAM);
      await clientSocket.connect({ host: '10.0.0.2', port: 12000 });
      await clientSocket.send('please');
      await clientSocket.recv(1024);
      waits.push(now() - start);
      await clientSocket.close();
    };
    await Promise.all(Array.from({ length: 100 }, ask));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    print(`${waits.length} served, mean ${mean.toFixed(0)} ms, longest ${Math.max(...waits).toFixed(0)} ms`);
  },
};

const question = {
  text: 'Each request takes 10 ms of work. How long does the last of a hundred clients wait?',
  answer: 'With one thread about a second: it waits for all before it. With eight about an eighth of that.',
};

/** The scenario. */
export const hundredClients: Scenario = {
  name: 'hundred-clients',
  title: 'TCP: a hundred clients at once',
  variants: [
    {
      name: 'one-thread',
      title: 'one request at a time',
      question,
      captions: [
        'All hundred connect at once.',
        'The accept queue holds those that wait.',
        'One thread serves them one after another: the last one waits for all others.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', oneThread);
        const client = host('client', '10.0.0.1', hundred);
        link(client.host, server.host, { delayMs: 5 });
        return { until: client.results, looksMs: [200] };
      },
    },
    {
      name: 'eight-threads',
      title: 'eight requests at a time',
      question,
      captions: [
        'The same clients against eight threads.',
        'Eight answers leave at once: the queue empties eight times as fast.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', eightThreads);
        const client = host('client', '10.0.0.1', hundred);
        link(client.host, server.host, { delayMs: 5 });
        return { until: client.results, looksMs: [200] };
      },
    },
  ],
};
