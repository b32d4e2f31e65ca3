/** Datagram sockets of the engine node, at the contract. */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Cancellation } from '../../../src/engines/engine.ts';
import { QUEUE_MAX, RECEIVE_BATCH_MAX } from '../../../src/engines/node/receiver.ts';
import { isUnixAddress } from '../../../src/posix/address.ts';
import { AF_INET, AF_INET6, AF_UNIX, SHUT_RD, SHUT_WR } from '../../../src/posix/constants.ts';
import {
  boundUdp,
  bytes,
  codeOf,
  engine,
  errorOf,
  isPending,
  LOOPBACK,
  settle,
  text,
  udp,
} from './harness.ts';

/** A port of the loopback that nobody has. */
async function freePort(): Promise<{ host: string; port: number }> {
  const socket = await boundUdp();
  const address = socket.getsockname();
  await socket.close();
  if (isUnixAddress(address)) throw new Error('no port');
  return address;
}

/** A link-local address of this host with its scope id, where it has one. */
function linkLocalAddress(): string | undefined {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const local = addresses.find(({ address }) => address.startsWith('fe80:'));
    if (local) return `${local.address}%${name}`;
  }
  return undefined;
}

describe('receive() and send()', () => {
  test('carry a message there and back, with the address of its sender', async () => {
    const server = await boundUdp();
    const client = udp();
    expect(await client.send({ data: bytes('hello'), address: server.getsockname() })).toBe(5);
    const request = await server.receive(false);
    expect(request).toMatchObject({ address: { host: '127.0.0.1' }, length: 5 });
    await server.send({ data: bytes('HELLO'), address: request.address });
    const reply = await client.receive(false);
    expect(text(reply.data)).toBe('HELLO');
    expect(reply.address).toEqual(server.getsockname());
  });

  test('give a plain Uint8Array over memory of its own', async () => {
    const server = await boundUdp();
    await udp().send({ data: bytes('abc'), address: server.getsockname() });
    const { data } = await server.receive(false);
    expect(Object.getPrototypeOf(data)).toBe(Uint8Array.prototype);
    expect(data.buffer.byteLength).toBe(3);
  });

  test('keep a datagram of length zero, gather parts, and copy the bytes within the call', async () => {
    const server = await boundUdp();
    const client = udp();
    const part = bytes('xy');
    const sent = [
      client.send({ data: new Uint8Array(0), address: server.getsockname() }),
      client.send({ data: [bytes('a'), new Uint8Array(0), part], address: server.getsockname() }),
    ];
    part.fill(0);
    expect(await Promise.all(sent)).toEqual([0, 3]);
    expect((await server.receive(false)).length).toBe(0);
    expect(text((await server.receive(false)).data)).toBe('axy');
  });

  test('receive() with peek leaves the datagram and gives a copy', async () => {
    const server = await boundUdp();
    const peeked = server.receive(true);
    const taken = server.receive(false);
    await udp().send({ data: bytes('once'), address: server.getsockname() });
    (await peeked).data.fill(0);
    expect(text((await taken).data)).toBe('once');
    expect(server.received).toBe(0);
  });

  test('receive() serves the calls that wait in their order', async () => {
    const server = await boundUdp();
    const received = Array.from({ length: 3 }, () => server.receive(false));
    const client = udp();
    for (const message of ['1', '2', '3'])
      await client.send({ data: bytes(message), address: server.getsockname() });
    expect((await Promise.all(received)).map(({ data }) => text(data))).toEqual(['1', '2', '3']);
  });

  test('receive() waits on a socket without an address, and gets what comes once it has one', async () => {
    const socket = udp();
    const received = socket.receive(false);
    expect(await isPending(received)).toBe(true);
    await socket.bind(LOOPBACK);
    await udp().send({ data: bytes('late'), address: socket.getsockname() });
    expect(text((await received).data)).toBe('late');
  });

  test('sendMany() sends all in order', async () => {
    const server = await boundUdp();
    const client = udp();
    const address = server.getsockname();
    const messages = Array.from({ length: 100 }, (_, i) => ({ data: bytes(String(i)), address }));
    expect(await client.sendMany(messages)).toBe(100);
    for (let i = 0; i < 100; i += 1) expect(text((await server.receive(false)).data)).toBe(String(i));
  });

  test('sendMany() gives the count before a failure, sends nothing after it, and the next call has the error', async () => {
    const server = await boundUdp();
    const client = udp();
    const address = server.getsockname();
    const tooLong = { data: new Uint8Array(65_508), address };
    const good = { data: bytes('good'), address };
    expect(await client.sendMany([good, tooLong, good])).toBe(1);
    expect(await codeOf(() => client.send(good))).toBe('EMSGSIZE');
    expect(await codeOf(() => client.sendMany([tooLong, good]))).toBe('EMSGSIZE');
    expect(await client.send(good)).toBe(4);
    await server.receive(false);
    await server.receive(false);
    expect(await isPending(server.receive(false))).toBe(true);
  });
});

describe('pull', () => {
  test('nothing is read before somebody asks, and at most one batch ahead', async () => {
    const server = await boundUdp();
    const client = udp();
    const address = server.getsockname();
    for (let i = 0; i < 200; i += 1) await client.send({ data: bytes(String(i)), address });
    await settle();
    expect(server.received).toBe(0);
    expect(text((await server.receive(false)).data)).toBe('0');
    await settle();
    expect(server.received).toBeGreaterThan(0);
    expect(server.received).toBeLessThanOrEqual(RECEIVE_BATCH_MAX);
    // The rest was in the kernel all the time: every datagram arrives once, in order.
    for (let i = 1; i < 200; i += 1) expect(text((await server.receive(false)).data)).toBe(String(i));
  });

  test('a socket from which nobody reads any more stops reading', async () => {
    const server = await boundUdp();
    const client = udp();
    const address = server.getsockname();
    const cancellation: Cancellation = { onCancel: undefined };
    const cancelled = server.receive(false, cancellation);
    cancellation.onCancel?.(new Error('enough'));
    await expect(cancelled).rejects.toThrow('enough');
    await settle();
    await client.send({ data: bytes('later'), address });
    await settle();
    expect(server.received).toBe(0);
    expect(text((await server.receive(false)).data)).toBe('later');
  });

  test('a sender that never pauses lets timers fire', async () => {
    const client = udp();
    const address = (await boundUdp()).getsockname();
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 20);
    while (!isOver) await client.send({ data: bytes('x'), address });
    expect(isOver).toBe(true);
  });
});

describe('errors', () => {
  test.each([
    ['send() without a peer', 'EDESTADDRREQ', () => udp().send({ data: bytes('x'), address: undefined })],
    ['getpeername() without a peer', 'ENOTCONN', () => udp().getpeername()],
    ['shutdown() without a peer', 'ENOTCONN', () => udp().shutdown(SHUT_WR)],
    ['bind() to a foreign address', 'EADDRNOTAVAIL', () => udp().bind({ host: '192.0.2.1', port: 0 })],
    [
      'send() of 65,508 bytes',
      'EMSGSIZE',
      () => udp().send({ data: new Uint8Array(65_508), address: { host: '127.0.0.1', port: 9 } }),
    ],
    [
      'send() to a broadcast address without SO_BROADCAST',
      'EACCES',
      () => udp().send({ data: bytes('x'), address: { host: '255.255.255.255', port: 9 } }),
    ],
  ])('%s is %s', async (_name, code, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  test('the whole error is ours: code, call, engine, addresses, cause', async () => {
    const taken = (await boundUdp()).getsockname();
    const error = await errorOf(() => udp().bind(taken));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', engine: 'node', local: taken });
    expect(error?.cause).toBeInstanceOf(Error);
    expect(error?.message).toMatch(/^bind udp 127\.0\.0\.1:\d+: EADDRINUSE \(address already in use\)$/);
  });

  test('bind() works after it failed, and not twice', async () => {
    const taken = (await boundUdp()).getsockname();
    const socket = udp();
    expect(await codeOf(() => socket.bind(taken))).toBe('EADDRINUSE');
    expect(socket.getsockname()).toEqual({ host: '0.0.0.0', port: 0 });
    await socket.bind(LOOPBACK);
    expect(await codeOf(() => socket.bind(LOOPBACK))).toBe('EINVAL');
  });

  test('send() binds, and after that bind() is EINVAL', async () => {
    const socket = udp();
    await socket.send({ data: bytes('x'), address: await freePort() });
    expect(socket.getsockname()).not.toMatchObject({ port: 0 });
    expect(await codeOf(() => socket.bind(LOOPBACK))).toBe('EINVAL');
  });

  test('a refused datagram of a connected socket is the error of the next send, once', async () => {
    const socket = udp();
    await socket.connect(await freePort());
    await socket.send({ data: bytes('1'), address: undefined });
    await settle();
    const error = await errorOf(() => socket.send({ data: bytes('2'), address: undefined }));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'send' });
    expect(await socket.send({ data: bytes('3'), address: undefined })).toBe(1);
  });

  test('a refused datagram of a connected socket fails the receive that waits, once', async () => {
    const socket = udp();
    await socket.connect(await freePort());
    const received = socket.receive(false);
    await socket.send({ data: bytes('1'), address: undefined });
    await expect(received).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'recvfrom' });
    expect(await isPending(socket.receive(false))).toBe(true);
  });

  test('a refused datagram of an unconnected socket is no call that failed', async () => {
    const socket = await boundUdp();
    await socket.send({ data: bytes('1'), address: await freePort() });
    expect(await isPending(socket.receive(false))).toBe(true);
  });

  test('a family or type that Node has not is refused when the socket is opened', async () => {
    expect(await errorOf(() => engine.openDatagram(AF_UNIX))).toMatchObject({
      code: 'EPROTONOSUPPORT',
      syscall: 'socket',
    });
  });
});

describe('connect()', () => {
  test('fixes the peer, changes it, dissolves it', async () => {
    const [a, b, client] = [await boundUdp(), await boundUdp(), udp()];
    await client.connect(a.getsockname());
    expect(client.getpeername()).toEqual(a.getsockname());
    await client.connect(b.getsockname());
    await client.send({ data: bytes('to b'), address: undefined });
    expect(text((await b.receive(false)).data)).toBe('to b');
    await client.connect(undefined);
    expect(await codeOf(() => client.getpeername())).toBe('ENOTCONN');
    expect(await codeOf(() => client.send({ data: bytes('x'), address: undefined }))).toBe('EDESTADDRREQ');
    await client.connect(undefined);
  });

  test('a connected socket takes no address and sends nothing after SHUT_WR', async () => {
    const [server, client] = [await boundUdp(), udp()];
    await client.connect(server.getsockname());
    expect(await codeOf(() => client.send({ data: bytes('x'), address: server.getsockname() }))).toBe(
      'EISCONN',
    );
    client.shutdown(SHUT_RD);
    expect(await client.send({ data: bytes('x'), address: undefined })).toBe(1);
    client.shutdown(SHUT_WR);
    expect(await codeOf(() => client.send({ data: bytes('x'), address: undefined }))).toBe('EPIPE');
  });
});

describe('cancel and close', () => {
  test('a cancelled receive takes nothing away from the next', async () => {
    const server = await boundUdp();
    const cancellation: Cancellation = { onCancel: undefined };
    const [first, second] = [server.receive(false, cancellation), server.receive(false)];
    cancellation.onCancel?.(new Error('too late'));
    await expect(first).rejects.toThrow('too late');
    await udp().send({ data: bytes('kept'), address: server.getsockname() });
    expect(text((await second).data)).toBe('kept');
  });

  test('close() rejects the calls that wait and frees the port', async () => {
    const server = await boundUdp();
    const address = server.getsockname();
    const waiting = [server.receive(false), server.receive(true)].map((received) => codeOf(() => received));
    await server.close();
    expect(await Promise.all(waiting)).toEqual(['ECANCELED', 'ECANCELED']);
    await udp().bind(address);
  });

  test('close() sends first what was given to send', async () => {
    const server = await boundUdp();
    const client = udp();
    const sent = Array.from({ length: 50 }, () =>
      client.send({ data: bytes('x'), address: server.getsockname() }),
    );
    await client.close();
    expect(await Promise.all(sent)).toEqual(sent.map(() => 1));
    for (let i = 0; i < 50; i += 1) await server.receive(false);
  });
});

describe('other systems and families', () => {
  test('where Node does not let us stop reading, a bounded queue drops the newest', async () => {
    // A Node that hides the state of its sockets, as a later one may.
    const original = Object.getOwnPropertySymbols;
    Object.getOwnPropertySymbols = () => [];
    onTestFinished(() => {
      Object.getOwnPropertySymbols = original;
    });
    const server = await boundUdp();
    Object.getOwnPropertySymbols = original;
    const flood = createSocket('udp4');
    onTestFinished(() => void flood.close());
    const { port } = server.getsockname() as { port: number };
    for (let i = 0; i < 40; i += 1) {
      for (let j = 0; j < 10; j += 1) flood.send(bytes(String(i * 10 + j)), port, '127.0.0.1');
      await settle(1);
    }
    await settle();
    expect(server.received).toBe(QUEUE_MAX);
    expect(text((await server.receive(false)).data)).toBe('0');
  });

  test('AF_INET6 keeps the scope id of a link-local address', async () => {
    const address = linkLocalAddress();
    if (address === undefined) return;
    const server = udp(AF_INET6);
    await server.bind({ host: address, port: 0 });
    expect(server.getsockname()).toMatchObject({ host: address });
    await server.send({ data: bytes('to myself'), address: server.getsockname() });
    expect((await server.receive(false)).address).toEqual(server.getsockname());
  });

  test('AF_INET6 carries IPv6 and IPv4 through mapped addresses', async () => {
    const server = udp(AF_INET6);
    await server.bind({ host: '::', port: 0 });
    expect(server.getsockname()).toMatchObject({ host: '::' });
    const { port } = server.getsockname() as { port: number };
    await udp(AF_INET6).send({ data: bytes('six'), address: { host: '::1', port } });
    expect((await server.receive(false)).address).toMatchObject({ host: '::1' });
    await udp(AF_INET).send({ data: bytes('four'), address: { host: '127.0.0.1', port } });
    expect((await server.receive(false)).address).toMatchObject({ host: '::ffff:127.0.0.1' });
  });
});

test('a datagram that is cancelled before its turn is not sent', async () => {
  const [sender, bin, receiver] = [await boundUdp(), await boundUdp(), await boundUdp()];
  // a turn's share, so that the next one waits
  const others = Array.from({ length: 1024 }, () =>
    sender.send({ data: bytes('x'), address: bin.getsockname() }),
  );
  const cancellation: Cancellation = { onCancel: undefined };
  const cancelled = sender.send(
    { data: bytes('cancelled'), address: receiver.getsockname() },
    cancellation,
  ) as Promise<number>;
  cancellation.onCancel?.(new Error('enough'));
  await expect(cancelled).rejects.toThrow('enough');
  await Promise.all(others);
  await sender.send({ data: bytes('after'), address: receiver.getsockname() });
  const first = await receiver.receive(false);
  expect(text(first.data)).toBe('after');
});
