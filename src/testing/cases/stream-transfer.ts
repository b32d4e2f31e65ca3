/** Bytes of a connection: complete, in order, under back-pressure. send(2), recv(2). */
import type { StreamSocket } from '../../index.ts';
import { AF_INET, decode, MSG_OOB, SOCK_STREAM } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { cloggedPair, readBytes, tcpPair, tcpWelcome } from '../fixtures.ts';

/** A block of bytes that tells its sender and its place. */
function block(index: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(index);
}

/** Reads whole blocks, each of which must be of one value; gives the values in order. */
async function readBlocks(stream: StreamSocket, lengths: readonly number[]): Promise<void> {
  for (const [index, length] of lengths.entries()) {
    equal(await readBytes(stream, length), block(index, length), `block ${index}`);
  }
}

export const streamTransferCases: readonly ConformanceCase[] = [
  {
    name: 'sendall() sends 8 MiB to a peer that reads',
    rows: ['T15'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const data = context.random.bytes(1 << 16);
      const sending = (async () => {
        for (let index = 0; index < 8; index++) {
          const large = new Uint8Array(1 << 20);
          for (let at = 0; at < large.length; at += data.length) large.set(data, at);
          await client.sendall(large);
        }
        await client.close();
      })();
      let count = 0;
      for await (const chunk of server) {
        const from = count % data.length;
        const expected = data.subarray(from, from + chunk.length);
        equal(chunk.subarray(0, expected.length), expected, `the bytes from ${count}`);
        count += chunk.length;
      }
      await sending;
      equal(count, 8 << 20, 'the bytes that arrived');
    },
  },
  {
    name: 'sendall() in random pieces arrives complete and in order at random recv() sizes',
    rows: ['T16', 'T14'],
    run: async (context) => {
      const { random } = context;
      const [client, server] = await tcpPair(context);
      const data = random.bytes(600_000);
      const sending = (async () => {
        for (let at = 0; at < data.length; ) {
          const piece = data.subarray(at, at + random.integer(1, random.integer(1, 60_000)));
          at += random.integer(0, 1)
            ? await client.send(piece)
            : await client.sendall(piece).then(() => piece.length);
        }
        await client.close();
      })();
      for (let at = 0; ; ) {
        const chunk = await server.recv(random.integer(1, random.integer(1, 60_000)));
        if (chunk.length === 0) {
          equal(at, data.length, 'the bytes before the end');
          break;
        }
        equal(chunk, data.subarray(at, at + chunk.length), `the bytes from ${at}`);
        at += chunk.length;
      }
      await sending;
    },
  },
  {
    name: 'sendall() many times at once keeps the order and never mixes',
    rows: ['T16'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const lengths = Array.from({ length: 200 }, () => context.random.integer(1, 20_000));
      const sends = Promise.all(lengths.map((length, index) => client.sendall(block(index, length))));
      await readBlocks(server, lengths);
      await sends;
    },
  },
  {
    name: 'sendmsg() gathers its parts into the stream, in order',
    rows: ['U17', 'T16'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const parts = Array.from({ length: 1100 }, (_, index) => block(index, 1 + (index % 90)));
      const total = parts.reduce((sum, part) => sum + part.length, 0);
      const sending = client.sendmsg({ data: parts });
      await readBlocks(
        server,
        parts.map((part) => part.length),
      );
      equal(await sending, total, 'the count');
      await rejects(
        'EISCONN',
        client.sendmsg({ data: 'x', address: server.getsockname() }),
        'sendmsg with an address',
      );
    },
  },
  {
    name: 'send() on a nearly clogged connection gives the count of what went, and no more went',
    rows: ['T15'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      const waiting = sender.send(new Uint8Array(64 << 20).fill(7));
      await readBytes(receiver, sent);
      const count = await waiting;
      ok(count >= 1 && count <= 64 << 20, `the count should be from 1 to 64 MiB, got ${count}`);
      const rest = readBytes(receiver, 64 << 20);
      await sender.close();
      equal((await rest).length, count, 'the bytes that arrived');
    },
  },
  {
    name: 'sendall() on a clogged connection goes on when the peer reads',
    rows: ['T15', 'T20', 'U32'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      const lengths = [300_000, 1, 2_000_000];
      const sends = Promise.all(lengths.map((length, index) => sender.sendall(block(index, length))));
      equal((await readBytes(receiver, sent)).length, sent, 'the bytes of the clog');
      await readBlocks(receiver, lengths);
      await sends;
    },
  },
  {
    name: 'sendall() that is cancelled behind another sends nothing of its own',
    rows: ['T16', 'T37'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      const abort = new AbortController();
      const first = sender.sendall(block(0, 500_000));
      const second = sender.sendall(block(9, 500_000), { signal: abort.signal });
      const third = sender.sendall(block(1, 500_000));
      abort.abort(new RangeError('changed my mind'));
      await rejects('RangeError', second, 'the cancelled sendall');
      await readBytes(receiver, sent);
      await readBlocks(receiver, [500_000, 500_000]);
      await Promise.all([first, third]);
    },
  },
  {
    name: 'send() to a peer that reads nothing stops the sender',
    rows: ['T20', 'T15'],
    run: async (context) => {
      const { sender, receiver, sent } = await cloggedPair(context);
      // what the kernel's buffers hold, not what a program's memory holds
      ok(sent < 64 << 20, `the clog should be smaller than 64 MiB, got ${sent}`);
      await rejects('ETIMEDOUT', sender.send('x', { timeoutMs: 10 }), 'one more byte');
      equal((await readBytes(receiver, sent)).length, sent, 'the bytes that arrived');
      equal(await sender.send('x'), 1, 'the count when there is room again');
    },
  },
  {
    name: 'recv() calls that wait are served first come, first served on a stream',
    rows: ['U55', 'T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const waiting = Array.from({ length: 5 }, () => server.recv(2));
      await client.sendall('aabbccddee');
      equal((await Promise.all(waiting)).map(decode), ['aa', 'bb', 'cc', 'dd', 'ee'], 'the order');
    },
  },
  {
    name: 'recv() gives bytes that no later bytes change',
    rows: ['T14'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const kept: Uint8Array[] = [];
      for (let round = 0; round < 200; round++) {
        await client.sendall(block(round, 50));
        const bytes = await readBytes(server, 50);
        if (round % 2 === 0) kept.push(bytes);
        else bytes.fill(0xee);
      }
      for (const [index, bytes] of kept.entries()) equal(bytes, block(index * 2, 50), `kept bytes ${index}`);
    },
  },
  {
    name: 'send() and recv() at once in both directions',
    rows: ['U55', 'T20'],
    run: async (context) => {
      const [a, b] = await tcpPair(context);
      const size = 3_000_000;
      const both = [a, b].map(async (one, index) => {
        const reading = readBytes(one, size);
        await one.sendall(block(index, size));
        return reading;
      });
      const [atA, atB] = await Promise.all(both);
      equal(
        [atA?.length, atB?.length, atA?.[size - 1], atB?.[size - 1]],
        [size, size, 1, 0],
        'lengths and last bytes',
      );
    },
  },
  {
    name: 'send() before connect() rejects with EPIPE, recv() with ENOTCONN',
    rows: ['U12', 'T19'],
    run: async (context) => {
      for (const one of [context.socket(AF_INET, SOCK_STREAM), await tcpWelcome(context)]) {
        await rejects('EPIPE', one.send('x'), 'send');
        await rejects('ENOTCONN', one.recv(), 'recv');
      }
    },
  },
  {
    name: 'send() with MSG_OOB sends an urgent byte past the others',
    rows: ['T23'],
    needs: ['urgent data'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall('normal');
      await client.sendall('!', { flags: MSG_OOB });
      await client.sendall('more');
      equal(decode(await readBytes(server, 6)), 'normal', 'the bytes before');
      equal(decode(await server.recv(1, { flags: MSG_OOB })), '!', 'the urgent byte');
      equal(decode(await readBytes(server, 4)), 'more', 'the bytes after');
    },
  },
];
