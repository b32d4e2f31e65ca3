/** Clients that do not read what they are sent: how much does the server keep for them? */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { say } from '../../harness/progress.ts';
import type { Connection } from '../clients.ts';
import { abort, dial, grouped, mb, repeat } from '../clients.ts';
import type { Finding, Measure } from '../measure.ts';
import { finding } from '../measure.ts';
import { Served } from '../served.ts';

const CLIENTS = 1000;
const WIDTH = 100;
const RESIDENT_MAX = 256e6;
const HOLD_S = 15;
const PAGE_BYTES = 4096;

/** The memory of all TCP sockets of this host. */
function kernelBytes(): number {
  const [, pages = '0'] = /^TCP:.* mem (\d+)$/m.exec(readFileSync('/proc/net/sockstat', 'latin1')) ?? [];
  return Number(pages) * PAGE_BYTES;
}

interface Seen {
  readonly most: number;
  readonly kernel: number;
  readonly open: number;
  readonly command: string;
}

async function held(service: string, begin: (connection: Connection) => Promise<void>): Promise<Seen> {
  await using server = await Served.start({ service, words: ['--tcp', '--threads', '2'] });
  const connections: Connection[] = [];
  let most = 0;
  let kernel = 0;
  const look = () => {
    most = Math.max(most, server.residentBytes);
    kernel = Math.max(kernel, kernelBytes());
  };
  const looking = setInterval(look, 100);
  await repeat(CLIENTS, WIDTH, async () => {
    const connection = await dial(server.tcp);
    connections.push(connection);
    await begin(connection);
  });
  await pause(HOLD_S * 1000);
  clearInterval(looking);
  look();
  const { open } = await server.stats();
  say(`slow-readers: ${service}, ${mb(most)} resident`);
  for (const connection of connections) await abort(connection);
  return { most, kernel, open, command: server.command };
}

async function slowReaders(): Promise<Finding> {
  const sender = await held('generous', async (connection) => {
    await connection.sendall('go\n');
  });
  // as much as is taken: the server stops reading when its answers are not read
  const block = new Uint8Array(65_536);
  const echo = await held('echo', async (connection) => {
    const send = async () => {
      for (;;) await connection.sendall(block);
    };
    send().catch(() => undefined);
  });
  const most = Math.max(sender.most, echo.most);
  const line = ({ most: resident, kernel, open }: Seen, what: string) =>
    `${what}: ${mb(resident)} resident at most, ${grouped(open)} open after ${HOLD_S} s; the buffers of the system, of both sides: ${mb(kernel)}`;
  return finding(
    sender.command,
    `${mb(most)} resident`,
    [most <= RESIDENT_MAX, sender.open === CLIENTS, echo.open === CLIENTS],
    [line(sender, 'a handler that sends without end'), line(echo, 'echo, clients that send without end')],
  );
}

export const SLOW_READERS: readonly Measure[] = [
  {
    name: 'slow-readers',
    title: `${grouped(CLIENTS)} clients that do not read`,
    aim: `resident memory at most ${mb(RESIDENT_MAX)} in all`,
    how: `Once the handler sends blocks of 64 KiB without end, each awaited; once the clients send without end to an echo server. The greatest of the readings in ${HOLD_S} s counts.`,
    run: slowReaders,
  },
];
