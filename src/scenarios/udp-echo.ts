/** A question and its answer over UDP: no handshake, each datagram carries its address. */
import { udpClient, udpServer } from './notes-programs.ts';
import type { Scenario } from './scenario.ts';

/** The scenario. */
export const udpEcho: Scenario = {
  name: 'udp-echo',
  title: 'UDP: a datagram and its answer',
  variants: [
    {
      name: 'echo',
      title: 'hello, HELLO',
      question: {
        text: 'How many packets cross the network before the first byte of data?',
        answer: 'None: UDP has no handshake. The first packet is the data.',
      },
      captions: [
        'The server has one socket, its door, on port 12000. The client has not bound: the system gives its socket a port when it sends.',
        'The datagram carries both addresses. Nothing was set up before it.',
        'recvfrom gives the server the message and the address of the client, and sendto sends the answer there.',
        'The server still has one socket: it serves every client.',
      ],
      build: ({ host, link }) => {
        const server = host('server', '10.0.0.2', udpServer);
        const client = host('client', '10.0.0.1', udpClient);
        link(client.host, server.host, { delayMs: 25 });
        return { until: client.results };
      },
    },
  ],
};
