/**
 * Where the fields of the kernel's structures are, for Linux on x86-64 and arm64, with glibc and with musl: the only
 * place that knows. `test/engines/linux/layout.test.ts` has a C compiler check every number where one is present.
 */

/** `struct epoll_event`: packed on x86-64, and there only. */
export const EPOLL_EVENT: { readonly size: number; readonly events: number; readonly data: number } =
  globalThis.process?.arch === 'x64' ? { size: 12, events: 0, data: 4 } : { size: 16, events: 0, data: 8 };

/** `struct iovec`. */
export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/** `struct msghdr`. */
export const MSGHDR = {
  size: 56,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
} as const;

/** `struct mmsghdr`. */
export const MMSGHDR = { size: 64, header: 0, length: 56 } as const;

/** `struct sockaddr_in`. */
export const SOCKADDR_IN = { size: 16, family: 0, port: 2, address: 4 } as const;

/** `struct sockaddr_in6`. */
export const SOCKADDR_IN6 = { size: 28, family: 0, port: 2, flowinfo: 4, address: 8, scope: 24 } as const;

/** `struct sockaddr_un`. */
export const SOCKADDR_UN = { size: 110, family: 0, path: 2 } as const;

/** `struct io_uring_params`. */
export const IO_URING_PARAMS = {
  size: 120,
  sqEntries: 0,
  cqEntries: 4,
  flags: 8,
  features: 20,
  sqOffsets: 40,
  cqOffsets: 80,
} as const;

/** `struct io_sqring_offsets`. */
export const IO_SQRING_OFFSETS = { size: 40, head: 0, tail: 4, array: 24 } as const;

/** `struct io_cqring_offsets`. */
export const IO_CQRING_OFFSETS = { size: 40, head: 0, tail: 4, cqes: 20 } as const;

/** `struct io_uring_sqe`. */
export const IO_URING_SQE = { size: 64, fd: 4, address: 16, length: 24, flags: 28, userData: 32 } as const;

/** `struct io_uring_cqe`. */
export const IO_URING_CQE = { size: 16, userData: 0, result: 8 } as const;

/** Room for any of them. */
export const SOCKADDR_BYTES = 112;

/** `struct linger`. */
export const LINGER = { size: 8, onoff: 0, linger: 4 } as const;

/** `struct ucred`. */
export const UCRED = { size: 12, pid: 0, uid: 4, gid: 8 } as const;

/** `struct ip_mreqn`. */
export const IP_MREQN = { size: 12, multiaddr: 0, address: 4, ifindex: 8 } as const;

/** `struct ip_mreq_source`. */
export const IP_MREQ_SOURCE = { size: 12, multiaddr: 0, interface: 4, sourceaddr: 8 } as const;

/** `struct ipv6_mreq`. */
export const IPV6_MREQ = { size: 20, multiaddr: 0, interface: 16 } as const;

/** The fields of `struct tcp_info` that we read; the kernel's may be longer. */
export const TCP_INFO = {
  size: 104,
  state: 0,
  retransmits: 2,
  rto: 8,
  sndMss: 16,
  rcvMss: 20,
  unacked: 24,
  rtt: 68,
  rttvar: 72,
  sndCwnd: 80,
  totalRetrans: 100,
} as const;
