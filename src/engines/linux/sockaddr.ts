/** Addresses as the kernel has them: `struct sockaddr_in`, `sockaddr_in6`, `sockaddr_un`, to and from `Address`. */
import type { Address } from '../../posix/address.ts';
import { isIpv4, isUnixAddress } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import { AF_INET, AF_INET6, AF_UNIX } from '../../posix/constants.ts';
import type { Libc } from './ffi.ts';
import { SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_UN } from './layout.ts';
import { Slab } from './memory.ts';

/** How many IPv4 hosts are remembered in each direction, so that a known peer costs no parsing. */
const HOST_CACHE_MAX = 4096;
/** `INET6_ADDRSTRLEN`. */
const IPV6_TEXT_BYTES = 46;
/** `IF_NAMESIZE`. */
const INTERFACE_NAME_BYTES = 16;

const hostByWord = new Map<number, string>();
const wordByHost = new Map<string, number>();
/** The last IPv4 host that was written: the answers to one batch mostly go to few hosts, one after the other. */
let lastHost = '';
let lastWord: number | undefined;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes and reads the addresses of one thread. */
export class SockaddrCodec {
  readonly #libc: Libc;
  readonly #scratch: Slab;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#scratch = new Slab(libc, IPV6_TEXT_BYTES + INTERFACE_NAME_BYTES);
  }

  /**
   * Writes `address` for a socket of `family` at `offset`, which must have room for `SOCKADDR_BYTES`.
   *
   * @returns Its length in bytes; 0 when the host is no literal address of the family, or its scope no interface.
   */
  write(slab: Slab, offset: number, address: Address, family: Family): number {
    if (isUnixAddress(address)) return this.#writeUnix(slab, offset, address.path);
    const { host, port } = address;
    slab.view.setUint16(offset + SOCKADDR_IN.family, family, true);
    slab.view.setUint16(offset + SOCKADDR_IN.port, port);
    return family === AF_INET ? writeIpv4(slab, offset, host) : this.#writeIpv6(slab, offset, host);
  }

  /** Reads the address of `length` bytes at `offset`. */
  read(slab: Slab, offset: number, length: number): Address {
    const { view } = slab;
    const family = length >= 2 ? view.getUint16(offset, true) : AF_UNIX;
    if (family === AF_INET) {
      return {
        host: hostOf(view.getInt32(offset + SOCKADDR_IN.address, true)),
        port: view.getUint16(offset + SOCKADDR_IN.port),
      };
    }
    if (family === AF_INET6) {
      return { host: this.#readIpv6(slab, offset), port: view.getUint16(offset + SOCKADDR_IN6.port) };
    }
    return { path: readUnix(slab, offset, length) };
  }

  #writeUnix(slab: Slab, offset: number, path: string): number {
    const bytes = encoder.encode(path);
    slab.view.setUint16(offset, AF_UNIX, true);
    slab.bytes.set(bytes, offset + SOCKADDR_UN.path);
    const named = bytes.length > 0 && bytes[0] !== 0;
    if (named) slab.bytes[offset + SOCKADDR_UN.path + bytes.length] = 0;
    return SOCKADDR_UN.path + bytes.length + (named ? 1 : 0);
  }

  #writeIpv6(slab: Slab, offset: number, host: string): number {
    const percent = host.indexOf('%');
    const literal = percent < 0 ? host : host.slice(0, percent);
    const scope = percent < 0 ? 0 : this.#scopeId(host.slice(percent + 1));
    const address = slab.at(offset + SOCKADDR_IN6.address, 16);
    if (scope === undefined || this.#libc.inet_pton(AF_INET6, literal, address) !== 1) return 0;
    slab.view.setUint32(offset + SOCKADDR_IN6.flowinfo, 0);
    slab.view.setUint32(offset + SOCKADDR_IN6.scope, scope, true);
    return SOCKADDR_IN6.size;
  }

  #scopeId(scope: string): number | undefined {
    const index = /^\d+$/.test(scope) ? Number(scope) : this.#libc.if_nametoindex(scope);
    return index > 0 && index <= 0xffff_ffff ? index : undefined;
  }

  #readIpv6(slab: Slab, offset: number): string {
    const text = this.#scratch;
    this.#libc.inet_ntop(
      AF_INET6,
      slab.at(offset + SOCKADDR_IN6.address, 16),
      text.at(0, IPV6_TEXT_BYTES),
      IPV6_TEXT_BYTES,
    );
    const host = readText(text, 0, IPV6_TEXT_BYTES);
    const scope = slab.view.getUint32(offset + SOCKADDR_IN6.scope, true);
    return scope === 0 ? host : `${host}%${this.#scopeName(scope)}`;
  }

  #scopeName(scope: number): string {
    const text = this.#scratch;
    const found = this.#libc.if_indextoname(scope, text.at(IPV6_TEXT_BYTES, INTERFACE_NAME_BYTES));
    return found === 0 ? String(scope) : readText(text, IPV6_TEXT_BYTES, INTERFACE_NAME_BYTES);
  }
}

function writeIpv4(slab: Slab, offset: number, host: string): number {
  const word = host === lastHost ? lastWord : ipv4Word(host);
  if (word === undefined) return 0;
  lastHost = host;
  lastWord = word;
  slab.view.setInt32(offset + SOCKADDR_IN.address, word, true);
  return SOCKADDR_IN.size;
}

/** The four bytes of an IPv4 address as the little-endian word that they make in memory. */
export function ipv4Word(host: string): number | undefined {
  const known = wordByHost.get(host);
  if (known !== undefined) return known;
  if (!isIpv4(host)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = host.split('.').map(Number);
  const word = a | (b << 8) | (c << 16) | (d << 24);
  return remember(wordByHost, host, word);
}

function hostOf(word: number): string {
  const known = hostByWord.get(word);
  if (known !== undefined) return known;
  return remember(
    hostByWord,
    word,
    `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`,
  );
}

/** Forgets everything when full: a sender of forged addresses may not fill the memory. */
function remember<K, V>(cache: Map<K, V>, key: K, value: V): V {
  if (cache.size >= HOST_CACHE_MAX) cache.clear();
  cache.set(key, value);
  return value;
}

function readUnix(slab: Slab, offset: number, length: number): string {
  const from = offset + SOCKADDR_UN.path;
  const bytes = slab.bytes.subarray(from, offset + Math.max(length, SOCKADDR_UN.path));
  const abstract = bytes.length > 0 && bytes[0] === 0;
  const end = abstract ? bytes.length : bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function readText(slab: Slab, offset: number, room: number): string {
  const bytes = slab.bytes.subarray(offset, offset + room);
  return decoder.decode(bytes.subarray(0, Math.max(bytes.indexOf(0), 0)));
}
