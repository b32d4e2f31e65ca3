/** Many receiving calls: their order, both directions at once, iteration. recvfrom(2). */
import { AF_INET, decode, SOCK_DGRAM } from '../../index.ts';
import { equal, ok, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, connectedUdpPair, udpPair } from '../fixtures.ts';

export const datagramLoopCases: readonly ConformanceCase[] = [
  {
    name: 'recvfrom() calls that wait are served first come, first served',
    rows: ['U55'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const waiting = Array.from({ length: 8 }, () => b.recvfrom());
      for (let index = 0; index < 8; index++) await a.sendto(Uint8Array.of(index), b.getsockname());
      const order = (await Promise.all(waiting)).map(([message]) => message[0]);
      equal(order, [0, 1, 2, 3, 4, 5, 6, 7], 'the order');
    },
  },
  {
    name: 'recvfrom() and sendto() at once on one socket',
    rows: ['U55'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (let round = 0; round < 50; round++) {
        const [reply, , [message, address]] = await Promise.all([
          a.recvfrom(),
          a.sendto(`ping ${round}`, b.getsockname()),
          b.recvfrom().then(async (got) => {
            await b.sendto(...got);
            return got;
          }),
        ]);
        equal([reply[0], address], [message, a.getsockname()], `round ${round}`);
      }
    },
  },
  {
    name: 'recv() on a socket without a peer takes datagrams of anybody',
    rows: ['U51'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      await a.sendto('hello', b.getsockname());
      equal(decode(await b.recv(3)), 'hel', 'the datagram');
    },
  },
  {
    name: 'for await of a datagram socket yields each datagram, an empty one too',
    rows: ['U18', 'U56'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (const text of ['one', '', 'three']) await a.sendto(text, b.getsockname());
      const got: string[] = [];
      for await (const [message, address] of b) {
        equal(address, a.getsockname(), 'the sender');
        got.push(decode(message));
        if (got.length === 3) break;
      }
      equal(got, ['one', '', 'three'], 'the datagrams');
      await a.sendto('open', b.getsockname());
      equal(decode((await b.recvfrom())[0]), 'open', 'a datagram after leaving the loop');
    },
  },
  {
    name: 'for await of a datagram socket ends when it is closed',
    rows: ['U56'],
    run: async (context) => {
      const bound = await boundUdp(context);
      const loop = (async () => {
        for await (const _ of bound) ok(false, 'nobody has sent anything');
      })();
      await context.pause(5);
      await bound.close();
      await loop;
    },
  },
  {
    name: 'close() inside a loop ends it: the rest of the batch is not delivered',
    rows: ['U27', 'U56'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      for (let index = 0; index < 20; index++) await a.sendto('x', b.getsockname());
      let count = 0;
      for await (const _ of b) {
        count++;
        await b.close();
      }
      equal(count, 1, 'the datagrams delivered');
      await rejects('EBADF', b.recvfrom(), 'recvfrom after close');
    },
  },
  {
    name: 'recvmsg() of a connected socket names the peer',
    rows: ['U51'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      await a.send('x');
      equal((await b.recvmsg()).address, a.getsockname(), 'the sender');
    },
  },
  {
    name: 'sendmsg() with ancillary data rejects with EOPNOTSUPP',
    rows: ['U17'],
    run: async ({ socket }) => {
      const control = [{ level: 0, type: 1, data: new Uint8Array(4) }];
      const call = socket(AF_INET, SOCK_DGRAM).sendmsg({
        data: 'x',
        address: { host: '127.0.0.1', port: 9 },
        control,
      });
      await rejects('EOPNOTSUPP', call, 'sendmsg');
    },
  },
];
