/** socat as client and as server, on every kind of socket that the door has, abstract names and sequenced packets too. */
import type { Address } from 'portico';
import { decode, ENGINE_NAMES, encode, MSG_TRUNC } from 'portico';
import { describe, expect, test } from 'vitest';
import type { Door } from './doors.ts';
import {
  ABSTRACT,
  ABSTRACT_DATAGRAM,
  ABSTRACT_PACKETS,
  alongside,
  answerAll,
  answerOne,
  askOnce,
  freshAddress,
  nameOf,
  openBound,
  openDatagram,
  openStream,
  openWelcome,
  TCP,
  TCP_MAPPED,
  TCP6,
  UDP,
  UDP_MAPPED,
  UDP6,
  UNIX,
  UNIX_DATAGRAM,
  UNIX_PACKETS,
} from './doors.ts';
import { need } from './needs.ts';
import { Program } from './program.ts';

interface Row {
  readonly door: Door;
  /** socat's address for a client of ours at `name`; a client that wants answers has to have a name too. */
  readonly connect: (name: string, own: string) => string;
  /** socat's address for a server at `name`. */
  readonly listen: (name: string) => string;
}

const STREAMS: readonly Row[] = [
  {
    door: TCP,
    connect: (port) => `TCP4:127.0.0.1:${port}`,
    listen: (port) => `TCP4-LISTEN:${port},bind=127.0.0.1`,
  },
  { door: TCP6, connect: (port) => `TCP6:[::1]:${port}`, listen: (port) => `TCP6-LISTEN:${port},bind=[::1]` },
  {
    door: TCP_MAPPED,
    connect: (port) => `TCP4:127.0.0.1:${port}`,
    listen: (port) => `TCP4-LISTEN:${port},bind=127.0.0.1`,
  },
  { door: UNIX, connect: (path) => `UNIX-CONNECT:${path}`, listen: (path) => `UNIX-LISTEN:${path}` },
  {
    door: ABSTRACT,
    connect: (name) => `ABSTRACT-CONNECT:${name}`,
    listen: (name) => `ABSTRACT-LISTEN:${name}`,
  },
];
/** type=5 is SOCK_SEQPACKET. */
const PACKETS: readonly Row[] = [
  {
    door: UNIX_PACKETS,
    connect: (path) => `UNIX-CONNECT:${path},type=5`,
    listen: (path) => `UNIX-LISTEN:${path},type=5`,
  },
  {
    door: ABSTRACT_PACKETS,
    connect: (name) => `ABSTRACT-CONNECT:${name},type=5`,
    listen: (name) => `ABSTRACT-LISTEN:${name},type=5`,
  },
];
const DATAGRAMS: readonly Row[] = [
  {
    door: UDP,
    connect: (port) => `UDP4:127.0.0.1:${port}`,
    listen: (port) => `UDP4-LISTEN:${port},bind=127.0.0.1`,
  },
  { door: UDP6, connect: (port) => `UDP6:[::1]:${port}`, listen: (port) => `UDP6-LISTEN:${port},bind=[::1]` },
  {
    door: UDP_MAPPED,
    connect: (port) => `UDP4:127.0.0.1:${port}`,
    listen: (port) => `UDP4-LISTEN:${port},bind=127.0.0.1`,
  },
  {
    door: UNIX_DATAGRAM,
    connect: (path, own) => `UNIX-SENDTO:${path},bind=${own}`,
    listen: (path) => `UNIX-RECVFROM:${path}`,
  },
  {
    door: ABSTRACT_DATAGRAM,
    connect: (name, own) => `ABSTRACT-SENDTO:${name},bind=${own}`,
    listen: (name) => `ABSTRACT-RECVFROM:${name}`,
  },
];
/** Records, and how much of each we ask for: the rest of one that is longer is lost. */
const RECORDS: readonly (readonly [string, number])[] = [
  ['one', 4096],
  ['two, which is cut', 3],
  ['x'.repeat(4000), 4096],
];
/** How long socat waits for the other half after the first has ended, in seconds: longer than any test. */
const HALF_CLOSE_SECONDS = '60';

describe.each(ENGINE_NAMES)('socat and the engine %s', (engine) => {
  test.for([...STREAMS, ...PACKETS])(
    'socat asks over $door.what and ends its half first',
    async (row, context) => {
      const [socat] = need(context, 'socat');
      const welcome = await openWelcome(context, row.door, engine);
      const serving = alongside(answerOne(welcome));
      const target = row.connect(nameOf(welcome.getsockname()), '');
      await using client = await Program.run(socat, ['-t', HALF_CLOSE_SECONDS, '-', target], {
        input: 'hello sockets\nstraße 12',
      });
      expect(client.stdout).toBe('HELLO SOCKETS\nSTRASSE 12');
      await serving;
    },
  );

  test.for(DATAGRAMS)('socat asks with $door.what', async (row, context) => {
    const [socat] = need(context, 'socat');
    const server = await openBound(context, row.door, engine);
    const serving = alongside(answerAll(server));
    const own = nameOf(freshAddress(row.door));
    await using client = Program.start(socat, ['-', row.connect(nameOf(server.getsockname()), own)]);
    for (const line of ['hello sockets', 'straße 12', 'x'.repeat(1000)]) {
      client.write(`${line}\n`);
      await client.said(new RegExp(`^${line.toUpperCase()}$`, 'm'));
    }
    await server.close();
    await serving;
  });

  test.for(STREAMS)('socat echoes over $door.what', async (row, context) => {
    const [socat] = need(context, 'socat');
    const client = await openStream(context, row.door, engine);
    const { server, address } = await listenWith(socat, row);
    await using _ = server;
    expect(await askOnce(client, address, 'grüße\n')).toBe('grüße\n');
    await server.ended();
  });

  test.for(PACKETS)('socat echoes $door.what one by one', async (row, context) => {
    const [socat] = need(context, 'socat');
    const client = await openStream(context, row.door, engine);
    const { server, address } = await listenWith(socat, row);
    await using _ = server;
    await client.connect(address);
    for (const [record, size] of RECORDS) {
      await client.sendall(record);
      const { data, length, flags } = await client.recvmsg(size);
      expect(decode(data)).toBe(record.slice(0, size));
      expect({ length, cut: flags === MSG_TRUNC }).toEqual({
        length: record.length,
        cut: size < record.length,
      });
    }
    await client.close();
    await server.ended();
  });

  test.for(DATAGRAMS)('socat echoes $door.what', async (row, context) => {
    const [socat] = need(context, 'socat');
    const client = await openDatagram(context, row.door, engine);
    if (row.door.at === 'path' || row.door.at === 'abstract') await client.bind(freshAddress(row.door));
    const { server, address } = await listenWith(socat, row);
    await using _ = server;
    await client.sendto('grüße', address);
    const [echo, sender] = await client.recvfrom(2048);
    expect(echo).toEqual(encode('grüße'));
    expect(sender).toEqual(address);
  });
});

/** Starts a socat that serves one client and gives back what it gets; says where. */
async function listenWith(
  socat: string,
  { door, listen }: Row,
): Promise<{ server: Program; address: Address }> {
  const wanted = freshAddress(door);
  const server = Program.start(socat, ['-d', '-d', listen(nameOf(wanted)), 'PIPE']);
  const [, name = ''] = await server.said(/(?:listening|receiving) on (?:UDP )?AF=\d+ (?:\S+:(\d+)|".*")/);
  return { server, address: 'path' in wanted ? wanted : { host: wanted.host, port: Number(name) } };
}
