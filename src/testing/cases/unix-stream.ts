/** Streams of one host: paths and abstract names. unix(7). */
import { AF_UNIX, decode, SO_PEERCRED, SOCK_STREAM, SOL_SOCKET } from '../../index.ts';
import { equal, ok, rejects, throws } from '../assertions.ts';
import type { ConformanceCase, ConformanceContext } from '../conformance-case.ts';
import { readBytes, sendUntilError, unixPair } from '../fixtures.ts';

/** An abstract name that nobody else has. */
const abstractName = (context: ConformanceContext) => `\0${context.path()}`;

export const unixStreamCases: readonly ConformanceCase[] = [
  {
    name: 'connect() to a path makes a connection, with the names of its ends',
    rows: ['T33'],
    needs: ['unix stream'],
    run: async (context) => {
      const path = context.path();
      const listening = context.socket(AF_UNIX, SOCK_STREAM);
      await listening.bind({ path });
      equal(listening.getsockname(), { path }, 'the name of the welcome socket');
      const welcome = await listening.listen();
      const client = context.socket(AF_UNIX, SOCK_STREAM);
      await client.connect({ path });
      const [server, address] = await welcome.accept();
      equal(address, { path: '' }, 'the name of a client without a name');
      equal(
        [client.getsockname(), client.getpeername()],
        [{ path: '' }, { path }],
        'the names at the client',
      );
      equal(
        [server.getsockname(), server.getpeername()],
        [{ path }, { path: '' }],
        'the names at the server',
      );
      await client.sendall('hello');
      equal(decode(await readBytes(server, 5)), 'hello', 'the bytes');
    },
  },
  {
    name: 'connect() to an abstract name needs no file',
    rows: ['T33'],
    needs: ['unix stream', 'abstract names'],
    run: async (context) => {
      const path = abstractName(context);
      const listening = context.socket(AF_UNIX, SOCK_STREAM);
      await listening.bind({ path });
      const welcome = await listening.listen();
      equal(welcome.getsockname(), { path }, 'the name');
      const client = context.socket(AF_UNIX, SOCK_STREAM);
      await client.connect({ path });
      const [server] = await welcome.accept();
      await server.sendall('x');
      equal((await client.recv()).length, 1, 'the bytes');
      await welcome.close();
      await context.socket(AF_UNIX, SOCK_STREAM).bind({ path });
    },
  },
  {
    name: 'bind() to a path that exists rejects with EADDRINUSE, after close() too',
    rows: ['T33'],
    needs: ['unix stream'],
    run: async (context) => {
      const path = context.path();
      const first = context.socket(AF_UNIX, SOCK_STREAM);
      await first.bind({ path });
      await first.listen();
      await rejects('EADDRINUSE', context.socket(AF_UNIX, SOCK_STREAM).bind({ path }), 'the second bind');
      await first.close();
      await rejects(
        'EADDRINUSE',
        context.socket(AF_UNIX, SOCK_STREAM).bind({ path }),
        'bind to the file that is left',
      );
      await rejects('ECONNREFUSED', context.socket(AF_UNIX, SOCK_STREAM).connect({ path }), 'connect to it');
    },
  },
  {
    name: 'connect() to a path where no file is rejects with ENOENT',
    rows: ['T33'],
    needs: ['unix stream'],
    run: async (context) => {
      const client = context.socket(AF_UNIX, SOCK_STREAM);
      await rejects('ENOENT', client.connect({ path: context.path() }), 'connect');
    },
  },
  {
    name: 'bind() to a path in a directory that there is not rejects with ENOENT',
    rows: ['T33'],
    needs: ['unix stream'],
    run: async (context) => {
      const path = `${context.path()}/no/directory`;
      await rejects('ENOENT', context.socket(AF_UNIX, SOCK_STREAM).bind({ path }), 'bind');
    },
  },
  {
    name: 'bind() takes a path of 107 bytes, a longer one is a RangeError',
    rows: ['T33', 'T38'],
    needs: ['unix stream', 'abstract names'],
    run: async (context) => {
      const name = abstractName(context);
      for (const path of [name.padEnd(107, 'x'), `${name.padEnd(105, 'x')}ü`]) {
        const bound = context.socket(AF_UNIX, SOCK_STREAM);
        await bound.bind({ path });
        equal(bound.getsockname(), { path }, 'the name');
      }
      for (const path of [name.padEnd(108, 'x'), `${name.padEnd(106, 'x')}ü`, '/'.padEnd(300, 'x')]) {
        await rejects(
          'RangeError',
          context.socket(AF_UNIX, SOCK_STREAM).bind({ path }),
          `${path.length} letters`,
        );
      }
    },
  },
  {
    name: 'bind() and connect() refuse a NUL byte inside a path',
    rows: ['T33', 'T38'],
    needs: ['unix stream'],
    run: async ({ socket }) => {
      for (const path of ['/tmp/a\0b', '\0a\0b', '/tmp/a\0', 1, undefined]) {
        await rejects('TypeError', socket(AF_UNIX, SOCK_STREAM).bind({ path: path as string }), 'bind');
        await rejects('TypeError', socket(AF_UNIX, SOCK_STREAM).connect({ path: path as string }), 'connect');
      }
    },
  },
  {
    name: 'send() and recv() before connect() reject on a Unix stream',
    rows: ['U12'],
    needs: ['unix stream'],
    run: async ({ socket }) => {
      await rejects('ENOTCONN', socket(AF_UNIX, SOCK_STREAM).send('x'), 'send');
      // unix(7) says ENOTCONN nowhere: Linux says EINVAL here
      await rejects(['EINVAL', 'ENOTCONN'], socket(AF_UNIX, SOCK_STREAM).recv(), 'recv');
      throws('ENOTCONN', () => socket(AF_UNIX, SOCK_STREAM).getpeername(), 'getpeername');
    },
  },
  {
    name: 'close() of a Unix stream gives the peer what was sent and then the end',
    rows: ['T21'],
    needs: ['unix stream'],
    run: async (context) => {
      const [client, server] = await unixPair(context);
      await client.sendall('last');
      await client.close();
      equal(decode(await readBytes(server, 99)), 'last', 'the bytes to the end');
      const code = await sendUntilError(server, context);
      ok(code === 'EPIPE' || code === 'ECONNRESET', `the code should be EPIPE or ECONNRESET, got ${code}`);
    },
  },
  {
    name: 'getsockopt() of SO_PEERCRED tells who the peer is',
    rows: ['T33'],
    needs: ['unix stream', 'unix option SO_PEERCRED'],
    run: async (context) => {
      const [client] = await unixPair(context);
      const { pid, uid } = client.getsockopt(SOL_SOCKET, SO_PEERCRED);
      equal([pid, uid], [process.pid, process.getuid?.()], 'process and user');
    },
  },
];
