/** The bytes of each kind of socket option, to and from getsockopt(2) and setsockopt(2). */
import { AF_INET6 } from '../../posix/constants.ts';
import type {
  Credentials,
  Linger,
  Membership,
  Membership6,
  OptionKind,
  SocketOption,
  SourceMembership,
  TcpInfo,
} from '../../posix/options.ts';
import { IP_MREQ_SOURCE, IP_MREQN, IPV6_MREQ, LINGER, TCP_INFO, UCRED } from './layout.ts';
import type { Slab } from './memory.ts';
import type { Reactor } from './reactor.ts';
import { OPTION_VALUE_BYTES as VALUE_BYTES } from './reactor.ts';
import { ipv4Word } from './sockaddr.ts';

interface Codec {
  /** Writes the value at the start of the slab and gives its length; 0 when it has no form. */
  write(slab: Slab, value: never, reactor: Reactor): number;
  read(slab: Slab, length: number): unknown;
}

const integer: Codec = {
  write(slab, value: number) {
    slab.view.setInt32(0, value, true);
    return 4;
  },
  read: (slab) => slab.view.getInt32(0, true),
};

const CODECS: Readonly<Record<OptionKind, Codec>> = {
  integer,
  boolean: {
    write: (slab, value: boolean, reactor) => integer.write(slab, Number(value) as never, reactor),
    read: (slab) => slab.view.getInt32(0, true) !== 0,
  },
  text: { write: writeText, read: (slab, length) => readText(slab, length) },
  ipv4: { write: (slab, value: string) => writeHost(slab, 0, value), read: readHost },
  linger: {
    write(slab, value: Linger) {
      slab.view.setInt32(LINGER.onoff, Number(value.onoff), true);
      slab.view.setInt32(LINGER.linger, value.linger, true);
      return LINGER.size;
    },
    read: ({ view }): Linger => ({
      onoff: view.getInt32(LINGER.onoff, true) !== 0,
      linger: view.getInt32(LINGER.linger, true),
    }),
  },
  credentials: {
    write: () => 0,
    read: ({ view }): Credentials => ({
      pid: view.getInt32(UCRED.pid, true),
      uid: view.getUint32(UCRED.uid, true),
      gid: view.getUint32(UCRED.gid, true),
    }),
  },
  membership: { write: writeMembership, read: () => undefined },
  sourceMembership: { write: writeSourceMembership, read: () => undefined },
  membership6: { write: writeMembership6, read: () => undefined },
  tcpInfo: { write: () => 0, read: readTcpInfo },
  raw: {
    write(slab, value: number | Uint8Array, reactor) {
      if (typeof value === 'number') return integer.write(slab, value as never, reactor);
      if (value.length > VALUE_BYTES) return 0;
      slab.bytes.set(value);
      return value.length;
    },
    read: (slab, length) => slab.bytes.slice(0, length),
  },
};

/** Reads an option; `undefined` when libc refused, with the reason in `errno()`. */
export function readOption(reactor: Reactor, fd: number, option: SocketOption): unknown {
  const slab = reactor.optionSlab;
  slab.bytes.fill(0, 0, VALUE_BYTES);
  slab.view.setUint32(VALUE_BYTES, VALUE_BYTES, true);
  const { level, number, kind } = option;
  const value = slab.at(0, VALUE_BYTES);
  if (reactor.libc.getsockopt(fd, level, number, value, slab.at(VALUE_BYTES, 4)) < 0) return undefined;
  return CODECS[kind].read(slab, slab.view.getUint32(VALUE_BYTES, true));
}

/** Sets an option; false when libc refused, with the reason in `errno()`. */
export function writeOption(reactor: Reactor, fd: number, option: SocketOption, value: unknown): boolean {
  const slab = reactor.optionSlab;
  const { level, number, kind } = option;
  const length = CODECS[kind].write(slab, value as never, reactor);
  if (length === 0 && kind !== 'text')
    throw new TypeError(`${option.name} can't take ${JSON.stringify(value)}`);
  return reactor.libc.setsockopt(fd, level, number, slab.at(0, length), length) === 0;
}

function writeText(slab: Slab, value: string): number {
  const { written } = new TextEncoder().encodeInto(value, slab.bytes.subarray(0, VALUE_BYTES));
  return written;
}

function readText(slab: Slab, length: number): string {
  const bytes = slab.bytes.subarray(0, Math.min(length, VALUE_BYTES));
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function writeHost(slab: Slab, offset: number, host: string): number {
  const word = ipv4Word(host);
  if (word === undefined) return 0;
  slab.view.setInt32(offset, word, true);
  return 4;
}

function readHost({ bytes }: Slab): string {
  return bytes.subarray(0, 4).join('.');
}

function writeMembership(slab: Slab, { multiaddr, interface: local = '0.0.0.0' }: Membership): number {
  slab.view.setInt32(IP_MREQN.ifindex, 0, true);
  const written = writeHost(slab, IP_MREQN.multiaddr, multiaddr) && writeHost(slab, IP_MREQN.address, local);
  return written && IP_MREQN.size;
}

function writeSourceMembership(slab: Slab, value: SourceMembership): number {
  const written =
    writeHost(slab, IP_MREQ_SOURCE.multiaddr, value.multiaddr) &&
    writeHost(slab, IP_MREQ_SOURCE.interface, value.interface ?? '0.0.0.0') &&
    writeHost(slab, IP_MREQ_SOURCE.sourceaddr, value.sourceaddr);
  return written && IP_MREQ_SOURCE.size;
}

function writeMembership6(
  slab: Slab,
  { multiaddr, interface: index = 0 }: Membership6,
  reactor: Reactor,
): number {
  if (reactor.libc.inet_pton(AF_INET6, multiaddr, slab.at(IPV6_MREQ.multiaddr, 16)) !== 1) return 0;
  slab.view.setUint32(IPV6_MREQ.interface, index, true);
  return IPV6_MREQ.size;
}

function readTcpInfo({ view }: Slab): TcpInfo {
  const word = (offset: number) => view.getUint32(offset, true);
  return {
    state: view.getUint8(TCP_INFO.state),
    retransmits: view.getUint8(TCP_INFO.retransmits),
    rto: word(TCP_INFO.rto),
    sndMss: word(TCP_INFO.sndMss),
    rcvMss: word(TCP_INFO.rcvMss),
    unacked: word(TCP_INFO.unacked),
    rtt: word(TCP_INFO.rtt),
    rttvar: word(TCP_INFO.rttvar),
    sndCwnd: word(TCP_INFO.sndCwnd),
    totalRetrans: word(TCP_INFO.totalRetrans),
  };
}
