/** Datagram sockets with a fixed peer, and what becomes of ICMP errors. connect(2), udp(7). */
import type { DatagramSocket } from '../../index.ts';
import {
  AF_INET,
  decode,
  SHUT_WR,
  SO_BROADCAST,
  SO_ERROR,
  SOCK_DGRAM,
  SOL_SOCKET,
  SocketError,
} from '../../index.ts';
import { equal, fail, rejects, rejectsSoon, throws } from '../assertions.ts';
import type { ConformanceCase } from '../conformance-case.ts';
import { boundUdp, connectedUdpPair, freeUdpAddress, udpPair } from '../fixtures.ts';

/** Sends to a peer that is not there until the refusal comes back. */
async function refusal(client: DatagramSocket): Promise<SocketError> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      await client.send('anybody?');
      await client.recv(1, { timeoutMs: 20 });
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'ETIMEDOUT')) return error as SocketError;
    }
  }
  return fail('send to a closed port was not refused in 100 attempts');
}

export const datagramConnectCases: readonly ConformanceCase[] = [
  {
    name: 'connect() fixes the peer of a datagram socket',
    rows: ['U12'],
    run: async (context) => {
      const server = await boundUdp(context);
      const client = context.socket(AF_INET, SOCK_DGRAM);
      await client.connect(server.getsockname());
      equal(client.getpeername(), server.getsockname(), 'the peer');
      equal(client.getsockname().host, '127.0.0.1', 'the own host, now that the route is known');
      equal(await client.send('hello'), 5, 'the count');
      equal((await server.recvfrom())[1], client.getsockname(), 'the sender');
    },
  },
  {
    name: 'connect() again changes the peer, connect(null) dissolves it',
    rows: ['U12'],
    run: async (context) => {
      const [first, second] = await udpPair(context);
      const client = await boundUdp(context);
      for (const peer of [first, second]) {
        await client.connect(peer.getsockname());
        await client.send('x');
        equal((await peer.recvfrom())[1], client.getsockname(), 'the sender');
      }
      await client.connect(null);
      throws('ENOTCONN', () => client.getpeername(), 'getpeername');
      await rejects('EDESTADDRREQ', client.send('x'), 'send');
      equal(await client.sendto('y', first.getsockname()), 1, 'the count of sendto');
      equal(decode((await first.recvfrom())[0]), 'y', 'the datagram');
    },
  },
  {
    name: 'connect(null) without a peer does nothing',
    rows: ['U12'],
    run: async (context) => {
      // Linux takes back a port that it chose itself, so this one is asked for
      const address = await freeUdpAddress(context);
      const bound = await boundUdp(context, address);
      await bound.connect(null);
      equal(bound.getsockname(), address, 'the address');
      await bound.sendto('x', address);
      equal((await bound.recvfrom())[0].length, 1, 'the length');
    },
  },
  {
    name: 'getpeername() without a peer throws ENOTCONN',
    rows: ['U12'],
    run: async (context) => {
      throws(
        'ENOTCONN',
        () => context.socket(AF_INET, SOCK_DGRAM).getpeername(),
        'getpeername of a new socket',
      );
      const bound = await boundUdp(context);
      throws('ENOTCONN', () => bound.getpeername(), 'getpeername of a bound socket');
    },
  },
  {
    name: 'send() without a peer rejects with EDESTADDRREQ',
    rows: ['U12'],
    run: async (context) => {
      const bound = await boundUdp(context);
      await rejects('EDESTADDRREQ', bound.send('x'), 'send');
      await rejects('EDESTADDRREQ', bound.sendmsg({ data: 'x' }), 'sendmsg');
      await rejects('EDESTADDRREQ', bound.sendmmsg([{ data: 'x' }]), 'sendmmsg');
    },
  },
  {
    name: 'sendto() on a socket with a peer rejects with EISCONN',
    rows: ['U13'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      const address = b.getsockname();
      await rejects('EISCONN', a.sendto('x', address), 'sendto');
      await rejects('EISCONN', a.sendmsg({ data: 'x', address }), 'sendmsg');
      await rejects('EISCONN', a.sendmmsg([{ data: 'x', address }]), 'sendmmsg');
      await a.send('only this');
      equal(decode(await b.recv()), 'only this', 'the datagram');
    },
  },
  {
    name: 'recv() on a socket with a peer gets only the datagrams of its peer',
    rows: ['U13'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      const stranger = await boundUdp(context);
      await stranger.sendto('stranger', b.getsockname());
      await a.send('peer');
      await stranger.sendto('stranger', b.getsockname());
      equal(decode(await b.recv()), 'peer', 'the datagram');
      await rejects('ETIMEDOUT', b.recv(9, { timeoutMs: 10 }), 'one more');
    },
  },
  {
    name: 'recv() on a socket whose peer is not there rejects with ECONNREFUSED, and it stays usable',
    rows: ['U41', 'U07'],
    run: async (context) => {
      const peer = await freeUdpAddress(context);
      const client = await boundUdp(context);
      await client.connect(peer);
      equal((await refusal(client)).code, 'ECONNREFUSED', 'the code');
      const server = await boundUdp(context, peer);
      await client.send('again').catch(() => client.send('again'));
      const [message, address] = await server.recvfrom();
      equal([decode(message), address], ['again', client.getsockname()], 'the datagram after it');
      await server.sendto('back', address);
      equal(decode(await client.recv()), 'back', 'the reply');
    },
  },
  {
    name: 'recv() that waits gets the ECONNREFUSED of a send() after it',
    rows: ['U41'],
    run: async (context) => {
      const client = await boundUdp(context);
      await client.connect(await freeUdpAddress(context));
      const waiting = client.recv();
      const outcome = waiting.then(
        () => 'data',
        (error: unknown) => (error instanceof SocketError ? error.code : String(error)),
      );
      await client.send('anybody?');
      equal(await outcome, 'ECONNREFUSED', 'what the waiting recv got');
    },
  },
  {
    name: 'sendto() to a port where nobody is gives no error, then or later',
    rows: ['U42'],
    run: async (context) => {
      const [client, healthy] = await udpPair(context);
      const nobody = await freeUdpAddress(context);
      for (let round = 0; round < 20; round++) {
        await client.sendto('anybody?', nobody);
        await client.sendto(`${round}`, healthy.getsockname());
        const [message, address] = await healthy.recvfrom();
        await healthy.sendto(message, address);
        equal(decode((await client.recvfrom())[0]), `${round}`, 'the reply');
      }
    },
  },
  {
    name: 'close() while an error of the peer is pending',
    rows: ['U43'],
    run: async (context) => {
      for (let round = 0; round < 5; round++) {
        const client = await boundUdp(context);
        await client.connect(await freeUdpAddress(context));
        const waiting = round % 2 === 0 ? client.recv().catch((error: SocketError) => error.code) : undefined;
        await client.send('anybody?');
        await client.close();
        const code = await waiting;
        if (code !== 'ECONNREFUSED') equal(code, waiting && 'ECANCELED', 'what the waiting recv got');
      }
    },
  },
  {
    name: 'getsockopt() of SO_ERROR takes the pending error',
    rows: ['U41'],
    needs: ['udp option SO_ERROR'],
    run: async (context) => {
      const client = await boundUdp(context);
      await client.connect(await freeUdpAddress(context));
      await client.send('anybody?');
      await context.pause(5);
      equal(client.getsockopt(SOL_SOCKET, SO_ERROR), 111, 'the first look (111 is ECONNREFUSED)');
      equal(client.getsockopt(SOL_SOCKET, SO_ERROR), 0, 'the second look');
      await rejects('ETIMEDOUT', client.recv(1, { timeoutMs: 0 }), 'recv');
    },
  },
  {
    name: 'sendto() to a broadcast address rejects with EACCES until SO_BROADCAST is set',
    rows: ['U46', 'U33'],
    needs: ['udp option SO_BROADCAST'],
    run: async (context) => {
      const receiver = await boundUdp(context, { host: '', port: 0 });
      const sender = await boundUdp(context);
      const address = { host: '127.255.255.255', port: receiver.getsockname().port };
      await rejectsSoon('EACCES', () => sender.sendto('x', address), 'sendto');
      sender.setsockopt(SOL_SOCKET, SO_BROADCAST, true);
      await sender.sendto('all', address);
      equal((await receiver.recvfrom())[1], sender.getsockname(), 'the sender');
    },
  },
  {
    name: 'shutdown() of a datagram socket without a peer throws ENOTCONN',
    rows: ['U12'],
    run: async (context) => {
      const bound = await boundUdp(context);
      throws('ENOTCONN', () => bound.shutdown(SHUT_WR), 'shutdown');
    },
  },
  {
    name: 'shutdown(SHUT_WR) ends sending of a datagram socket, not receiving',
    rows: ['U12'],
    run: async (context) => {
      const [a, b] = await connectedUdpPair(context);
      a.shutdown(SHUT_WR);
      await rejects('EPIPE', a.send('x'), 'send');
      await b.send('still');
      equal(decode(await a.recv()), 'still', 'the datagram');
    },
  },
];
