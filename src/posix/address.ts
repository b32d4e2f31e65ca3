/**
 * Addresses as programs write and read them, and the checks that need no engine: types, port range, NUL bytes,
 * which texts are literal addresses. Turning an address into the bytes of a `sockaddr` is each engine's own.
 */
import type { Family } from './constants.ts';
import { AF_INET, AF_INET6, AF_UNIX } from './constants.ts';

/**
 * An IPv4 or IPv6 address with a port. `host` is a literal address or a name; an IPv6 address may carry a scope id
 * (`fe80::1%eth0`). Where a program binds, `''` is every local address.
 */
export interface InetAddress {
  readonly host: string;
  /** 0–65,535; 0 lets the system choose one, and only `bind` accepts it. */
  readonly port: number;
}

/** The name of a Unix socket: a path, an abstract name that begins with NUL (Linux), or `''` for a socket without a name. */
export interface UnixAddress {
  readonly path: string;
}

/** An address of any family. */
export type Address = InetAddress | UnixAddress;

/** The address that a socket of family `F` takes and gives. */
export type AddressOf<F extends Family> = F extends typeof AF_UNIX ? UnixAddress : InetAddress;

/** The longest path or abstract name of a Unix socket in bytes, `sizeof sun_path` less the closing NUL of a path. */
const UNIX_PATH_MAX = 107;

/** Tells an address with a path from one with a host. */
export function isUnixAddress(address: Address): address is UnixAddress {
  return 'path' in address;
}

/** The port of a peer: 0 never goes out on the wire. */
export function checkPeerPort(address: Address): void {
  if (!isUnixAddress(address) && address.port === 0) {
    throw new RangeError('The port of a peer must be from 1 to 65535, got 0');
  }
}

/** Tells whether `port` can be a peer's. */
export function isPeerPort(port: unknown): port is number {
  return Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536;
}

/**
 * Reads an address that a program handed in, once, into an object of our own: a getter that closes the socket or
 * changes its mind is over before anything is done.
 *
 * @throws TypeError when a field has the wrong type or holds a NUL byte; RangeError for a port outside 0–65,535.
 */
export function readAddress(address: Address, family: Family): Address {
  checkAddress(address, family);
  return family === AF_UNIX
    ? readUnixAddress(address as UnixAddress)
    : readInetAddress(address as InetAddress);
}

/** @throws TypeError for what is no object: a tuple, as Python has it, or a host or port by itself. */
export function checkAddress(address: unknown, family: Family): void {
  if (typeof address === 'object' && address !== null && !Array.isArray(address)) return;
  const form = family === AF_UNIX ? '{ path }' : '{ host, port }';
  const got = Array.isArray(address) ? 'an array' : address === null ? 'null' : typeof address;
  throw new TypeError(`An address must be an object ${form}, got ${got}`);
}

function readInetAddress(address: InetAddress): InetAddress {
  const { host, port } = address;
  if (typeof host !== 'string') throw new TypeError(`An address needs a host, got ${typeof host}`);
  if (!isIpv4(host) && host.includes('\0')) throw new TypeError('A host must not hold a NUL byte');
  if (typeof port !== 'number') throw new TypeError(`A port must be a number, got ${typeof port}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`A port must be a whole number from 0 to 65535, got ${port}`);
  }
  return { host, port };
}

function readUnixAddress(address: UnixAddress): UnixAddress {
  const { path } = address;
  if (typeof path !== 'string') throw new TypeError(`A Unix address needs a path, got ${typeof path}`);
  if (path.lastIndexOf('\0') > 0)
    throw new TypeError('A path must not hold a NUL byte, except first in an abstract name');
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > UNIX_PATH_MAX)
    throw new RangeError(`A path must be at most ${UNIX_PATH_MAX} bytes, got ${bytes}`);
  return { path };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** How many hosts `isIpv4` remembers; a sender of forged addresses may not fill the memory. */
const KNOWN_MAX = 4096;
const knownIpv4 = new Set<string>();

/** Tells whether `host` is a literal IPv4 address in dotted form. */
export function isIpv4(host: string): boolean {
  if (knownIpv4.has(host)) return true;
  if (!IPV4.test(host)) return false;
  if (knownIpv4.size >= KNOWN_MAX) knownIpv4.clear();
  knownIpv4.add(host);
  return true;
}

/** Tells whether `host` is meant as a literal IPv6 address: a name never holds a colon. */
export function looksLikeIpv6(host: string): boolean {
  return host.includes(':');
}

/**
 * The literal address of `host` in `family`, without asking anybody: `''` is the any-address, an IPv4 address on an
 * IPv6 socket takes its mapped form (`::ffff:127.0.0.1`, RFC 4291 section 2.5.5.2).
 *
 * @returns `undefined` when `host` is a name, or a literal of another family.
 */
export function literalHost(host: string, family: typeof AF_INET | typeof AF_INET6): string | undefined {
  if (host === '') return family === AF_INET ? '0.0.0.0' : '::';
  if (looksLikeIpv6(host)) return family === AF_INET6 ? host : undefined;
  if (!isIpv4(host)) return undefined;
  return family === AF_INET ? host : `::ffff:${host}`;
}

/** Writes an address as messages do: `127.0.0.1:80`, `[::1]:80`, `/run/s.sock`, `@abstract`. */
export function addressText(address: Address): string {
  if (isUnixAddress(address))
    return address.path.startsWith('\0') ? `@${address.path.slice(1)}` : address.path || '(unnamed)';
  return `${looksLikeIpv6(address.host) ? `[${address.host}]` : address.host || '*'}:${address.port}`;
}
