/** Messages within one host: datagrams that wait for room, sequenced packets. unix(7). */
import { AF_UNIX, decode, MSG_TRUNC, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../../index.ts';
import { equal, ok, rejects, rejectsSoon } from '../assertions.ts';
import type { ConformanceCase, ConformanceContext } from '../conformance-case.ts';
import { cloggedDatagramPair } from '../fixtures.ts';

async function boundDatagram({ socket }: ConformanceContext, path: string) {
  const bound = socket(AF_UNIX, SOCK_DGRAM);
  await bound.bind({ path });
  return bound;
}

async function packetPair(context: ConformanceContext) {
  const path = context.path();
  const listening = context.socket(AF_UNIX, SOCK_SEQPACKET);
  await listening.bind({ path });
  const welcome = await listening.listen();
  const client = context.socket(AF_UNIX, SOCK_SEQPACKET);
  await client.connect({ path });
  const [server] = await welcome.accept();
  return [client, server] as const;
}

/** An abstract name that nobody else has. */
const abstractName = (context: ConformanceContext) => `\0${context.path()}`;

export const unixMessageCases: readonly ConformanceCase[] = [
  {
    name: 'sendto() to a path delivers datagrams, and the sender can be answered',
    rows: ['T33', 'U51'],
    needs: ['unix datagram', 'abstract names'],
    run: async (context) => {
      const [a, b] = [
        await boundDatagram(context, context.path()),
        await boundDatagram(context, abstractName(context)),
      ];
      for (const text of ['hello', '', 'again']) {
        await a.sendto(text, b.getsockname());
        const [message, address] = await b.recvfrom();
        equal([decode(message), address], [text, a.getsockname()], 'the datagram');
        await b.sendto(message, address);
        equal((await a.recvfrom())[1], b.getsockname(), 'the sender of the answer');
      }
    },
  },
  {
    name: 'recvfrom() of a Unix datagram from a socket without a name gives an empty path',
    rows: ['T33', 'U51'],
    needs: ['unix datagram'],
    run: async (context) => {
      const path = context.path();
      const receiver = await boundDatagram(context, path);
      await context.socket(AF_UNIX, SOCK_DGRAM).sendto('x', { path });
      equal((await receiver.recvfrom())[1], { path: '' }, 'the sender');
    },
  },
  {
    name: 'sendto() of a Unix datagram to a path where nobody is rejects',
    rows: ['T33', 'U33'],
    needs: ['unix datagram'],
    run: async (context) => {
      const path = context.path();
      const sender = context.socket(AF_UNIX, SOCK_DGRAM);
      await rejectsSoon('ENOENT', () => sender.sendto('x', { path }), 'sendto where no file is');
      await (await boundDatagram(context, path)).close();
      await rejectsSoon('ECONNREFUSED', () => sender.sendto('x', { path }), 'sendto to a file that was left');
      await rejects('ENOTCONN', sender.send('x'), 'send without a peer');
    },
  },
  {
    name: 'connect() of a Unix datagram socket fixes its peer, whose close() refuses the next send()',
    rows: ['T33', 'U12', 'U41'],
    needs: ['unix datagram'],
    run: async (context) => {
      const receiver = await boundDatagram(context, context.path());
      const sender = context.socket(AF_UNIX, SOCK_DGRAM);
      await sender.connect(receiver.getsockname());
      equal(sender.getpeername(), receiver.getsockname(), 'the peer');
      await sender.send('x');
      equal((await receiver.recvfrom())[0].length, 1, 'the length');
      await receiver.close();
      await rejectsSoon('ECONNREFUSED', () => sender.send('x'), 'send');
    },
  },
  {
    name: 'connect() of a stream to a datagram socket rejects with EPROTOTYPE',
    rows: ['T33'],
    needs: ['unix datagram', 'unix stream'],
    run: async (context) => {
      const receiver = await boundDatagram(context, context.path());
      await rejects(
        'EPROTOTYPE',
        context.socket(AF_UNIX, SOCK_STREAM).connect(receiver.getsockname()),
        'connect',
      );
    },
  },
  {
    name: 'sendto() to a full Unix queue waits, and every datagram arrives once and in order',
    rows: ['U32', 'U36'],
    needs: ['unix datagram'],
    run: async (context) => {
      const { sender, receiver, sent, path } = await cloggedDatagramPair(context);
      const more = Array.from({ length: 40 }, (_, index) => sender.sendto(`${sent + index}`, { path }));
      for (let index = 0; index < sent + more.length; index++) {
        equal(decode((await receiver.recvfrom())[0]), `${index}`, 'the datagram');
      }
      await Promise.all(more);
      await rejects('ETIMEDOUT', receiver.recvfrom(9, { timeoutMs: 0 }), 'one more');
    },
  },
  {
    name: 'sendmmsg() to a full Unix queue sends every datagram exactly once',
    rows: ['U35', 'U36', 'U32'],
    needs: ['unix datagram'],
    run: async (context) => {
      const address = { path: context.path() };
      const receiver = await boundDatagram(context, address.path);
      const sender = context.socket(AF_UNIX, SOCK_DGRAM);
      const total = 700;
      const sending = (async () => {
        const messages = Array.from({ length: total }, (_, index) => ({ data: `${index}`, address }));
        for (let done = 0; done < total; ) done += await sender.sendmmsg(messages.slice(done));
      })();
      for (let index = 0; index < total; index++)
        equal(decode((await receiver.recvfrom())[0]), `${index}`, 'the datagram');
      await sending;
      await rejects('ETIMEDOUT', receiver.recvfrom(9, { timeoutMs: 0 }), 'one more');
    },
  },
  {
    name: 'recv() of sequenced packets keeps their boundaries',
    rows: ['T33'],
    needs: ['unix seqpacket'],
    run: async (context) => {
      const [client, server] = await packetPair(context);
      for (const text of ['one', 'three', 'seven']) await client.send(text);
      equal(decode(await server.recv()), 'one', 'the first');
      equal(decode(await server.recv(3)), 'thr', 'the second, cut');
      equal(decode(await server.recv()), 'seven', 'the third');
      await client.close();
      equal((await server.recv()).length, 0, 'the end');
    },
  },
  {
    name: 'recvmsg() of sequenced packets tells that one was cut, and its length',
    rows: ['T33', 'U21'],
    needs: ['unix seqpacket'],
    run: async (context) => {
      const [client, server] = await packetPair(context);
      await client.sendmsg({ data: ['gath', 'ered'] });
      await client.sendall('whole');
      const cut = await server.recvmsg(3);
      equal([decode(cut.data), cut.length, cut.flags & MSG_TRUNC], ['gat', 8, MSG_TRUNC], 'the first');
      const whole = await server.recvmsg(99);
      equal([decode(whole.data), whole.length, whole.flags & MSG_TRUNC], ['whole', 5, 0], 'the second');
    },
  },
  {
    name: 'send() of sequenced packets to a peer that reads nothing waits, and keeps the order',
    rows: ['U32', 'T16'],
    needs: ['unix seqpacket'],
    run: async (context) => {
      const [client, server] = await packetPair(context);
      const total = 1500;
      const sends = Array.from({ length: total }, (_, index) => client.send(`${index}`));
      for (let index = 0; index < total; index++)
        equal(decode(await server.recv()), `${index}`, 'the packet');
      ok(
        (await Promise.all(sends)).every((count) => count > 0),
        'every count should be positive',
      );
    },
  },
];
