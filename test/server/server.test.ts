import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InetAddress, StreamSocket } from '../../src/index.ts';
import {
  AF_INET,
  decode,
  defaultEngine,
  encode,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SocketError,
  socket,
} from '../../src/index.ts';
import { Counters } from '../../src/server/counters.ts';
import type { Handlers, Problem, ServeOptions, Server } from '../../src/server/index.ts';
import { SERVICES, serve } from '../../src/server/index.ts';
import { completeLimits } from '../../src/server/limits.ts';
import { PAUSE_MS } from '../../src/server/services.ts';
import { UdpService } from '../../src/server/udp-service.ts';

interface Started {
  readonly server: Server;
  readonly udp: InetAddress;
  readonly tcp: InetAddress;
  readonly problems: Problem[];
}

async function start(options: ServeOptions = {}, service: Handlers = SERVICES.upper): Promise<Started> {
  const problems: Problem[] = [];
  const onProblem = (problem: Problem) => problems.push(problem);
  const server = await serve(service, { host: '127.0.0.1', onProblem, ...options });
  onTestFinished(() => server.close());
  const { udp, tcp } = server.addresses;
  if (!udp || !tcp) throw new Error('The server has both transports here');
  return { server, udp, tcp, problems };
}

async function dial(address: InetAddress): Promise<StreamSocket<typeof AF_INET>> {
  const client = socket(AF_INET, SOCK_STREAM);
  onTestFinished(() => client.close());
  await client.connect(address);
  return client;
}

/** Receives until `length` bytes are there, or the end. */
async function receive(
  client: StreamSocket<typeof AF_INET>,
  length = Number.POSITIVE_INFINITY,
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for (let had = 0; had < length; ) {
    const piece = await client.recv();
    if (piece.length === 0) break;
    pieces.push(piece);
    had += piece.length;
  }
  return decode(Buffer.concat(pieces));
}

/** Waits until `condition` holds: for what happens in the server after the client has seen its end. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(5);
}

describe('upper over UDP', () => {
  test('answers datagram for datagram, empty ones too', async () => {
    const { udp, server } = await start();
    await using client = socket(AF_INET, SOCK_DGRAM);
    for (const [message, reply] of [
      ['hello', 'HELLO'],
      ['', ''],
      ['two\nlines\r\n', 'TWO\nLINES\r\n'],
      ['straße', 'STRASSE'],
    ] as const) {
      await client.sendto(message, udp);
      const [answer, sender] = await client.recvfrom(2048);
      expect(decode(answer)).toBe(reply);
      expect(sender).toEqual(udp);
    }
    expect(server.stats()).toMatchObject({ datagrams: 4, answers: 4, loops: 0, failures: 0 });
  });

  test('answers a datagram of the greatest length', async () => {
    const { udp } = await start();
    await using client = socket(AF_INET, SOCK_DGRAM);
    const message = new Uint8Array(65_507).fill(0x61);
    await client.sendto(message, udp);
    const [answer] = await client.recvfrom();
    expect(Buffer.from(answer).equals(Buffer.alloc(65_507, 'A'))).toBe(true);
  });

  test('goes on when an answer is too long for a datagram', async () => {
    const { udp, problems, server } = await start();
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('ΐ'.repeat(20_000), udp); // 40,000 bytes, their upper case 120,000
    await client.sendto('next', udp);
    expect(decode((await client.recvfrom())[0])).toBe('NEXT');
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ transport: 'udp', code: 'EMSGSIZE' });
    expect(server.stats()).toMatchObject({ datagrams: 2, answers: 1, failures: 1 });
  });

  test('goes on when clients are gone before their answer', async () => {
    const { udp } = await start();
    for (let i = 0; i < 20; i++) {
      const gone = socket(AF_INET, SOCK_DGRAM);
      await gone.sendto('anybody?', udp);
      await gone.close();
    }
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('still there', udp);
    expect(decode((await client.recvfrom())[0])).toBe('STILL THERE');
  });

  test('leaves a source that the guard refuses without an answer', async () => {
    await using refused = socket(AF_INET, SOCK_DGRAM);
    await refused.bind({ host: '127.0.0.1', port: 0 });
    const { udp, server } = await start({ refusedPorts: [refused.getsockname().port] });
    await refused.sendto('loop', udp);
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('hello', udp);
    expect(decode((await client.recvfrom())[0])).toBe('HELLO');
    expect(server.stats()).toMatchObject({ datagrams: 2, answers: 1, loops: 1 });
    await expect(refused.recvfrom(10, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });
});

describe('UdpService', () => {
  test('outlives every error of a call, and ends when it is told', async () => {
    const codes = ['ECONNREFUSED', 'EPERM', 'ENETUNREACH', 'EHOSTUNREACH', 'ENOBUFS', 'EINTR'] as const;
    const calls = ['recvmmsg', 'sendmmsg'] as const;
    // and more failures in a row than it takes without a rest
    const storm = Array.from({ length: 18 }, () => ({ code: 'ENOMEM', call: 'recvmmsg' }) as const);
    const script = [...codes.flatMap((code) => calls.map((call) => ({ code, call }))), ...storm];
    const expected = script.map(({ code }) => code);
    const failures: (string | undefined)[] = [];
    const fake = {
      getsockname: () => ({ host: '127.0.0.1', port: 7000 }),
      close: async () => undefined,
      async recvmmsg(_count: number, _size: undefined, { signal }: { signal: AbortSignal }) {
        const next = script[0];
        if (next?.call === 'sendmmsg')
          return [{ data: encode(`message ${script.length}`), address: { host: '192.0.2.1', port: 5000 } }];
        script.shift();
        if (next) throw failure('recvmmsg', next.code);
        onScriptOver();
        return await new Promise<never>((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
      async sendmmsg() {
        throw failure('sendmmsg', script.shift()?.code ?? 'EIO');
      },
    };
    let onScriptOver = () => {};
    const scriptOver = new Promise<void>((resolve) => {
      onScriptOver = resolve;
    });
    const counters = new Counters();
    const problems = {
      report: (_transport: string, _client: unknown, error: SocketError) => failures.push(error.code),
    };
    const service = new UdpService(
      fake as never,
      {
        engine: defaultEngine(),
        handlers: SERVICES.echo,
        context: { thread: 0, threads: 1, signal: new AbortController().signal, limits: completeLimits({}) },
        counters,
        problems: problems as never,
        onConnection: undefined,
      },
      { refusedPorts: new Set(), mayUse: undefined },
    );
    await scriptOver;
    await service.end();
    expect(failures).toEqual(expected);
    expect(counters.get('datagrams')).toBe(codes.length);
  });
});

function failure(syscall: string, code: SocketError['code']): SocketError {
  return new SocketError({ code, syscall, engine: 'fake' });
}

describe('upper over TCP', () => {
  test('answers line by line and keeps the line ends', async () => {
    const { tcp } = await start();
    const client = await dial(tcp);
    await client.sendall('hello\nstra');
    expect(await receive(client, 6)).toBe('HELLO\n');
    await client.sendall('ße\r\n\nlast');
    client.shutdown(SHUT_WR);
    expect(await receive(client)).toBe('STRASSE\r\n\nLAST');
  });

  test('answers what is left at the half-close, and closes', async () => {
    const { tcp, server } = await start();
    const client = await dial(tcp);
    await client.sendall('no line end');
    client.shutdown(SHUT_WR);
    expect(await receive(client)).toBe('NO LINE END');
    await until(() => server.stats().open === 0);
    expect(server.stats()).toMatchObject({ connections: 1, failures: 0 });
  });

  test("answers the notes' client, which sends no line end and waits", async () => {
    const { tcp } = await start();
    const client = await dial(tcp);
    await client.send('hello, straße');
    expect(decode(await client.recv(1024))).toBe('HELLO, STRASSE');
    await client.close();
  });

  test('keeps a character whole that comes in two segments, however long the pause', async () => {
    const { tcp } = await start();
    const client = await dial(tcp);
    for (const byte of encode('aß😀é')) {
      await client.sendall(Uint8Array.of(byte));
      await pause(PAUSE_MS * 1.5);
    }
    await client.sendall('\n');
    client.shutdown(SHUT_WR);
    expect(await receive(client)).toBe('ASS😀É\n');
  });

  test('answers an incomplete character as it is when the stream ends', async () => {
    const { tcp } = await start();
    const client = await dial(tcp);
    await client.sendall(Uint8Array.of(0x61, 0xc3));
    client.shutdown(SHUT_WR);
    const answer = Buffer.concat([await client.recv(2), await client.recv(2)]);
    expect([...answer]).toEqual([0x41, 0xc3]);
  });

  test('ends a connection whose line is too long, says why, and nothing else', async () => {
    const { tcp, problems } = await start({ lineBytesMax: 10 });
    const other = await dial(tcp);
    const client = await dial(tcp);
    await client.sendall('good\n0123456789\n');
    expect(await receive(client, 16)).toBe('GOOD\n0123456789\n');
    await client.sendall('01234567890');
    expect(await receive(client)).toBe('');
    await until(() => problems.length > 0);
    expect(problems).toMatchObject([
      {
        transport: 'tcp',
        client: client.getsockname(),
        message: 'A line is longer than 10 bytes',
      },
    ]);
    await other.sendall('hello\n');
    expect(await receive(other, 6)).toBe('HELLO\n');
  });

  test('survives a client that resets its connection', async () => {
    const { tcp, server } = await start();
    const rude = await dial(tcp);
    await rude.sendall('hello');
    rude.setsockopt(SOL_SOCKET, SO_LINGER, { onoff: true, linger: 0 });
    await rude.close();
    await until(() => server.stats().connections === 1 && server.stats().open === 0);
    const client = await dial(tcp);
    await client.sendall('hello\n');
    expect(await receive(client, 6)).toBe('HELLO\n');
  });

  test('serves others while one client does not read its answers', async () => {
    const { tcp } = await start();
    const lazy = await dial(tcp);
    const flood = lazy.sendall(`${'x'.repeat(999)}\n`.repeat(20_000)).catch(() => undefined);
    const client = await dial(tcp);
    await client.sendall('hello\n');
    expect(await receive(client, 6)).toBe('HELLO\n');
    await lazy.close();
    await flood;
  });

  test('serves many clients at once', async () => {
    const { tcp, server } = await start();
    const clients = await Promise.all(Array.from({ length: 100 }, () => dial(tcp)));
    await Promise.all(clients.map((client, i) => client.sendall(`client ${i}\n`)));
    const replies = await Promise.all(clients.map((client, i) => receive(client, `CLIENT ${i}\n`.length)));
    expect(replies).toEqual(clients.map((_, i) => `CLIENT ${i}\n`));
    expect(server.stats().connections).toBe(100);
  });
});

describe('echo', () => {
  test('gives back what it gets, over both transports', async () => {
    const { udp, tcp } = await start({}, SERVICES.echo);
    await using client = socket(AF_INET, SOCK_DGRAM);
    await client.sendto('Hello', udp);
    expect(decode((await client.recvfrom())[0])).toBe('Hello');
    const stream = await dial(tcp);
    await stream.sendall('no line');
    expect(await receive(stream, 7)).toBe('no line');
    stream.shutdown(SHUT_WR);
    expect(await receive(stream)).toBe('');
  });
});

describe('Server', () => {
  test('has one port for both transports, and either alone', async () => {
    const { udp, tcp } = await start();
    expect(udp).toEqual(tcp);
    await using onlyUdp = await serve(SERVICES.echo, { host: '127.0.0.1', udp: true });
    expect(onlyUdp.addresses).toMatchObject({ tcp: undefined, udp: { host: '127.0.0.1' } });
    await using onlyTcp = await serve(SERVICES.echo, { host: '127.0.0.1', tcp: true });
    expect(onlyTcp.addresses).toMatchObject({ udp: undefined, tcp: { host: '127.0.0.1' } });
  });

  test('close() ends connections and frees the port', async () => {
    const { server, tcp } = await start();
    const client = await dial(tcp);
    await client.sendall('hello\n');
    expect(await receive(client, 6)).toBe('HELLO\n');
    await server.close();
    await server.close();
    expect(await client.recv().catch(() => new Uint8Array(0))).toHaveLength(0);
    expect(server.stats().open).toBe(0);
    // at once, connections of its last life or not
    const again = await start({ port: tcp.port });
    expect(again.tcp).toEqual(tcp);
  });

  test('drain() cuts at the deadline, and does not wait for a handler that goes on regardless', async () => {
    const never = new Promise<void>(() => {});
    const { server, tcp } = await start({}, { ...SERVICES.echo, tcp: () => never });
    const client = await dial(tcp);
    await until(() => server.stats().open === 1);
    await server.drain({ deadlineMs: 1 });
    await expect(client.recv()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(server.stats().state).toBe('closed');
  });

  test('does not start on a port that is taken, and leaves nothing behind', async () => {
    const { tcp } = await start();
    await expect(start({ port: tcp.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    // the TCP half of a failed start is closed again; another program may have that port, but not five times
    const left: unknown[] = [];
    for (let time = 0; time < 5 && left.length === time; time += 1) {
      await using taken = socket(AF_INET, SOCK_DGRAM);
      await taken.bind({ host: '127.0.0.1', port: 0 });
      const { port } = taken.getsockname();
      await expect(start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
      await using free = socket(AF_INET, SOCK_STREAM);
      await free.bind({ host: '127.0.0.1', port }).catch((error) => left.push(error));
    }
    expect(left.length, String(left[0])).toBeLessThan(5);
  });

  test('tells of a problem the 1st, 2nd, 4th, 8th time only', async () => {
    const { tcp, problems, server } = await start({ lineBytesMax: 1 });
    for (let i = 0; i < 9; i++) {
      const client = await dial(tcp);
      await client.sendall('too long');
      await receive(client).catch(() => '');
    }
    await until(() => server.stats().failures === 9);
    expect(problems.map(({ times }) => times)).toEqual([1, 2, 4, 8]);
  });
});
