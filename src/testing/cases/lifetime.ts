/** One socket’s life is no other’s: descriptors used again, arguments that close or detach, failures by the hundred. */
import { AF_INET, decode, SOCK_DGRAM, SOCK_STREAM, SocketError } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import {
  ANY_PORT,
  boundUdp,
  cloggedPair,
  connectTo,
  countToEnd,
  readBytes,
  tcpPair,
  tcpWelcome,
  udpPair,
} from '../fixtures.ts';

export const lifetimeCases: readonly ConformanceCase[] = [
  {
    name: 'close() of one socket never ends the calls of the next, which has its descriptor',
    rows: ['U27', 'T21'],
    run: async (context) => {
      const sender = await boundUdp(context);
      for (let round = 0; round < 100; round++) {
        const old = await boundUdp(context);
        const cancelled = old.recvfrom(1, { timeoutMs: 10_000 }).catch((error: SocketError) => error.code);
        const closing = old.close();
        const next = await boundUdp(context);
        const waiting = next.recvfrom();
        await closing;
        equal(await cancelled, 'ECANCELED', 'the old call');
        await sender.sendto(`${round}`, next.getsockname());
        equal(decode((await waiting)[0]), `${round}`, 'the datagram of the new socket');
        await next.close();
      }
    },
  },
  {
    name: 'close() and open again of connections mixes no bytes up',
    rows: ['T21'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const [kept, keptServer] = await connectTo(context, welcome);
      for (let round = 0; round < 60; round++) {
        const [client, server] = await connectTo(context, welcome);
        const reading = server.recv(99);
        await Promise.all([client.sendall(`round ${round}`), kept.sendall('k')]);
        equal(decode(await reading), `round ${round}`, 'the bytes of this round');
        await Promise.all([client.close(), server.close()]);
      }
      equal(
        decode(await readBytes(keptServer, 60)),
        'k'.repeat(60),
        'the bytes of the connection that stays',
      );
    },
  },
  {
    name: 'sendto() to an address whose getter closes the socket rejects with EBADF',
    rows: ['U57'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const { port } = b.getsockname();
      const address = {
        get host() {
          void a.close();
          return '127.0.0.1';
        },
        port,
      };
      await rejects('EBADF', a.sendto('x', address), 'sendto');
    },
  },
  {
    name: 'sendto() reads an address once and keeps what it read',
    rows: ['U57', 'U14'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      let reads = 0;
      const address = {
        host: '127.0.0.1',
        get port() {
          return ++reads === 1 ? b.getsockname().port : 99_999;
        },
      };
      await a.sendto('x', address);
      equal((await b.recvfrom())[0].length, 1, 'the length');
      equal(reads, 1, 'how often the port was read');
    },
  },
  {
    name: 'sendto() of a detached buffer refuses it with TypeError, or sends no bytes',
    rows: ['U57'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const bytes = new Uint8Array(100).fill(7);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      const outcome = await a.sendto(bytes, b.getsockname()).catch((error: unknown) => error);
      ok(outcome === 0 || outcome instanceof TypeError, `sendto should be 0 or TypeError, got ${outcome}`);
      await a.sendto('alive', b.getsockname());
      const [first] = await b.recvfrom();
      equal(decode(outcome === 0 ? (await b.recvfrom())[0] : first), 'alive', 'the next datagram');
      if (outcome === 0) equal(first.length, 0, 'the length');
    },
  },
  {
    name: 'sendall() whose buffer is detached while it waits hurts nobody else',
    rows: ['U57'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      const bytes = new Uint8Array(16_000_000).fill(7);
      const waiting = sender.sendall(bytes).then(
        () => 'sent',
        () => 'failed',
      );
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      await readBytes(receiver, sent);
      const counting = countToEnd(receiver).catch(() => 0);
      await context.pause(20);
      await sender.close();
      ok(['sent', 'failed'].includes(await waiting), 'the call should settle');
      await counting;
      const [a, b] = await tcpPair(context);
      await a.sendall('alive');
      equal(decode(await readBytes(b, 5)), 'alive', 'the bytes of another connection');
    },
  },
  {
    name: 'socket() and close() a thousand times leaves ports and descriptors free',
    rows: ['U58', 'T32'],
    run: async (context) => {
      for (let index = 0; index < 1000; index++) {
        const one = index % 2 ? context.socket(AF_INET, SOCK_DGRAM) : context.socket(AF_INET, SOCK_STREAM);
        if (index % 4 < 2) await one.bind(ANY_PORT);
        await one.close();
      }
    },
  },
  {
    name: 'bind() that fails 200 times leaves a socket that works',
    rows: ['U58', 'T32', 'U04'],
    run: async (context) => {
      const taken = (await tcpWelcome(context)).getsockname();
      const one = context.socket(AF_INET, SOCK_STREAM);
      for (let index = 0; index < 200; index++) await rejects('EADDRINUSE', one.bind(taken), 'bind');
      await one.bind(ANY_PORT);
      await connectTo(context, await one.listen());
    },
  },
  {
    name: 'recvfrom() that nobody answers ends with the socket, and no promise is left over',
    rows: ['U27', 'U55'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const codes = Array.from({ length: 50 }, () =>
        bound.recvfrom().then(
          () => 'data',
          (error: unknown) => (error instanceof SocketError ? error.code : String(error)),
        ),
      );
      await bound.close();
      equal([...new Set(await Promise.all(codes))], ['ECANCELED'], 'the codes');
    },
  },
];
