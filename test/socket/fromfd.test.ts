/** Descriptors that go from one socket to another, and to threads. reliability.md rows U11, T25. */
import { describe, expect, it } from 'vitest';
import { linuxEngine } from '../../src/engines/linux/engine.ts';
import {
  AF_INET,
  AF_INET6,
  decode,
  fromfd,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_STREAM,
  socket,
} from '../../src/index.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
const options = { engine: 'linux' } as const;

describe.skipIf(noLinuxEngine)('fromfd()', () => {
  it('refuses what is no socket of that kind, and what this thread has already', async () => {
    await using udp = socket(AF_INET, SOCK_DGRAM, options);
    expect(() => fromfd(udp.fileno(), AF_INET, SOCK_DGRAM, options)).toThrow(/EEXIST/);
    expect(() => fromfd(0, AF_INET, SOCK_DGRAM, options)).toThrow(/ENOTSOCK|EPROTOTYPE/);
    expect(() => fromfd(19_999, AF_INET, SOCK_DGRAM, options)).toThrow(/EBADF/);
    for (const fd of [-1, 1.5, Number.NaN, 2 ** 31])
      expect(() => fromfd(fd, AF_INET, SOCK_DGRAM, options), String(fd)).toThrow(RangeError);
  });

  it('refuses another family or type than the descriptor has', async () => {
    await using udp = socket(AF_INET, SOCK_DGRAM, options);
    const other = linuxEngine();
    expect(() => fromfd(udp.fileno(), AF_INET, SOCK_STREAM, { engine: other })).toThrow(/EPROTOTYPE/);
    expect(() => fromfd(udp.fileno(), AF_INET6, SOCK_DGRAM, { engine: other })).toThrow(/EPROTOTYPE/);
  });

  it('serves a socket that was bound before, and leaves the descriptor to whom it belongs', async () => {
    await using client = socket(AF_INET, SOCK_DGRAM, options);
    const own = socket(AF_INET, SOCK_DGRAM, options);
    await own.bind(LOOPBACK);
    const address = own.getsockname();
    let closed = 0;
    const taken = fromfd(own.fileno(), AF_INET, SOCK_DGRAM, { engine: linuxEngine(), close: () => closed++ });
    await client.sendto('hello', address);
    const [message, sender] = await taken.recvfrom();
    await taken.sendto(decode(message).toUpperCase(), sender);
    await taken.close();
    expect(closed).toBe(1);
    expect(decode((await client.recvfrom())[0])).toBe('HELLO');
    expect(own.getsockname()).toEqual(address);
    await own.close();
  });

  it('has a descriptor that the thread of its first socket has let go, which stays open', async () => {
    const engine = linuxEngine();
    const first = socket(AF_INET, SOCK_DGRAM, { engine });
    await first.bind(LOOPBACK);
    const fd = first.fileno();
    engine.descriptors?.letGo(fd);
    const second = fromfd(fd, AF_INET, SOCK_DGRAM, { engine });
    expect(second.getsockname().port).toBeGreaterThan(0);
    await second.close();
    expect(() => fromfd(fd, AF_INET, SOCK_DGRAM, { engine })).toThrow(/EBADF|ENOTSOCK|EPROTOTYPE/);
  });

  it('takes a listening socket and a connection', async () => {
    await using own = socket(AF_INET, SOCK_STREAM, options);
    await own.bind(LOOPBACK);
    const welcome = await own.listen();
    await using shared = fromfd(own.fileno(), AF_INET, SOCK_STREAM, {
      engine: linuxEngine(),
      close: () => {},
    });
    await using client = socket(AF_INET, SOCK_STREAM, options);
    await client.connect(welcome.getsockname());
    const [connection] = await shared.accept();
    await client.sendall('hello');
    expect(decode(await connection.recv())).toBe('hello');
    expect(connection.bytesRead).toBe(5);
    expect(client.bytesWritten).toBe(5);
    await connection.close();
  });

  it.each(['linux', 'node'] as const)('counts bytes on %s, after the end too', async (engine) => {
    await using own = socket(AF_INET, SOCK_STREAM, { engine });
    await own.bind(LOOPBACK);
    const welcome = await own.listen();
    await using client = socket(AF_INET, SOCK_STREAM, { engine });
    await client.connect(welcome.getsockname());
    const [connection] = await welcome.accept();
    const sent = (async () => {
      for (const size of [1, 10, 100_000]) await client.sendall(new Uint8Array(size));
      client.shutdown(SHUT_WR);
    })();
    for await (const chunk of connection) expect(chunk.length).toBeGreaterThan(0);
    await sent;
    await Promise.all([client.close(), connection.close()]);
    expect([connection.bytesRead, client.bytesWritten]).toEqual([100_011, 100_011]);
    expect([connection.bytesWritten, client.bytesRead]).toEqual([0, 0]);
  });

  it('is told apart from engines without descriptors', async () => {
    await using udp = socket(AF_INET6, SOCK_DGRAM, { engine: 'node' });
    expect(() => udp.fileno()).toThrow(/EOPNOTSUPP/);
    expect(() => fromfd(5, AF_INET, SOCK_DGRAM, { engine: 'node' })).toThrow(/EOPNOTSUPP/);
  });
});
