/** Ten pings over UDP on a network that loses some: nobody sends them again. */
import { AF_INET, decode, SOCK_DGRAM } from '../index.ts';
import { udpServer } from './notes-programs.ts';
import type { Scenario, ScenarioProgram } from './scenario.ts';

/** Ten questions, one after another, each with a second of patience. */
const pinger: ScenarioProgram = {
  name: 'UDPPinger',
  lines: [
    'const clientSocket = socket(AF_INET, SOCK_DGRAM);',
    'for (let number = 1; number <= 10; number++) {',
    '  const start = now();',
    "  await clientSocket.sendto(`ping ${number}`, { host: '10.0.0.2', port: 12000 });",
    '  const reply = clientSocket.recvfrom(2048, { timeoutMs: 1000 });',
    '  const outcome = await reply.then(',
    '    ([message]) => decode(message),',
    '    ({ code }) => code,',
    '  );',
    '  print(`${number}: ${outcome} after ${(now() - start).toFixed(1)} ms`);',
    '}',
  ],
  body: async ({ socket, print, now }) => {
    const clientSocket = socket(AF_INET, SOCK_DGRAM);
    for (let number = 1; number <= 10; number++) {
      const start = now();
      await clientSocket.sendto(`ping ${number}`, { host: '10.0.0.2', port: 12000 });
      const reply = clientSocket.recvfrom(2048, { timeoutMs: 1000 });
      const outcome = await reply.then(
        ([message]) => decode(message),
        ({ code }) => code,
      );
      print(`${number}: ${outcome} after ${(now() - start).toFixed(1)} ms`);
    }
  },
};

/** The scenario. */
export const udpLoss: Scenario = {
  name: 'udp-loss',
  title: 'UDP: ten pings on a network that loses some',
  variants: [
    {
      name: 'thirty-percent',
      title: 'three in ten are lost, either way',
      question: {
        text: 'A ping is lost on its way. Who sends it again?',
        answer: 'Nobody. UDP does not know that it was lost; the program finds out by its own timeout.',
      },
      captions: [
        'Each ping is one datagram, each answer another.',
        'The network has lost a datagram, and nobody is told: the client cannot know whether it was its ping or the answer.',
        'The client has waited its whole second, and goes on with the next ping.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', udpServer);
        const client = host('client', '10.0.0.1', pinger);
        link(client.host, server.host, { delayMs: 25 }).both.loss(0.3, { optional: true });
        return { until: client.results };
      },
    },
  ],
};
