/** What close() does to a connection and its peer; Web Streams. close(2). */
import type { StreamSocket } from '../../index.ts';
import { decode, SHUT_WR, SO_LINGER, SOL_SOCKET } from '../../index.ts';
import { equal, rejects } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { countToEnd, readBytes, tcpPair } from '../fixtures.ts';

/** Closes a connection with a reset. */
async function reset(connection: StreamSocket): Promise<void> {
  connection.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
  await connection.close();
}

export const streamCloseCases: readonly ConformanceCase[] = [
  {
    name: 'close() ends a recv() that waits, and the peer reads the end',
    rows: ['T21'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const waiting = client.recv();
      waiting.catch(() => undefined);
      await client.sendall('last');
      await client.close();
      await rejects('ECANCELED', waiting, 'recv');
      equal(decode(await readBytes(server, 99)), 'last', 'what the peer read to the end');
    },
  },
  {
    name: 'close() with unread input resets the connection',
    rows: ['T22'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall('unread');
      equal((await server.recv(1)).length, 1, 'the byte that was read');
      await server.close();
      await rejects('ECONNRESET', client.recv(), 'recv');
    },
  },
  {
    name: 'shutdown(SHUT_WR), reading to the end and close() lose nothing',
    rows: ['T22'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const size = 3_000_000;
      const serving = (async () => {
        await server.sendall(new Uint8Array(size));
        server.shutdown(SHUT_WR);
        await countToEnd(server);
        await server.close();
      })();
      await client.sendall(new Uint8Array(100_000));
      equal(await countToEnd(client), size, 'the bytes to the end');
      await client.close();
      await serving;
    },
  },
  {
    name: 'close() right after sendall() loses nothing',
    rows: ['T22', 'U28'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const sending = client.sendall(new Uint8Array(200_000));
      const reading = countToEnd(server);
      await sending;
      await client.close();
      equal(await reading, 200_000, 'the bytes to the end');
    },
  },
  {
    name: 'close() with SO_LINGER of 0 seconds resets the connection',
    rows: ['T18'],
    needs: ['tcp option SO_LINGER'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      await client.sendall('drop');
      equal(decode(await server.recv()), 'drop', 'the bytes');
      await reset(client);
      await rejects('ECONNRESET', server.recv(), 'recv');
    },
  },
  {
    name: 'readable and writable carry bytes with their ends',
    rows: ['T17', 'T20'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const echoing = server.readable.pipeTo(server.writable);
      const writer = client.writable.getWriter();
      for (const text of ['one ', 'two ']) await writer.write(text);
      await writer.close();
      let text = '';
      for await (const chunk of client.readable) text += decode(chunk);
      equal(text, 'one two ', 'the echo');
      await echoing;
    },
  },
  {
    name: 'readable reads nothing before it is asked',
    rows: ['T20'],
    run: async (context) => {
      const [client, server] = await tcpPair(context);
      const reader = server.readable.getReader();
      await client.sendall('for recv');
      equal(decode(await server.recv()), 'for recv', 'the bytes');
      const reading = reader.read();
      await client.sendall('for the reader');
      equal(decode((await reading).value ?? new Uint8Array(0)), 'for the reader', 'the chunk');
    },
  },
];
