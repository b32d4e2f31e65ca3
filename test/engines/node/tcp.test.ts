/** Stream sockets of the engine node, at the contract. */
import { connect as netConnect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Cancellation } from '../../../src/engines/engine.ts';
import { Loop } from '../../../src/engines/node/loop.ts';
import { Welcome } from '../../../src/engines/node/welcome.ts';
import {
  AF_INET,
  MSG_OOB,
  MSG_PEEK,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_SEQPACKET,
} from '../../../src/posix/constants.ts';
import { SO_ERROR, SO_LINGER } from '../../../src/posix/options.ts';
import {
  bytes,
  closing,
  codeOf,
  connectedPair,
  engine,
  errorOf,
  isPending,
  LOOPBACK,
  settle,
  tcp,
  text,
  welcome,
} from './harness.ts';

describe('a connection', () => {
  test('carries bytes both ways and knows its two ends', async () => {
    const server = await welcome();
    const client = tcp();
    await client.connect(server.getsockname());
    const { socket, address } = await server.accept();
    closing(socket);
    expect(address).toEqual(client.getsockname());
    expect(socket.getpeername()).toEqual(client.getsockname());
    expect(client.getpeername()).toEqual(server.getsockname());
    expect(await client.send(bytes('hello'), 0, false)).toBe(5);
    expect(text(await socket.recv(1024, 0))).toBe('hello');
    expect(await socket.send([bytes('HEL'), new Uint8Array(0), bytes('LO')], 0, true)).toBe(5);
    expect(text(await client.recv(1024, 0))).toBe('HELLO');
  });

  test('recv() gives at most what was asked for and keeps the rest; recv(0) gives nothing at once', async () => {
    const [client, server] = await connectedPair();
    await client.send(bytes('abcdef'), 0, true);
    expect(text(await server.recv(2, 0))).toBe('ab');
    expect(await server.recv(0, 0)).toHaveLength(0);
    expect(text(await server.recv(3, MSG_PEEK))).toBe('cde');
    expect(await server.recvmsg(10, 0)).toMatchObject({ data: bytes('cdef'), flags: 0, length: 4 });
  });

  test('recv() with MSG_WAITALL waits for all, or for the end', async () => {
    const [client, server] = await connectedPair();
    const all = server.recv(6, MSG_WAITALL);
    await client.send(bytes('abc'), 0, true);
    expect(await isPending(all)).toBe(true);
    await client.send(bytes('defg'), 0, true);
    expect(text(await all)).toBe('abcdef');
    const rest = server.recv(6, MSG_WAITALL);
    client.shutdown(SHUT_WR);
    expect(text(await rest)).toBe('g');
  });

  test('waiting receives are served in their order', async () => {
    const [client, server] = await connectedPair();
    const received = [server.recv(2, 0), server.recv(2, 0), server.recv(2, 0)];
    await client.send(bytes('aabbcc'), 0, true);
    expect((await Promise.all(received)).map(text)).toEqual(['aa', 'bb', 'cc']);
  });

  test('waiting sends go out whole and in order', async () => {
    const [client, server] = await connectedPair();
    const blocks = Array.from({ length: 8 }, (_, i) => new Uint8Array(1_000_000).fill(i));
    const sent = blocks.map((block) => client.send(block, 0, true));
    for (const block of blocks) {
      const got = await server.recv(block.length, MSG_WAITALL);
      expect(got.every((byte) => byte === block[0])).toBe(true);
      expect(got).toHaveLength(block.length);
    }
    expect(await Promise.all(sent)).toEqual(blocks.map((block) => block.length));
  });

  test('half-close: after SHUT_WR the peer reads to the end and still answers', async () => {
    const [client, server] = await connectedPair();
    const block = new Uint8Array(3_000_000);
    const sent = client.send(block, 0, true);
    client.shutdown(SHUT_WR);
    expect(await codeOf(() => client.send(bytes('x'), 0, false))).toBe('EPIPE');
    let total = 0;
    for (let chunk = await server.recv(65_536, 0); chunk.length > 0; chunk = await server.recv(65_536, 0)) {
      total += chunk.length;
    }
    expect(await sent).toBe(total);
    expect(total).toBe(block.length);
    await server.send(bytes('bye'), 0, true);
    expect(text(await client.recv(10, 0))).toBe('bye');
    await server.close();
    expect(await client.recv(10, 0)).toHaveLength(0);
    expect(await client.recv(10, 0)).toHaveLength(0);
    expect(await codeOf(() => client.getpeername())).toBe('ENOTCONN');
  });

  test('shutdown(SHUT_RD) ends receiving, at once for the call that waits', async () => {
    const [client, server] = await connectedPair();
    const waiting = server.recv(10, 0);
    server.shutdown(SHUT_RD);
    expect(await waiting).toHaveLength(0);
    expect(await server.recv(10, 0)).toHaveLength(0);
    await server.send(bytes('still sends'), 0, true);
    expect(text(await client.recv(20, 0))).toBe('still sends');
  });
});

describe('pull', () => {
  test('a sender stalls when the receiver does not ask, and goes on when it does', async () => {
    const [client, server] = await connectedPair();
    const block = new Uint8Array(1 << 20);
    let sent = 0;
    let isOver = false;
    const sending = (async () => {
      while (!isOver) sent += await client.send(block, 0, true);
    })();
    await settle(300);
    const stalledAt = sent;
    await settle(200);
    expect(sent).toBe(stalledAt);
    isOver = true;
    let received = 0;
    void sending.then(() => client.shutdown(SHUT_WR));
    for (let chunk = await server.recv(1 << 20, 0); chunk.length > 0; chunk = await server.recv(1 << 20, 0)) {
      received += chunk.length;
    }
    expect(received).toBe(sent);
  });

  test('one recv(1) reads one buffer from the kernel, not more', async () => {
    const server = await welcome();
    const { port } = server.getsockname() as { port: number };
    const peer = netConnect(port, '127.0.0.1');
    peer.on('error', () => {});
    onTestFinished(() => void peer.destroy());
    const { socket } = await server.accept();
    closing(socket);
    peer.write(new Uint8Array(1 << 20));
    await settle(50);
    await socket.recv(1, 0);
    await settle(50);
    const first = await socket.recv(1 << 20, 0);
    expect(first.length).toBeLessThan(65_536);
  });

  test('send() of a part gives what fits, and a cancelled one has sent nothing', async () => {
    const [client, server] = await connectedPair();
    const block = new Uint8Array(64 << 20);
    let sent = await client.send(block, 0, false);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(block.length);
    const cancellation: Cancellation = { onCancel: undefined };
    let clogged = client.send(bytes('never'), 0, false, cancellation);
    // the kernel may find more room while it learns how fast the connection is
    while (!(await isPending(clogged))) {
      sent += await clogged;
      clogged = client.send(bytes('never'), 0, false, cancellation);
    }
    cancellation.onCancel?.(new Error('cancelled'));
    await expect(clogged).rejects.toThrow('cancelled');
    client.shutdown(SHUT_WR);
    let received = 0;
    for (let chunk = await server.recv(1 << 20, 0); chunk.length > 0; chunk = await server.recv(1 << 20, 0)) {
      received += chunk.length;
    }
    expect(received).toBe(sent);
  });

  test('the bytes of a settled send may be overwritten', async () => {
    const [client, server] = await connectedPair();
    const block = new Uint8Array(64 << 20).fill(1);
    const sent = await client.send(block, 0, false);
    block.fill(2);
    client.shutdown(SHUT_WR);
    for (let left = sent; left > 0; ) {
      const chunk = await server.recv(1 << 20, 0);
      expect(chunk.every((byte) => byte === 1)).toBe(true);
      left -= chunk.length;
    }
  });
});

describe('errors', () => {
  test.each([
    ['recv() without a connection', 'ENOTCONN', () => tcp().recv(1, 0)],
    ['send() without a connection', 'EPIPE', () => tcp().send(bytes('x'), 0, false)],
    ['shutdown() without a connection', 'ENOTCONN', () => tcp().shutdown(SHUT_RDWR)],
    ['getpeername() without a connection', 'ENOTCONN', () => tcp().getpeername()],
    ['accept() without listen', 'EINVAL', () => tcp().accept()],
    ['bind() to a foreign address', 'EADDRNOTAVAIL', () => tcp().bind({ host: '192.0.2.1', port: 0 })],
    ['a type that Node has not', 'ESOCKTNOSUPPORT', () => engine.openStream(AF_INET, SOCK_SEQPACKET)],
  ])('%s is %s', async (_name, code, call) => {
    expect(await codeOf(call)).toBe(code);
  });

  test('a welcome socket can neither connect, receive nor send', async () => {
    const server = await welcome();
    const address = server.getsockname();
    expect(await codeOf(() => server.connect(address))).toBe('EISCONN');
    expect(await codeOf(() => server.bind(LOOPBACK))).toBe('EINVAL');
    expect(await codeOf(() => server.recv(1, 0))).toBe('ENOTCONN');
    expect(await codeOf(() => server.send(bytes('x'), 0, false))).toBe('EPIPE');
    expect(await codeOf(() => server.getpeername())).toBe('ENOTCONN');
    await server.listen(1);
  });

  test('a connected socket can neither connect, bind, listen nor accept, and has no urgent byte', async () => {
    const [client, server] = await connectedPair();
    expect(await codeOf(() => client.connect(server.getsockname()))).toBe('EISCONN');
    expect(await codeOf(() => client.bind(LOOPBACK))).toBe('EINVAL');
    expect(await codeOf(() => client.listen(1))).toBe('EINVAL');
    expect(await codeOf(() => client.accept())).toBe('EINVAL');
    expect(await codeOf(() => client.send(bytes('!'), MSG_OOB, true))).toBe('EOPNOTSUPP');
    expect(await codeOf(() => client.recv(1, MSG_OOB))).toBe('EOPNOTSUPP');
  });

  test('bind() to a taken port fails with all that is known, then works, and not twice', async () => {
    const taken = (await welcome()).getsockname();
    const socket = tcp();
    const error = await errorOf(() => socket.bind(taken));
    expect(error).toMatchObject({ code: 'EADDRINUSE', syscall: 'bind', engine: 'node', local: taken });
    expect(error?.cause).toBeInstanceOf(Error);
    expect(socket.getsockname()).toEqual({ host: '0.0.0.0', port: 0 });
    await socket.bind(LOOPBACK);
    expect(await codeOf(() => socket.bind(LOOPBACK))).toBe('EINVAL');
  });

  test('connect() where nobody listens is ECONNREFUSED, and the socket can connect again', async () => {
    const gone = await welcome();
    const nobody = gone.getsockname();
    await gone.close();
    const client = tcp();
    const error = await errorOf(() => client.connect(nobody));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', remote: nobody });
    expect(error?.message).toMatch(/^connect tcp -> 127\.0\.0\.1:\d+: ECONNREFUSED \(connection refused\)$/);
    await client.connect((await welcome()).getsockname());
  });

  test('a bound socket connects from its address, and keeps it when it is refused', async () => {
    const gone = await welcome();
    const nobody = gone.getsockname();
    await gone.close();
    const client = tcp();
    await client.bind(LOOPBACK);
    const local = client.getsockname();
    expect(await errorOf(() => client.connect(nobody))).toMatchObject({ code: 'ECONNREFUSED', local });
    expect(client.getsockname()).toEqual(local);
    const server = await welcome();
    await client.connect(server.getsockname());
    expect(client.getsockname()).toEqual(local);
    expect((await server.accept()).address).toEqual(local);
  });

  test('a bound socket that was refused can still listen', async () => {
    const gone = await welcome();
    const nobody = gone.getsockname();
    await gone.close();
    const socket = tcp();
    await socket.bind(LOOPBACK);
    const local = socket.getsockname();
    await codeOf(() => socket.connect(nobody));
    await socket.listen(1);
    expect(socket.getsockname()).toEqual(local);
    await tcp().connect(local);
  });

  test('a reset reaches one call; after it recv() gives nothing and send() is EPIPE', async () => {
    const [client, server] = await connectedPair();
    server.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
    await server.close();
    await settle();
    expect(await errorOf(() => client.recv(1, 0))).toMatchObject({ code: 'ECONNRESET', syscall: 'recv' });
    expect(await client.recv(1, 0)).toHaveLength(0);
    expect(await codeOf(() => client.send(bytes('x'), 0, false))).toBe('EPIPE');
    expect(await codeOf(() => client.getpeername())).toBe('ENOTCONN');
    expect(await codeOf(() => client.shutdown(SHUT_WR))).toBe('ENOTCONN');
  });

  test('a reset ends the calls that wait: the first with the error, the others with nothing', async () => {
    const [client, server] = await connectedPair();
    const first = codeOf(() => client.recv(1, 0));
    const second = client.recv(1, 0);
    server.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
    await server.close();
    expect(await first).toBe('ECONNRESET');
    expect(await second).toHaveLength(0);
  });

  test('bytes that came before a reset are received first', async () => {
    const [client, server] = await connectedPair();
    await server.send(bytes('last words'), 0, true);
    server.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
    await server.close();
    await settle();
    expect(text(await client.recv(100, 0))).toBe('last words');
    expect(await codeOf(() => client.recv(1, 0))).toBe('ECONNRESET');
  });

  test('SO_ERROR takes the pending error away', async () => {
    const [client, server] = await connectedPair();
    const cancellation: Cancellation = { onCancel: undefined };
    const cancelled = client.recv(1, 0, cancellation);
    await settle();
    cancellation.onCancel?.(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    server.setsockopt(SO_LINGER, { onoff: true, linger: 0 });
    await server.close();
    await settle();
    expect(client.getsockopt(SO_ERROR)).toBe(104);
    expect(client.getsockopt(SO_ERROR)).toBe(0);
  });
});

describe('a buffer that is detached while it is sent', () => {
  test('fails its call with EFAULT and leaves the connection usable', async () => {
    const [client, server] = await connectedPair();
    const block = new Uint8Array(64 << 20);
    const sent = codeOf(() => client.send(block, 0, true));
    structuredClone(block.buffer, { transfer: [block.buffer] });
    const receiving = (async () => {
      let last = 0;
      for (
        let chunk = await server.recv(1 << 20, 0);
        chunk.length > 0;
        chunk = await server.recv(1 << 20, 0)
      ) {
        last = chunk.at(-1) ?? 0;
      }
      return last;
    })();
    expect(await sent).toBe('EFAULT');
    await client.send(Uint8Array.of(42), 0, true);
    client.shutdown(SHUT_WR);
    expect(await receiving).toBe(42);
  });
});

describe('accept()', () => {
  test('serves the calls that wait in their order, and keeps the others for later', async () => {
    const server = await welcome();
    const accepted = [server.accept(), server.accept()];
    const clients = [tcp(), tcp(), tcp()];
    for (const client of clients) await client.connect(server.getsockname());
    const sockets = [...(await Promise.all(accepted)), await server.accept()];
    for (const { socket } of sockets) closing(socket);
    expect(sockets.map(({ address }) => address)).toEqual(clients.map((client) => client.getsockname()));
  });

  test('a cancelled one loses no connection', async () => {
    const server = await welcome();
    const cancellation: Cancellation = { onCancel: undefined };
    const cancelled = server.accept(cancellation);
    const client = tcp();
    await client.connect(server.getsockname());
    cancellation.onCancel?.(new Error('cancelled'));
    await Promise.allSettled([cancelled]);
    await tcp().connect(server.getsockname());
    closing((await server.accept()).socket);
  });

  test('a connection before listen() is reset, and listen() without bind takes a free port', async () => {
    const server = tcp();
    await server.bind(LOOPBACK);
    const early = tcp();
    // The reset may be there before the client knows that it is connected.
    const refused = await codeOf(() => early.connect(server.getsockname()));
    expect(refused ?? (await codeOf(() => early.recv(1, 0)))).toBe('ECONNRESET');
    const unbound = tcp();
    await unbound.listen(1);
    expect(unbound.getsockname()).toMatchObject({ host: '0.0.0.0' });
    expect(unbound.getsockname()).not.toMatchObject({ port: 0 });
  });

  test('connections past the maximum of the queue are reset, those in it are kept', async () => {
    const server = new Welcome(new Loop(), 'tcp', LOOPBACK, 2);
    onTestFinished(() => server.close());
    const address = await server.open({ ipv6Only: false, reusePort: false });
    server.welcome();
    const clients = [tcp(), tcp(), tcp()];
    const refusals = clients.map((client) =>
      codeOf(async () => {
        await client.connect(address);
        await client.recv(1, 0);
      }),
    );
    expect(await Promise.race(refusals)).toBe('ECONNRESET');
    for (let i = 0; i < 2; i += 1) await (await server.accept()).close(false);
    expect((await Promise.all(refusals)).filter(Boolean)).toEqual(['ECONNRESET']);
  });

  test('shutdown(SHUT_RD) makes a welcome socket a bound one', async () => {
    const server = await welcome();
    const waiting = codeOf(() => server.accept());
    server.shutdown(SHUT_WR);
    server.shutdown(SHUT_RD);
    expect(await waiting).toBe('EINVAL');
    expect(await codeOf(() => server.accept())).toBe('EINVAL');
    await server.listen(1);
    await tcp().connect(server.getsockname());
    closing((await server.accept()).socket);
  });
});

describe('cancel and close', () => {
  test('a cancelled recv loses no byte', async () => {
    const [client, server] = await connectedPair();
    const cancellation: Cancellation = { onCancel: undefined };
    const cancelled = server.recv(10, MSG_WAITALL, cancellation);
    await client.send(bytes('abc'), 0, true);
    await settle();
    cancellation.onCancel?.(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(text(await server.recv(10, 0))).toBe('abc');
  });

  test('a cancelled connect leaves the socket usable', async () => {
    const client = tcp();
    const cancellation: Cancellation = { onCancel: undefined };
    const server = await welcome();
    const connecting = client.connect(server.getsockname(), cancellation);
    expect(await codeOf(() => client.connect(server.getsockname()))).toBe('EALREADY');
    cancellation.onCancel?.(new Error('cancelled'));
    await expect(connecting).rejects.toThrow('cancelled');
    await client.connect(server.getsockname());
  });

  test('close() ends what waits with ECANCELED: recv, send, accept, connect, bind', async () => {
    const [client] = await connectedPair();
    const server = await welcome();
    const connecting = tcp();
    const binding = tcp();
    const waiting = [
      client.send(new Uint8Array(64 << 20), 0, true),
      client.recv(1, 0),
      server.accept(),
      connecting.connect(server.getsockname()),
      binding.bind(LOOPBACK),
    ].map((call) => codeOf(() => call));
    await Promise.all([client, server, connecting, binding].map((socket) => socket.close()));
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 5 }, () => 'ECANCELED'));
  });

  test('close() delivers what was sent, and frees the port of a welcome socket', async () => {
    const server = await welcome();
    const address = server.getsockname();
    const client = tcp();
    await client.connect(address);
    const { socket } = await server.accept();
    await socket.send(bytes('last words'), 0, true);
    await socket.close();
    await server.close();
    expect(text(await client.recv(100, 0))).toBe('last words');
    expect(await client.recv(100, 0)).toHaveLength(0);
    await tcp().bind(address);
  });

  test('close() of a sender whose peer reads late delivers everything', async () => {
    const [client, server] = await connectedPair();
    const sent = await client.send(new Uint8Array(64 << 20), 0, false);
    const closed = client.close();
    await settle(50);
    let received = 0;
    for (let chunk = await server.recv(1 << 20, 0); chunk.length > 0; chunk = await server.recv(1 << 20, 0)) {
      received += chunk.length;
    }
    expect(received).toBe(sent);
    await closed;
  });

  test('close() with unread bytes resets, also when they were read ahead', async () => {
    for (const ask of [0, 1]) {
      const [client, server] = await connectedPair();
      await client.send(bytes('unread'), 0, true);
      await settle();
      if (ask > 0) await server.recv(ask, 0);
      await server.close();
      await settle();
      expect(await codeOf(() => client.recv(1, 0))).toBe('ECONNRESET');
    }
  });

  test('close() of a welcome socket resets the connections that nobody accepted', async () => {
    const server = await welcome();
    const client = tcp();
    await client.connect(server.getsockname());
    await settle();
    await server.close();
    expect(await codeOf(() => client.recv(1, 0))).toBe('ECONNRESET');
  });
});
