/**
 * Rooms that are full and kernels that are out of memory: sends wait and go out whole and in order, whatever epoll
 * says. field.md section 2 traps 2 and 3; reliability.md rows U32, U35, section 2 row 23.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Address } from '../../../src/index.ts';
import {
  AF_INET,
  AF_UNIX,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  socket,
} from '../../../src/index.ts';
import { engineOn, Faults } from './faulty-engine.ts';
import { noLinuxEngine } from './requirements.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const open: { close(): Promise<void> }[] = [];

/** Remembers a socket, to be closed when the test is over. */
function kept<S extends { close(): Promise<void> }>(one: S): S {
  open.push(one);
  return one;
}

async function udpPair(faults: Faults) {
  const engine = engineOn(faults.libc);
  const sender = kept(socket(AF_INET, SOCK_DGRAM, { engine }));
  const receiver = kept(socket(AF_INET, SOCK_DGRAM, { engine: 'linux' }));
  await sender.bind(LOOPBACK);
  await receiver.bind(LOOPBACK);
  receiver.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20);
  return { sender, receiver, address: receiver.getsockname() };
}

async function tcpPair(faults: Faults) {
  const engine = engineOn(faults.libc);
  const welcome = kept(socket(AF_INET, SOCK_STREAM, { engine: 'linux' }));
  await welcome.bind(LOOPBACK);
  await welcome.listen(1);
  const client = kept(socket(AF_INET, SOCK_STREAM, { engine }));
  await client.connect(welcome.getsockname());
  const [server] = await welcome.accept();
  return { client, server: kept(server) };
}

describe.skipIf(noLinuxEngine)('back-pressure', () => {
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });

  it('sendto() waits and loses nothing when there is no room and epoll refuses to tell when there is', async () => {
    const faults = new Faults();
    const { sender, receiver, address } = await udpPair(faults);
    faults.fail('sendmmsg', 'EAGAIN', (call) => call <= 5);
    faults.fail('sendmsg', 'EAGAIN', (call) => call <= 5);
    faults.fail('epoll_ctl', 'ENOMEM');
    await Promise.all(Array.from({ length: 100 }, (_, index) => sender.sendto(String(index), address)));
    for (let index = 0; index < 100; index += 1) {
      const [message] = await receiver.recvfrom(16, { timeoutMs: 2000 });
      expect(Buffer.from(message).toString()).toBe(String(index));
    }
  });

  it('sendall() waits and loses nothing when there is no room and epoll refuses to tell when there is', async () => {
    const faults = new Faults();
    const { client, server } = await tcpPair(faults);
    faults.fail('epoll_ctl', 'ENOSPC');
    const data = Buffer.alloc(6_000_000, 'abcdefg');
    const sending = client.sendall(data).then(() => client.close());
    const chunks: Uint8Array[] = [];
    for await (const chunk of server) chunks.push(chunk);
    await sending;
    expect(Buffer.concat(chunks).equals(data)).toBe(true);
  });

  it('recvfrom() says that epoll refuses, and works when it no longer does', async () => {
    const faults = new Faults();
    const { sender: receiver } = await udpPair(faults);
    faults.fail('epoll_ctl', 'ENOSPC', (call) => call === 1);
    await expect(receiver.recvfrom(16)).rejects.toMatchObject({ code: 'ENOSPC', syscall: 'epoll_ctl' });
    const received = receiver.recvfrom(16, { timeoutMs: 2000 });
    await receiver.sendto('here', receiver.getsockname());
    expect(Buffer.from((await received)[0]).toString()).toBe('here');
  });

  it.each(['ENOBUFS', 'ENOMEM', 'EAGAIN'] as const)(
    'sendto() takes a long run of %s for a full room',
    async (code) => {
      const faults = new Faults();
      const { sender, receiver, address } = await udpPair(faults);
      faults.fail('sendmmsg', code, (call) => call <= 30);
      faults.fail('sendmsg', code, (call) => call <= 30);
      await Promise.all(Array.from({ length: 40 }, (_, index) => sender.sendto(String(index), address)));
      for (let index = 0; index < 40; index += 1) {
        const [message] = await receiver.recvfrom(16, { timeoutMs: 2000 });
        expect(Buffer.from(message).toString()).toBe(String(index));
      }
      await expect(receiver.recvfrom(16, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    },
  );

  it('close() sends what is queued first, when the room was full', async () => {
    const faults = new Faults();
    const { sender, receiver, address } = await udpPair(faults);
    faults.fail('sendmmsg', 'ENOBUFS', (call) => call <= 10);
    faults.fail('sendmsg', 'ENOBUFS', (call) => call <= 10);
    const sends = Array.from({ length: 10 }, (_, index) => sender.sendto(String(index), address));
    await Promise.all([...sends, sender.close()]);
    for (let index = 0; index < 10; index += 1) {
      const [message] = await receiver.recvfrom(16, { timeoutMs: 2000 });
      expect(Buffer.from(message).toString()).toBe(String(index));
    }
  });

  it('sendmmsg() stops at a message that can not be sent, goes on after it, and sends none twice', async () => {
    const { sender, receiver, address } = await udpPair(new Faults());
    const bad = { data: new Uint8Array(65_600), address };
    const good = (text: string) => ({ data: text, address });
    expect(await sender.sendmmsg([good('a'), good('b'), bad, good('c')])).toBe(2);
    await expect(sender.sendmmsg([bad, good('c')])).rejects.toMatchObject({ code: 'EMSGSIZE' });
    expect(await sender.sendmmsg([good('c')])).toBe(1);
    for (const text of ['a', 'b', 'c'])
      expect(Buffer.from((await receiver.recvfrom(16, { timeoutMs: 2000 }))[0]).toString()).toBe(text);
    await expect(receiver.recvfrom(16, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('sendmmsg() that waits has bytes of its own', async () => {
    const faults = new Faults();
    const { sender, receiver, address } = await udpPair(faults);
    faults.fail('sendmmsg', 'EAGAIN', (call) => call <= 3);
    faults.fail('sendmsg', 'EAGAIN', (call) => call <= 3);
    const data = new Uint8Array(40_000).fill(1);
    const sending = sender.sendmmsg(Array.from({ length: 6 }, () => ({ data, address })));
    data.fill(2);
    expect(await sending).toBe(6);
    for (let index = 0; index < 6; index += 1) {
      const [message] = await receiver.recvfrom(65_535, { timeoutMs: 2000 });
      expect(message.every((byte) => byte === 1)).toBe(true);
    }
  });

  it('sendto() of a Unix datagram waits for a receiver that is not read, and does not spin', async () => {
    const sender = kept(socket(AF_UNIX, SOCK_DGRAM, { engine: 'linux' }));
    const receiver = kept(socket(AF_UNIX, SOCK_DGRAM, { engine: 'linux' }));
    const address: Address = { path: `\0portico-full-${process.pid}` };
    await receiver.bind(address);
    const count = 1500;
    const sending = (async () => {
      for (let index = 0; index < count; index += 1) await sender.sendto(String(index), address);
    })();
    const cpu = process.cpuUsage();
    await sleep(300);
    const { user, system } = process.cpuUsage(cpu);
    expect((user + system) / 1000, 'CPU time of the wait').toBeLessThan(200);
    for (let index = 0; index < count; index += 1) {
      const [message] = await receiver.recvfrom(16, { timeoutMs: 2000 });
      expect(Buffer.from(message).toString()).toBe(String(index));
    }
    await sending;
  });

  it('recvfrom() on a socket that says it is readable and has nothing waits without a spin', async () => {
    const faults = new Faults();
    const { sender: receiver, address } = await udpPair(faults);
    await receiver.connect(address);
    receiver.shutdown(0);
    const waiting = receiver.recvfrom(16, { timeoutMs: 400 }).catch(() => 'over');
    faults.fail('recvmmsg', 'EAGAIN');
    await waiting;
    expect(faults.calls.get('recvmmsg') ?? 0, 'calls').toBeLessThan(20);
  });

  it('send() and sendall() of a small buffer keep their order through a clogged connection', async () => {
    const faults = new Faults();
    const { client, server } = await tcpPair(faults);
    client.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    faults.fail('send', 'ENOMEM', (call) => call % 3 === 1);
    faults.fail('sendFrom', 'EAGAIN', (call) => call % 2 === 1);
    const parts = Array.from({ length: 60 }, (_, index) =>
      Buffer.alloc(1 + ((index * 7919) % 40_000), index),
    );
    const sending = Promise.all(parts.map((part) => client.sendall(part))).then(() => client.close());
    const chunks: Uint8Array[] = [];
    for await (const chunk of server) chunks.push(chunk);
    await sending;
    expect(Buffer.concat(chunks).equals(Buffer.concat(parts))).toBe(true);
  });
});
