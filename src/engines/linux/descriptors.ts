/**
 * Descriptors that were opened elsewhere: by another thread of this process, by whoever started it. What comes in is
 * checked, for a wrong number would read and write another file. Sources: fcntl(2), socket(7).
 */
import type { Family, SocketType } from '../../posix/constants.ts';
import { SOCK_DGRAM, transportName } from '../../posix/constants.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import { SO_DOMAIN, SO_TYPE } from '../../posix/options.ts';
import { SocketError } from '../../posix/socket-error.ts';
import type { Descriptors } from '../engine.ts';
import type { DatagramShare } from './datagram-share.ts';
import { SOCK_NONBLOCK, systemError } from './linux-socket.ts';
import { readOption } from './options.ts';
import type { Reactor } from './reactor.ts';
import type { StreamShare } from './stream-share.ts';
import { LinuxStreamSocket } from './tcp.ts';
import { LinuxDatagramSocket } from './udp.ts';

const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const FD_CLOEXEC = 1;

/** What the engine of one thread does with descriptors. */
export function descriptorsOf(reactor: Reactor, datagrams: DatagramShare, streams: StreamShare): Descriptors {
  return {
    adoptDatagram(fd, family, close) {
      makeFit(reactor, fd, family, SOCK_DGRAM);
      return LinuxDatagramSocket.adopt(reactor, datagrams, family, fd, close);
    },
    adoptStream(fd, family, type, close) {
      makeFit(reactor, fd, family, type);
      return LinuxStreamSocket.adopt(reactor, streams, family, type, fd, close);
    },
    own: () => reactor.descriptors,
    letGo: (fd) => reactor.letGo(fd),
    close: (fd) => void reactor.libc.close(fd),
    settled: () => reactor.settled(),
  };
}

/** Refuses what is no socket of that kind, and has the calls of the others never block. */
function makeFit(reactor: Reactor, fd: number, family: Family, type: SocketType): void {
  const transport = transportName(family, type);
  const refuse = (code: ErrorCode, text: string) =>
    new SocketError({ code, syscall: 'fromfd', engine: 'linux', transport, text });
  if (reactor.has(fd)) throw refuse('EEXIST', `descriptor ${fd} has a socket in this thread already`);
  const domain = readOption(reactor, fd, SO_DOMAIN);
  if (domain === undefined) throw systemError(reactor, 'fromfd', transport);
  if (domain !== family || readOption(reactor, fd, SO_TYPE) !== type)
    throw refuse('EPROTOTYPE', `descriptor ${fd} is a socket of another family or type`);
  const { libc } = reactor;
  const flags = libc.fcntl(fd, F_GETFL, 0);
  const done =
    libc.fcntl(fd, F_SETFL, flags | SOCK_NONBLOCK) === 0 && libc.fcntl(fd, F_SETFD, FD_CLOEXEC) === 0;
  if (!done) throw systemError(reactor, 'fromfd', transport);
}
