/** OpenBSD's netcat as client and as server, on every kind of socket that it speaks. */
import type { Address } from 'portico';
import { decode, ENGINE_NAMES, SOCK_DGRAM } from 'portico';
import { describe, expect, test } from 'vitest';
import type { Door } from './doors.ts';
import {
  alongside,
  answerAll,
  answerOne,
  freshAddress,
  nameOf,
  openBound,
  openDatagram,
  openStream,
  openWelcome,
  readToEnd,
  TCP,
  TCP_MAPPED,
  TCP6,
  UDP,
  UDP_MAPPED,
  UDP6,
  UNIX,
  UNIX_DATAGRAM,
} from './doors.ts';
import { need } from './needs.ts';
import { Program } from './program.ts';

interface Row {
  readonly door: Door;
  /** How netcat names our socket, and its own. */
  readonly target: (name: string) => readonly string[];
}

const STREAMS: readonly Row[] = [
  { door: TCP, target: (port) => ['127.0.0.1', port] },
  { door: TCP6, target: (port) => ['::1', port] },
  { door: TCP_MAPPED, target: (port) => ['127.0.0.1', port] },
  { door: UNIX, target: (path) => ['-U', path] },
];
const DATAGRAMS: readonly Row[] = [
  { door: UDP, target: (port) => ['-u', '127.0.0.1', port] },
  { door: UDP6, target: (port) => ['-u', '::1', port] },
  { door: UDP_MAPPED, target: (port) => ['-u', '127.0.0.1', port] },
  { door: UNIX_DATAGRAM, target: (path) => ['-u', '-U', path] },
];

describe.each(ENGINE_NAMES)('netcat and the engine %s', (engine) => {
  test.for(STREAMS)(
    'nc -N asks over $door.what and ends its half first',
    async ({ door, target }, context) => {
      const [nc] = need(context, 'nc');
      const welcome = await openWelcome(context, door, engine);
      const serving = alongside(answerOne(welcome));
      await using client = await Program.run(nc, ['-n', '-N', ...target(nameOf(welcome.getsockname()))], {
        input: 'hello sockets\nstraße 12',
      });
      expect(client.stdout).toBe('HELLO SOCKETS\nSTRASSE 12');
      await serving;
    },
  );

  test.for(DATAGRAMS)('nc -u asks with $door.what', async ({ door, target }, context) => {
    const [nc] = need(context, 'nc');
    const server = await openBound(context, door, engine);
    const serving = alongside(answerAll(server));
    await using client = Program.start(nc, ['-n', ...target(nameOf(server.getsockname()))]);
    for (const line of ['hello sockets', 'straße 12', 'x'.repeat(1000)]) {
      client.write(`${line}\n`);
      await client.said(new RegExp(`^${line.toUpperCase()}$`, 'm'));
    }
    await server.close();
    await serving;
  });

  test.for(STREAMS)(
    'nc -l -N answers over $door.what and ends its half first',
    async ({ door, target }, context) => {
      const [nc] = need(context, 'nc');
      const client = await openStream(context, door, engine);
      const { server, address } = await listenWith(nc, door, target);
      await using _ = server;
      await client.connect(address);
      await client.sendall('a question\n');
      await server.said(/a question\n/);
      // it ends its half here, with -N; at the end of ours it would go without its answer
      server.endInput('an answer\n');
      expect(decode(await readToEnd(client))).toBe('an answer\n');
      await client.close();
      await server.ended();
    },
  );

  test.for(DATAGRAMS)('nc -u -l answers with $door.what', async ({ door, target }, context) => {
    const [nc] = need(context, 'nc');
    const client = await openDatagram(context, door, engine);
    if (door.at === 'path') await client.bind(freshAddress(door));
    const { server, address } = await listenWith(nc, door, target);
    await using _ = server;
    await client.sendto('a question\n', address);
    await server.said(/a question\n/);
    // a Unix netcat that listens with datagrams has no peer to answer
    if (door.at === 'path') return;
    server.write('an answer\n');
    const [answer, sender] = await client.recvfrom(2048);
    expect(decode(answer)).toBe('an answer\n');
    expect(sender).toEqual(address);
  });
});

/** Starts a netcat that listens; says where. */
async function listenWith(
  nc: string,
  door: Door,
  target: Row['target'],
): Promise<{ server: Program; address: Address }> {
  const wanted = freshAddress(door);
  const server = Program.start(nc, ['-n', '-N', '-v', '-l', ...target(nameOf(wanted))]);
  const [, name = ''] = await server.said(
    door.type === SOCK_DGRAM ? /Bound on \S+ ?(\d*)/ : /Listening on \S+ ?(\d*)/,
  );
  return { server, address: 'path' in wanted ? wanted : { host: wanted.host, port: Number(name) } };
}
