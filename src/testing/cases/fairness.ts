/** However busy a socket is, the thread's other work runs: every case here would go on for ever if it did not. */
import { AF_INET, SOCK_STREAM } from '../../index.ts';
import { fail, ok } from '../assertions.ts';
import type { ConformanceCase, ConformanceContext } from '../conformance-case.ts';
import { boundUdp, tcpPair, tcpWelcome, udpPair } from '../fixtures.ts';

/** How often something may happen before other work has had its turn; a few hundred times are usual. */
const ROUNDS_MAX = 30_000;

/** Does `busy` over and over until a timer has fired; fails when it never does. */
async function untilTimerFires(context: ConformanceContext, busy: () => Promise<unknown>): Promise<number> {
  let fired = false;
  const timer = context.pause(2).then(() => {
    fired = true;
  });
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (fired) return round;
    await busy();
  }
  await timer;
  return fail(`after ${ROUNDS_MAX} calls a timer of 2 ms had not fired`);
}

export const fairnessCases: readonly ConformanceCase[] = [
  {
    name: 'sendto() in a loop lets timers fire',
    rows: ['U54', 'U40'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const address = b.getsockname();
      await untilTimerFires(context, () => a.sendto('x', address));
    },
  },
  {
    name: 'sendmmsg() in a loop lets timers fire',
    rows: ['U54'],
    run: async (context) => {
      const [a, b] = await udpPair(context);
      const messages = Array.from({ length: 4 }, () => ({ data: 'x', address: b.getsockname() }));
      await untilTimerFires(context, () => a.sendmmsg(messages));
    },
  },
  {
    name: 'recvfrom() of a socket that is never empty lets timers fire',
    rows: ['U40', 'U39'],
    run: async (context) => {
      const own = await boundUdp(context);
      const address = own.getsockname();
      for (let index = 0; index < 100; index++) await own.sendto('x', address);
      await untilTimerFires(context, () => Promise.all([own.recvfrom(), own.sendto('x', address)]));
    },
  },
  {
    name: 'recv() and send() of a connection in a loop let timers fire',
    rows: ['U54', 'T20'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await untilTimerFires(context, async () => {
        await client.send('x');
        await server.recv(1);
      });
    },
  },
  {
    name: 'recv() of buffered bytes in a loop lets timers fire',
    rows: ['U40', 'T20'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall(new Uint8Array(60_000));
      await untilTimerFires(context, async () => {
        await server.recv(1);
        await client.sendall('x');
      });
    },
  },
  {
    name: 'recvfrom() on one socket is not starved by another that is never empty',
    rows: ['U39'],
    run: async (context) => {
      const [busy, quiet] = await udpPair(context);
      const address = busy.getsockname();
      for (let index = 0; index < 100; index++) await busy.sendto('x', address);
      let served = false;
      const waiting = quiet.recvfrom().then(() => {
        served = true;
      });
      for (let round = 0; round < ROUNDS_MAX && !served; round++) {
        await busy.sendto('x', address);
        await busy.recvfrom();
        if (round === 10) await busy.sendto('you', quiet.getsockname());
      }
      ok(served, `after ${ROUNDS_MAX} datagrams of a busy socket the quiet one had not been served`);
      await waiting;
    },
  },
  {
    name: 'accept() of a queue that is never empty lets timers fire',
    rows: ['T09'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const join = async () => {
        const client = context.socket(AF_INET, SOCK_STREAM);
        await client.connect(welcome.getsockname());
        return client;
      };
      const clients = await Promise.all(Array.from({ length: 20 }, join));
      await untilTimerFires(context, async () => {
        clients.push(await join());
        const [connection] = await welcome.accept();
        await Promise.all([connection.close(), clients.shift()?.close()]);
      });
    },
  },
];
