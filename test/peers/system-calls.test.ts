/** What the programs ask of the kernel, with strace as the judge: how often, with which flags, and what never. */
import type { EngineName, StreamSocket } from 'portico';
import { AF_INET, decode, ENGINE_NAMES, SOCK_STREAM, socket } from 'portico';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatagram, UDP } from './doors.ts';
import { needEngine, needStrace } from './needs.ts';
import type { Call } from './strace.ts';
import { countsOn, Traced } from './strace.ts';

const TRANSFERS = 'read,readv,recvfrom,recvmsg,recvmmsg,write,writev,sendto,sendmsg,sendmmsg';
const POLLING = 'epoll_wait,epoll_pwait,epoll_pwait2,epoll_ctl,poll,ppoll,select,ioctl,fcntl,getsockopt';
/** What may happen besides the requests: the first look at a connection, its end, a wake-up for something else. */
const ONCE_MAX = 8;

const MESSAGE = 'x'.repeat(64);
const REQUESTS = 300;
const CONNECTIONS = 16;
const ROUNDS = 10;
const DATAGRAMS = 128;
/** How many datagrams one recvmmsg or sendmmsg takes, as the engine has it. */
const BATCH = 64;

/** Connected to a TCP connection, not listening. */
const CONNECTION = /<TCP:\[.*->.*\]>/;

describe('what the engine linux asks of the kernel', () => {
  test('a request over TCP costs one recv, one send and one wake-up', async (context) => {
    const strace = needStrace(context);
    needEngine(context, 'linux');
    await using server = Traced.start(strace, 'linux', `${TRANSFERS},${POLLING}`, 'answer-tcp.mjs');
    const { port } = await server.listening();
    const client = await connectTo(port);
    for (let request = 0; request < REQUESTS; request++) await ask(client);
    await client.close();

    const calls = await server.calls();
    const { recvfrom = 0, sendto = 0, ...others } = countsOn(calls, CONNECTION);
    expect(sendto).toBe(REQUESTS);
    expect(recvfrom).toBeGreaterThanOrEqual(REQUESTS);
    expect(recvfrom).toBeLessThanOrEqual(REQUESTS + ONCE_MAX);
    expect(others).toEqual({});
    expect(wakeUps(calls)).toBeLessThanOrEqual(REQUESTS + ONCE_MAX);
  });

  test('requests that arrive together share a wake-up, and their calls where there is io_uring', async (context) => {
    const strace = needStrace(context);
    needEngine(context, 'linux');
    await using server = Traced.start(
      strace,
      'linux',
      `${TRANSFERS},${POLLING},io_uring_enter`,
      'answer-tcp.mjs',
    );
    const { port, pid } = await server.listening();
    const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => connectTo(port)));
    for (const client of clients) await ask(client);
    for (let round = 0; round < ROUNDS; round++) {
      process.kill(pid, 'SIGSTOP');
      for (const client of clients) await client.send(MESSAGE);
      process.kill(pid, 'SIGCONT');
      for (const client of clients) expect(decode(await client.recv(1024))).toBe(MESSAGE);
    }

    const calls = await server.calls();
    const requests = CONNECTIONS * (ROUNDS + 1);
    const { recvfrom = 0, sendto = 0 } = countsOn(calls, CONNECTION);
    const shared = calls.flatMap(({ name, result }) => (name === 'io_uring_enter' ? Number(result) : []));
    const transfers = shared.reduce((sum, made) => sum + made, recvfrom + sendto);
    expect(transfers).toBeGreaterThanOrEqual(2 * requests);
    expect(transfers).toBeLessThanOrEqual(2 * requests + CONNECTIONS * 2);
    expect(recvfrom + sendto + shared.length).toBeLessThanOrEqual(
      shared.length > 0 ? requests : 2 * requests + CONNECTIONS * 2,
    );
    expect(wakeUps(calls)).toBeLessThan(requests / 2);
  });

  test('datagrams that wait together come and go in batches', async (context) => {
    const strace = needStrace(context);
    needEngine(context, 'linux');
    await using server = Traced.start(strace, 'linux', `${TRANSFERS},${POLLING}`, 'answer-udp.mjs');
    const { port } = await server.listening();
    const client = await openDatagram(context, UDP, 'linux');
    await client.connect({ host: '127.0.0.1', port });
    for (let sent = 0; sent < DATAGRAMS; sent++) await client.send(`${sent}`.padEnd(64));
    server.program.write('go\n');
    for (let received = 0; received < DATAGRAMS; received++)
      expect(decode(await client.recv()).trim()).toBe(`${received}`);

    const { recvmmsg = 0, sendmmsg = 0, ...others } = countsOn(await server.calls(), /<UDP:/);
    expect(others).toEqual({});
    for (const count of [recvmmsg, sendmmsg]) {
      expect(count).toBeGreaterThanOrEqual(DATAGRAMS / BATCH);
      expect(count).toBeLessThanOrEqual(DATAGRAMS / BATCH + ONCE_MAX);
    }
  });
});

describe.each(ENGINE_NAMES)('what the engine %s asks of the kernel', (engine) => {
  test('every socket and connection is closed on exec and never blocks', async (context) => {
    const strace = needStrace(context);
    needEngine(context, engine);
    await using doors = Traced.start(strace, engine, 'socket,accept,accept4,dup', 'every-door.mjs');
    const calls = (await doors.calls()).filter(({ result }) => !result.startsWith('-1'));
    const opened = calls.filter(
      ({ name, arguments: args }) => name === 'socket' && /^AF_(INET6?|UNIX)/.test(args),
    );
    const accepted = calls.filter(({ name }) => name.startsWith('accept'));
    expect(opened.length).toBeGreaterThanOrEqual(4);
    expect(accepted.length).toBeGreaterThanOrEqual(2);
    expect([...opened, ...accepted].filter((call) => !hasBothFlags(call))).toEqual([]);
  });

  test('TCP_NODELAY and SO_KEEPALIVE reach the kernel', async (context) => {
    const strace = needStrace(context);
    needEngine(context, engine);
    await using doors = Traced.start(strace, engine, 'setsockopt', 'every-door.mjs');
    const set = (await doors.calls()).map(({ arguments: args, result }) => `${args} = ${result}`).join('\n');
    expect(set).toMatch(/SOL_TCP, TCP_NODELAY, \[1\], 4 = 0/);
    expect(set).toMatch(/SOL_SOCKET, SO_KEEPALIVE, \[1\], 4 = 0/);
  });

  // a name as well, so that the judge is seen to notice
  test.for(['127.0.0.1', 'localhost'])('only a name is looked up: %s', async (peer, context) => {
    const strace = needStrace(context);
    needEngine(context, engine);
    const calls = 'openat,open,connect,sendto,sendmmsg';
    await using doors = Traced.start(strace, engine, calls, 'every-door.mjs', [peer]);
    const lookUps = (await doors.calls()).filter((call) => isLookUp(call, engine));
    if (peer === 'localhost') expect(lookUps).not.toEqual([]);
    else expect(lookUps).toEqual([]);
  });
});

/** The times that the engine's own epoll was asked: the one to which the connections were added. */
function wakeUps(calls: readonly Call[]): number {
  const added = calls.find(
    ({ name, arguments: args }) => name === 'epoll_ctl' && /EPOLL_CTL_ADD, \d+<TCP:/.test(args),
  );
  const epoll = /^\d+/.exec(added?.arguments ?? '')?.[0];
  expect(epoll, 'the descriptor of epoll').toBeDefined();
  return calls.filter(
    ({ name, arguments: args }) => /^epoll_p?wait2?$/.test(name) && args.startsWith(`${epoll}<`),
  ).length;
}

function hasBothFlags({ arguments: args }: Call): boolean {
  return args.includes('SOCK_CLOEXEC') && args.includes('SOCK_NONBLOCK');
}

/**
 * Whether the call reads what getaddrinfo(3) reads, or speaks to a DNS server or a cache of names. Node itself reads two
 * of the files once, for its `dns.resolve()`, when it first loads `node:dgram` or listens: those say nothing.
 */
function isLookUp({ name, arguments: args }: Call, engine: EngineName): boolean {
  if (!name.startsWith('open')) return /htons\(53\)|nscd|systemd\/resolve/.test(args);
  const file = /"\/etc\/(resolv|hosts|nsswitch|gai|host)(\.conf)?"/.exec(args)?.[1];
  const nodeReads = engine === 'node' && (file === 'resolv' || file === 'nsswitch');
  return file !== undefined && !nodeReads;
}

async function connectTo(port: number): Promise<StreamSocket> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect({ host: '127.0.0.1', port });
  return client;
}

async function ask(client: StreamSocket): Promise<void> {
  await client.send(MESSAGE);
  expect(decode(await client.recv(1024))).toBe(MESSAGE);
}
