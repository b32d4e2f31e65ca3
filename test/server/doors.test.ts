/** What the sockets of a server tell the kernel of its limits: tcp(7), socket(7). */
import { expect, test } from 'vitest';
import {
  AF_INET,
  defaultEngine,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SOCK_STREAM,
  SOL_SOCKET,
  socket,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
} from '../../src/index.ts';
import { openDoors } from '../../src/server/doors.ts';
import { completeLimits } from '../../src/server/limits.ts';
import { noLinuxEngine } from '../engines/linux/requirements.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };
/** struct tcp_info of linux/tcp.h; of a listening socket `tcpi_sacked` is the backlog. */
const TCP_INFO_NUMBER = 11;
const TCPI_SACKED = 28;
const BOTH = { udp: true, tcp: true };

test.skipIf(noLinuxEngine)('connections have the limits of their welcome socket', async () => {
  const limits = completeLimits({
    keepAliveMs: 20_500,
    userTimeoutMs: 33_000,
    unsentBytesMax: 65_536,
    udpBufferBytes: 32_768,
    backlog: 7,
  });
  const { tcp, udp } = await openDoors(defaultEngine(), limits, LOOPBACK, BOTH);
  if (!tcp || !udp) throw new Error('Both were asked for');
  await using client = socket(AF_INET, SOCK_STREAM);
  await client.connect(tcp.getsockname() as typeof LOOPBACK);
  const [connection] = await tcp.accept();
  const options = [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_USER_TIMEOUT, TCP_NOTSENT_LOWAT];
  expect(options.map((option) => connection.getsockopt(IPPROTO_TCP, option))).toEqual([
    21, 5, 3, 33_000, 65_536,
  ]);
  expect(connection.getsockopt(IPPROTO_TCP, TCP_NODELAY)).toBe(true);
  expect(connection.getsockopt(SOL_SOCKET, SO_KEEPALIVE)).toBe(true);
  // Linux doubles what is asked for, for its own use
  expect(udp.getsockopt(SOL_SOCKET, SO_RCVBUF)).toBe(65_536);
  const info = Buffer.from(tcp.getsockopt(IPPROTO_TCP, TCP_INFO_NUMBER));
  expect(info.readUInt32LE(TCPI_SACKED), 'the backlog').toBe(7);
  await Promise.all([connection.close(), tcp.close(), udp.close()]);
});
