/**
 * The error codes that a socket can give, with the number and the words that Linux has for them: errno(3),
 * and for names that do not resolve gai_strerror(3). Other systems number them differently; the code is the same.
 */

/** A code of `SocketError`: a name of errno(3), or `EAI_…` of getaddrinfo(3). */
export type ErrorCode =
  | 'EPERM'
  | 'ENOENT'
  | 'EINTR'
  | 'EIO'
  | 'ENXIO'
  | 'EBADF'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'EACCES'
  | 'EFAULT'
  | 'EBUSY'
  | 'EEXIST'
  | 'ENODEV'
  | 'ENOTDIR'
  | 'EINVAL'
  | 'ENFILE'
  | 'EMFILE'
  | 'ENOSPC'
  | 'EROFS'
  | 'EPIPE'
  | 'ERANGE'
  | 'ENAMETOOLONG'
  | 'ENOSYS'
  | 'ELOOP'
  | 'EPROTO'
  | 'ENOTSOCK'
  | 'EDESTADDRREQ'
  | 'EMSGSIZE'
  | 'EPROTOTYPE'
  | 'ENOPROTOOPT'
  | 'EPROTONOSUPPORT'
  | 'ESOCKTNOSUPPORT'
  | 'EOPNOTSUPP'
  | 'EPFNOSUPPORT'
  | 'EAFNOSUPPORT'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENETRESET'
  | 'ECONNABORTED'
  | 'ECONNRESET'
  | 'ENOBUFS'
  | 'EISCONN'
  | 'ENOTCONN'
  | 'ETIMEDOUT'
  | 'ECONNREFUSED'
  | 'EHOSTDOWN'
  | 'EHOSTUNREACH'
  | 'EALREADY'
  | 'EINPROGRESS'
  | 'ECANCELED'
  | 'EAI_AGAIN'
  | 'EAI_FAIL'
  | 'EAI_NONAME';

const ERRORS: Readonly<Record<ErrorCode, readonly [number: number, text: string]>> = {
  EPERM: [1, 'operation not permitted'],
  ENOENT: [2, 'no such file or directory'],
  EINTR: [4, 'interrupted system call'],
  EIO: [5, 'input/output error'],
  ENXIO: [6, 'no such device or address'],
  EBADF: [9, 'bad file descriptor'],
  EAGAIN: [11, 'resource temporarily unavailable'],
  ENOMEM: [12, 'cannot allocate memory'],
  EACCES: [13, 'permission denied'],
  EFAULT: [14, 'bad address'],
  EBUSY: [16, 'device or resource busy'],
  EEXIST: [17, 'file exists'],
  ENODEV: [19, 'no such device'],
  ENOTDIR: [20, 'not a directory'],
  EINVAL: [22, 'invalid argument'],
  ENFILE: [23, 'too many open files in system'],
  EMFILE: [24, 'too many open files'],
  ENOSPC: [28, 'no space left on device'],
  EROFS: [30, 'read-only file system'],
  EPIPE: [32, 'broken pipe'],
  ERANGE: [34, 'numerical result out of range'],
  ENAMETOOLONG: [36, 'file name too long'],
  ENOSYS: [38, 'function not implemented'],
  ELOOP: [40, 'too many levels of symbolic links'],
  EPROTO: [71, 'protocol error'],
  ENOTSOCK: [88, 'socket operation on non-socket'],
  EDESTADDRREQ: [89, 'destination address required'],
  EMSGSIZE: [90, 'message too long'],
  EPROTOTYPE: [91, 'protocol wrong type for socket'],
  ENOPROTOOPT: [92, 'protocol not available'],
  EPROTONOSUPPORT: [93, 'protocol not supported'],
  ESOCKTNOSUPPORT: [94, 'socket type not supported'],
  EOPNOTSUPP: [95, 'operation not supported'],
  EPFNOSUPPORT: [96, 'protocol family not supported'],
  EAFNOSUPPORT: [97, 'address family not supported by protocol'],
  EADDRINUSE: [98, 'address already in use'],
  EADDRNOTAVAIL: [99, 'cannot assign requested address'],
  ENETDOWN: [100, 'network is down'],
  ENETUNREACH: [101, 'network is unreachable'],
  ENETRESET: [102, 'network dropped connection on reset'],
  ECONNABORTED: [103, 'software caused connection abort'],
  ECONNRESET: [104, 'connection reset by peer'],
  ENOBUFS: [105, 'no buffer space available'],
  EISCONN: [106, 'transport endpoint is already connected'],
  ENOTCONN: [107, 'transport endpoint is not connected'],
  ETIMEDOUT: [110, 'connection timed out'],
  ECONNREFUSED: [111, 'connection refused'],
  EHOSTDOWN: [112, 'host is down'],
  EHOSTUNREACH: [113, 'no route to host'],
  EALREADY: [114, 'operation already in progress'],
  EINPROGRESS: [115, 'operation now in progress'],
  ECANCELED: [125, 'operation canceled'],
  EAI_AGAIN: [-3, 'temporary failure in name resolution'],
  EAI_FAIL: [-4, 'non-recoverable failure in name resolution'],
  EAI_NONAME: [-2, 'name or service not known'],
};

const BY_NUMBER: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(ERRORS).map(([code, [number]]) => [number, code as ErrorCode]),
);

/** Names an errno of Linux; `undefined` for one that is not in the table. */
export function errorCode(errno: number): ErrorCode | undefined {
  return BY_NUMBER.get(errno);
}

/** Tells whether `code` is one of the table. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERRORS, code);
}

/** The number of `code` on Linux. */
export function errorNumber(code: ErrorCode): number {
  return ERRORS[code][0];
}

/** What `code` means, in the words of strerror(3). */
export function errorText(code: ErrorCode): string {
  return ERRORS[code][1];
}

/** Every code with its meaning, for the documentation and its test. */
export function errorCodes(): readonly ErrorCode[] {
  return Object.keys(ERRORS) as ErrorCode[];
}
