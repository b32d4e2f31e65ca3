/** Names and the resolver, and what is refused as an address. getaddrinfo(3), getnameinfo(3), RFC 8305. */
import type { AF_UNIX } from '../../index.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_NUMERICHOST,
  AI_PASSIVE,
  decode,
  getaddrinfo,
  gethostname,
  getnameinfo,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from '../../index.ts';
import { equal, ok, rejects, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import type { ANY_PORT } from '../fixtures.ts';
import { freeTcpAddress, tcpWelcome } from '../fixtures.ts';

export const nameCases: readonly ConformanceCase[] = [
  {
    name: 'connect() to a name tries its addresses',
    rows: ['T13'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await client.connect({ host: 'localhost', port: welcome.getsockname().port });
      const [, address] = await welcome.accept();
      equal(address, client.getsockname(), 'the client');
      equal(client.getpeername(), welcome.getsockname(), 'the peer');
    },
  },
  {
    name: 'connect() of an IPv6 socket to a name that has an IPv4 address',
    rows: ['T13', 'U09'],
    needs: ['ipv6'],
    run: async (context) => {
      const welcome = await tcpWelcome(context);
      const client = context.socket(AF_INET6, SOCK_STREAM);
      await client.connect({ host: 'localhost', port: welcome.getsockname().port });
      const [connection] = await welcome.accept();
      await client.sendall('x');
      equal((await connection.recv()).length, 1, 'the bytes');
    },
  },
  {
    name: 'connect() to a name where nobody listens rejects with ECONNREFUSED and can be repeated',
    rows: ['T13', 'T10'],
    run: async (context) => {
      const { port } = await freeTcpAddress(context);
      const client = context.socket(AF_INET, SOCK_STREAM);
      await rejects('ECONNREFUSED', client.connect({ host: 'localhost', port }), 'connect');
      await client.connect((await tcpWelcome(context)).getsockname());
    },
  },
  {
    name: 'bind(), sendto() and connect() take names',
    rows: ['U52'],
    run: async ({ socket }) => {
      const server = socket(AF_INET, SOCK_DGRAM);
      await server.bind({ host: 'localhost', port: 0 });
      const { host, port } = server.getsockname();
      equal(host, '127.0.0.1', 'the host');
      const client = socket(AF_INET, SOCK_DGRAM);
      await client.sendto('one', { host: 'localhost', port });
      await client.connect({ host: 'localhost', port });
      await client.send('two');
      for (const text of ['one', 'two']) equal(decode((await server.recvfrom())[0]), text, 'the datagram');
    },
  },
  {
    name: 'bind(), sendto() and connect() refuse a NUL byte in a host',
    rows: ['T38'],
    run: async ({ socket }) => {
      for (const host of ['127.0.0.1\0', '\0', '127.0.0.1\0.example']) {
        const udp = socket(AF_INET, SOCK_DGRAM);
        await rejects('TypeError', udp.bind({ host, port: 0 }), 'bind');
        await rejects('TypeError', udp.sendto('x', { host, port: 9 }), 'sendto');
        await rejects('TypeError', socket(AF_INET, SOCK_STREAM).connect({ host, port: 9 }), 'connect');
        await rejects('TypeError', getaddrinfo(host, 9), 'getaddrinfo');
      }
    },
  },
  {
    name: 'bind() and connect() refuse what is no address',
    rows: ['T38', 'U14'],
    run: async ({ socket }) => {
      for (const address of [
        null,
        undefined,
        1,
        'localhost',
        {},
        { port: 9 },
        { host: 1, port: 9 },
        { path: '/tmp/x' },
      ]) {
        const call = socket(AF_INET, SOCK_STREAM).connect(address as typeof ANY_PORT);
        await rejects('TypeError', call, `connect to ${JSON.stringify(address)}`);
      }
    },
  },
  {
    name: 'getaddrinfo() gives literal addresses as they are',
    rows: ['U52'],
    run: async ({ engine }) => {
      const at = (host: string, flags = 0, family: number = AF_UNSPEC) =>
        getaddrinfo(host, 80, { engine, flags, family });
      equal(await at('127.0.0.1'), [{ family: AF_INET, address: { host: '127.0.0.1', port: 80 } }], 'IPv4');
      equal(await at('::1'), [{ family: AF_INET6, address: { host: '::1', port: 80 } }], 'IPv6');
      const hosts = async (flags: number) => (await at('', flags)).map(({ address }) => address.host);
      equal(await hosts(0), ['127.0.0.1', '::1'], 'no host');
      equal(await hosts(AI_PASSIVE), ['0.0.0.0', '::'], 'no host with AI_PASSIVE');
      await rejects('EAI_NONAME', at('::1', 0, AF_INET), 'an IPv6 literal for AF_INET');
      await rejects('EAI_NONAME', at('localhost', AI_NUMERICHOST), 'a name with AI_NUMERICHOST');
      await rejects('EAI_NONAME', at('256.1.1.1', AI_NUMERICHOST), '256.1.1.1 with AI_NUMERICHOST');
    },
  },
  {
    name: 'getaddrinfo() resolves localhost to the loopback',
    rows: ['U52'],
    run: async ({ engine }) => {
      const found = await getaddrinfo('localhost', 80, { engine, family: AF_INET });
      ok(found.length > 0, 'localhost should have an address');
      for (const one of found)
        equal(one, { family: AF_INET, address: { host: '127.0.0.1', port: 80 } }, 'the address');
    },
  },
  {
    name: 'getaddrinfo() of a name that does not exist rejects with EAI_NONAME, without a resolver EAI_AGAIN',
    rows: ['U08', 'U33'],
    run: async ({ engine, socket }) => {
      // RFC 6761: nobody has a name below .invalid
      const host = 'portico.invalid';
      const error = await rejects(
        ['EAI_NONAME', 'EAI_AGAIN'],
        getaddrinfo(host, 80, { engine }),
        'getaddrinfo',
      );
      await rejects(error.code, socket(AF_INET, SOCK_DGRAM).sendto('x', { host, port: 9 }), 'sendto');
      await rejects(error.code, socket(AF_INET, SOCK_STREAM).connect({ host, port: 9 }), 'connect');
    },
  },
  {
    name: 'getnameinfo() gives numbers where they are asked for',
    rows: ['U52'],
    run: async ({ engine }) => {
      const numeric = NI_NUMERICHOST | NI_NUMERICSERV;
      const address = { host: '127.0.0.1', port: 12_000 };
      equal(
        await getnameinfo(address, { engine, flags: numeric }),
        { host: '127.0.0.1', service: '12000' },
        'the numbers',
      );
      equal((await getnameinfo(address, { engine, flags: NI_NUMERICHOST })).host, '127.0.0.1', 'the host');
      ok(
        (await getnameinfo(address, { engine, flags: NI_NAMEREQD })).host.length > 0,
        'the loopback should have a name',
      );
      await rejects(
        'TypeError',
        getnameinfo({ host: 'localhost', port: 1 }, { engine }),
        'getnameinfo of a name',
      );
    },
  },
  {
    name: 'gethostname() gives the name of this host',
    rows: ['U52'],
    run: async ({ engine }) => {
      ok(gethostname(engine).length > 0, 'the name should not be empty');
    },
  },
  {
    name: 'socket() throws EAFNOSUPPORT and ESOCKTNOSUPPORT for what there is not',
    rows: ['U58'],
    run: async ({ socket }) => {
      throws('EAFNOSUPPORT', () => socket(99 as typeof AF_INET, SOCK_DGRAM), 'socket of family 99');
      throws(
        'EAFNOSUPPORT',
        () => socket(AF_UNSPEC as unknown as typeof AF_INET, SOCK_DGRAM),
        'socket of AF_UNSPEC',
      );
      throws('ESOCKTNOSUPPORT', () => socket(AF_INET, 99 as typeof SOCK_DGRAM), 'socket of type 99');
      throws(
        'ESOCKTNOSUPPORT',
        () => socket(AF_INET as unknown as typeof AF_UNIX, SOCK_SEQPACKET),
        'SOCK_SEQPACKET of AF_INET',
      );
    },
  },
];
