/** Deadlines and signals beyond the single call: order, races, streams of calls. */
import { AF_INET, decode, getaddrinfo, MSG_PEEK, MSG_WAITALL, SOCK_DGRAM, SOCK_STREAM } from '../../index.ts';
import { equal, ok, rejects, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, cloggedPair, tcpPair, tcpWelcome, udpPair } from '../fixtures.ts';

import { ChangedMind, rejectsWith } from './waiting.ts';

export const deadlineCases: readonly ConformanceCase[] = [
  {
    name: 'settimeout() refuses what is no number of milliseconds',
    rows: ['T37'],
    run: async ({ socket }) => {
      const one = socket(AF_INET, SOCK_DGRAM);
      for (const bad of [-1, Number.NaN, Number.NEGATIVE_INFINITY]) {
        throws('RangeError', () => one.settimeout(bad), `settimeout(${bad})`);
        await rejects('RangeError', one.recvfrom(1, { timeoutMs: bad }), `timeoutMs ${bad}`);
      }
      throws('TypeError', () => one.settimeout('5' as unknown as number), "settimeout('5')");
      equal(one.gettimeout(), undefined, 'the timeout');
      one.settimeout(20);
      equal(one.gettimeout(), 20, 'the timeout');
    },
  },
  {
    name: 'recvfrom() calls end in the order of their deadlines',
    rows: ['T37'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const ended: number[] = [];
      const calls = [60, 5, 30].map((timeoutMs) =>
        rejects('ETIMEDOUT', bound.recvfrom(1, { timeoutMs }), 'recvfrom').then(() => ended.push(timeoutMs)),
      );
      await Promise.all(calls);
      equal(ended, [5, 30, 60], 'the order');
    },
  },
  {
    name: 'recvfrom() that is cancelled leaves its place to the next',
    rows: ['T37', 'U55'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const abort = new AbortController();
      const cancelled = b.recvfrom(9, { signal: abort.signal });
      const waiting = [b.recvfrom(), b.recvfrom()];
      abort.abort(new ChangedMind());
      await cancelled.catch(() => undefined);
      for (const text of ['one', 'two']) await a.sendto(text, b.getsockname());
      equal(
        (await Promise.all(waiting)).map(([message]) => decode(message)),
        ['one', 'two'],
        'the datagrams',
      );
    },
  },
  {
    name: 'recvfrom() cancelled at random loses no datagram',
    rows: ['T37'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const got: number[] = [];
      const receiving = (async () => {
        while (got.length < 150) {
          const abort = new AbortController();
          const call = b.recvfrom(9, { signal: abort.signal });
          if (context.random.integer(0, 1))
            void context.pause(context.random.integer(0, 1)).then(() => abort.abort());
          await call.then(
            ([message]) => got.push(message[0] ?? -1),
            () => undefined,
          );
        }
      })();
      for (let index = 0; index < 150; index++) {
        await a.sendto(Uint8Array.of(index), b.getsockname());
        if (context.random.integer(0, 2) === 0) await context.pause(0);
      }
      await receiving;
      equal(
        got,
        Array.from({ length: 150 }, (_, index) => index),
        'the datagrams',
      );
    },
  },
  {
    name: 'recv() cancelled at random loses no byte of a stream',
    rows: ['T37', 'T16'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const data = context.random.bytes(20_000);
      const sending = (async () => {
        for (let at = 0; at < data.length; ) {
          const piece = data.subarray(at, at + context.random.integer(1, 400));
          await client.sendall(piece);
          at += piece.length;
          if (context.random.integer(0, 2) === 0) await context.pause(0);
        }
        await client.close();
      })();
      for (let at = 0, end = false; !end; ) {
        const abort = new AbortController();
        const call = server.recv(context.random.integer(1, 300), { signal: abort.signal });
        if (context.random.integer(0, 1)) void context.pause(0).then(() => abort.abort());
        const chunk = await call.catch(() => undefined);
        if (!chunk) continue;
        equal(chunk, data.subarray(at, at + chunk.length), `the bytes from ${at}`);
        at += chunk.length;
        end = chunk.length === 0;
        if (end) equal(at, data.length, 'the bytes to the end');
      }
      await sending;
    },
  },
  {
    name: 'recv() with MSG_WAITALL that is cancelled gives back what it had',
    rows: ['T37', 'T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const abort = new AbortController();
      const reason = new ChangedMind();
      const call = rejectsWith(reason, server.recv(10, { flags: MSG_WAITALL, signal: abort.signal }));
      await client.sendall('0123');
      await context.pause(5);
      abort.abort(reason);
      await call;
      equal(decode(await server.recv(2, { flags: MSG_PEEK })), '01', 'the look');
      equal(decode(await server.recv()), '0123', 'the bytes');
    },
  },
  {
    name: 'accept() that is cancelled loses no connection',
    rows: ['T37', 'T07'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      for (let round = 0; round < 10; round++) {
        const abort = new AbortController();
        const accepting = welcome.accept({ signal: abort.signal }).catch(() => undefined);
        const client = context.socket(AF_INET, SOCK_STREAM);
        const connecting = client.connect(welcome.getsockname());
        if (round % 2 === 0) await connecting;
        abort.abort(new ChangedMind());
        await connecting;
        const [, address] = (await accepting) ?? (await welcome.accept());
        equal(address, client.getsockname(), 'the client');
      }
    },
  },
  {
    name: 'send() on a clogged connection that is cancelled sends nothing',
    rows: ['T37', 'T15'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      for (let round = 0; round < 5; round++) {
        await rejects('ETIMEDOUT', sender.send('lost', { timeoutMs: 2 }), 'send');
      }
      const counting = (async () => {
        let count = 0;
        for await (const chunk of receiver) count += chunk.length;
        return count;
      })();
      await sender.close();
      equal(await counting, sent, 'the bytes that arrived');
    },
  },
  {
    name: 'sendto() and connect() with an aborted signal send nothing',
    rows: ['U29', 'T11'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const options = { signal: AbortSignal.abort(new ChangedMind()) };
      await a
        .sendto('x', b.getsockname(), options)
        .catch((error: unknown) => ok(error instanceof ChangedMind, `${error}`));
      await rejects('ETIMEDOUT', b.recvfrom(1, { timeoutMs: 5 }), 'recvfrom');
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect(welcome.getsockname(), options).catch(() => undefined);
      await rejects('ETIMEDOUT', welcome.accept({ timeoutMs: 5 }), 'accept');
    },
  },
  {
    name: 'getaddrinfo() with an aborted signal, and aborted while it waits, rejects with the reason',
    rows: ['U29', 'U25'],
    run: async ({ engine }) => {
      const reason = new ChangedMind();
      await rejectsWith(reason, getaddrinfo('localhost', 1, { engine, signal: AbortSignal.abort(reason) }));
      const abort = new AbortController();
      const call = rejectsWith(reason, getaddrinfo('localhost', 1, { engine, signal: abort.signal }));
      abort.abort(reason);
      await call;
    },
  },
  {
    name: 'connect() to a name that is aborted during the look-up rejects with the reason, and can be repeated',
    rows: ['T11', 'U25'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      const abort = new AbortController();
      const reason = new ChangedMind();
      const { port } = welcome.getsockname();
      const call = rejectsWith(reason, client.connect({ host: 'localhost', port }, { signal: abort.signal }));
      abort.abort(reason);
      await call;
      await client.connect({ host: 'localhost', port });
      equal((await welcome.accept())[1], client.getsockname(), 'the client');
    },
  },
  {
    name: 'connect() that was aborted is not seen by the welcome socket as a second client',
    rows: ['T11'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      const abort = new AbortController();
      const call = client.connect(welcome.getsockname(), { signal: abort.signal }).then(
        () => true,
        () => false,
      );
      abort.abort(new ChangedMind());
      if (!(await call)) await client.connect(welcome.getsockname());
      const [first, address] = await welcome.accept();
      // the abandoned attempt may have reached the queue: then it is at its end
      if (address.port !== client.getsockname().port) {
        await first.recv().catch(() => undefined);
        equal((await welcome.accept())[1], client.getsockname(), 'the client');
      }
    },
  },
];
