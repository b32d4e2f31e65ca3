/**
 * Names of the system's resolver, for the engines that run on the system's own network: getaddrinfo(3) and
 * getnameinfo(3) through `node:dns`, which asks them on a thread of its own.
 */

import { AF_INET, AF_INET6 } from '../posix/constants.ts';
import { isErrorCode } from '../posix/errno.ts';
import { SocketError } from '../posix/socket-error.ts';
import type { Cancellation, ResolvedAddress } from './engine.ts';
import { WaitQueue } from './wait-queue.ts';

/** The flags of getaddrinfo(3) that have another number in `node:dns`. */
const AI_V4MAPPED = 0x8;
const AI_ALL = 0x10;
const AI_ADDRCONFIG = 0x20;

/** Node's own names for what getaddrinfo(3) calls EAI_NONAME and EAI_FAIL. */
const CODES: Readonly<Record<string, 'EAI_NONAME' | 'EAI_FAIL'>> = {
  ENOTFOUND: 'EAI_NONAME',
  ENODATA: 'EAI_NONAME',
  EAI_NODATA: 'EAI_NONAME',
  EAI_MEMORY: 'EAI_FAIL',
};

/** Resolves `host` to its literal addresses, in the order of the system. */
export function lookup(
  engine: string,
  host: string,
  family: number,
  flags: number,
  cancellation?: Cancellation,
): Promise<readonly ResolvedAddress[]> {
  const dns = process.getBuiltinModule('node:dns');
  const hints =
    (flags & AI_V4MAPPED ? dns.V4MAPPED : 0) |
    (flags & AI_ALL ? dns.ALL : 0) |
    (flags & AI_ADDRCONFIG ? dns.ADDRCONFIG : 0);
  const options = {
    all: true,
    verbatim: true,
    hints,
    family: family === AF_INET ? 4 : family === AF_INET6 ? 6 : 0,
  } as const;
  return cancellable(cancellation, (done) =>
    dns.lookup(host, options, (error, addresses) => {
      if (error) done(nameError(engine, 'getaddrinfo', host, error));
      else
        done(
          undefined,
          addresses.map((a) => ({ family: a.family === 6 ? AF_INET6 : AF_INET, host: a.address })),
        );
    }),
  );
}

/** Names a literal address and a port. */
export function lookupName(
  engine: string,
  host: string,
  port: number,
  cancellation?: Cancellation,
): Promise<{ host: string; service: string }> {
  const dns = process.getBuiltinModule('node:dns');
  return cancellable(cancellation, (done) =>
    dns.lookupService(host, port, (error, hostname, service) => {
      if (error) done(nameError(engine, 'getnameinfo', host, error));
      else done(undefined, { host: hostname, service });
    }),
  );
}

function cancellable<T>(
  cancellation: Cancellation | undefined,
  start: (done: (error: unknown, value?: T) => void) => void,
): Promise<T> {
  const waiting = new WaitQueue<undefined, T>();
  const result = waiting.wait(undefined, cancellation);
  start((error, value) => (value === undefined ? waiting.reject(error) : waiting.resolve(value)));
  return result;
}

function nameError(engine: string, syscall: string, host: string, cause: NodeJS.ErrnoException): SocketError {
  const code = CODES[cause.code ?? ''] ?? (isErrorCode(cause.code) ? cause.code : 'EAI_FAIL');
  return new SocketError({ code, syscall: `${syscall} ${host}`, engine, cause });
}
