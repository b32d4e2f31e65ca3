/** The resolver's calls: getaddrinfo(3), getnameinfo(3), gethostname(2), and the resolution inside `bind` and `connect`. */
import type { Cancellation, Engine } from '../engines/engine.ts';
import { defaultEngine } from '../engines/select.ts';
import type { InetAddress } from '../posix/address.ts';
import { isIpv4, literalHost, looksLikeIpv6, readAddress } from '../posix/address.ts';
import type { Family } from '../posix/constants.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  AI_NUMERICHOST,
  AI_PASSIVE,
  NI_NAMEREQD,
  NI_NUMERICHOST,
  NI_NUMERICSERV,
} from '../posix/constants.ts';
import { SocketError } from '../posix/socket-error.ts';
import type { CallOptions } from './deadline.ts';
import { Deadline } from './deadline.ts';

/** What `getaddrinfo` should look for. */
export interface AddressInfoOptions extends CallOptions {
  /** `AF_INET`, `AF_INET6`, or `AF_UNSPEC` for both (the default). */
  readonly family?: number;
  /** `AI_PASSIVE`, `AI_NUMERICHOST`, `AI_V4MAPPED`, `AI_ALL`, `AI_ADDRCONFIG`. */
  readonly flags?: number;
  readonly engine?: Engine;
}

/** One address of a name. */
export interface AddressInfo {
  readonly family: typeof AF_INET | typeof AF_INET6;
  /** Ready to be handed to `connect`, `bind` or `sendto`. */
  readonly address: InetAddress;
}

/**
 * Resolves a name to addresses, in the order in which they should be tried.
 *
 * @param host - a name, a literal address, or `''`: the loopback, with `AI_PASSIVE` the any-address.
 * @param port - 0–65,535, put into every address.
 * @throws SocketError EAI_NONAME when the name has no address, EAI_AGAIN when no server answered, ETIMEDOUT.
 * @see getaddrinfo(3)
 * @example
 * ```ts
 * import { getaddrinfo } from 'portico';
 *
 * for (const { address } of await getaddrinfo('localhost', 12000)) console.log(address);
 * ```
 */
export async function getaddrinfo(
  host: string,
  port: number,
  options: AddressInfoOptions = {},
): Promise<AddressInfo[]> {
  const { family = AF_UNSPEC, flags = 0, engine = defaultEngine() } = options;
  const read = readAddress({ host, port }, AF_INET) as InetAddress;
  const found =
    literals(read.host, family, flags) ?? (await lookUp(engine, read.host, family, flags, options));
  if (found.length === 0)
    throw new SocketError({ code: 'EAI_NONAME', syscall: `getaddrinfo ${host}`, engine: engine.name });
  return found.map((entry) => ({ family: entry.family, address: { host: entry.host, port } }));
}

type InetFamily = typeof AF_INET | typeof AF_INET6;
type Found = { readonly family: InetFamily; readonly host: string };

function literals(host: string, family: number, flags: number): Found[] | undefined {
  const families = ([AF_INET, AF_INET6] as const).filter((one) => family === AF_UNSPEC || family === one);
  if (host === '') {
    const any = (flags & AI_PASSIVE) !== 0;
    return families.map((one) => ({
      family: one,
      host: one === AF_INET ? (any ? '0.0.0.0' : '127.0.0.1') : any ? '::' : '::1',
    }));
  }
  const own = isIpv4(host) ? AF_INET : looksLikeIpv6(host) ? AF_INET6 : undefined;
  if (own === undefined) return flags & AI_NUMERICHOST ? [] : undefined;
  return families.includes(own) ? [{ family: own, host }] : [];
}

async function lookUp(
  engine: Engine,
  host: string,
  family: number,
  flags: number,
  options: CallOptions,
): Promise<Found[]> {
  const deadline = Deadline.of(options, undefined);
  const pending = engine.lookup(host, family, flags, deadline);
  const found = await (deadline
    ? deadline.settle(pending, engine, (ms) => timeoutError(engine, `getaddrinfo ${host}`, ms))
    : pending);
  return found.filter((entry): entry is Found => entry.family === AF_INET || entry.family === AF_INET6);
}

/** What `getnameinfo` should give. */
export interface NameInfoOptions extends CallOptions {
  /** `NI_NUMERICHOST`, `NI_NUMERICSERV`, `NI_NAMEREQD`. */
  readonly flags?: number;
  readonly engine?: Engine;
}

/**
 * Names an address and a port.
 *
 * @param address - a literal address; one without a name comes back as it is, unless `NI_NAMEREQD` asks for a name.
 * @throws SocketError EAI_NONAME with `NI_NAMEREQD`, ETIMEDOUT.
 * @see getnameinfo(3)
 */
export async function getnameinfo(
  address: InetAddress,
  options: NameInfoOptions = {},
): Promise<{ host: string; service: string }> {
  const { flags = 0, engine = defaultEngine() } = options;
  const { host, port } = readAddress(address, AF_INET) as InetAddress;
  if (literals(host, AF_UNSPEC, AI_NUMERICHOST)?.length !== 1)
    throw new TypeError(`getnameinfo takes a literal address, got ${host}`);
  const numeric = { host, service: String(port) };
  const wanted = NI_NUMERICHOST | NI_NUMERICSERV;
  if ((flags & wanted) === wanted) return numeric;
  const deadline = Deadline.of(options, undefined);
  const pending = engine.lookupName(host, port, deadline);
  try {
    const named = await (deadline
      ? deadline.settle(pending, engine, (ms) => timeoutError(engine, `getnameinfo ${host}`, ms))
      : pending);
    return {
      host: flags & NI_NUMERICHOST ? host : named.host,
      service: flags & NI_NUMERICSERV ? numeric.service : named.service,
    };
  } catch (error) {
    const nameless = error instanceof SocketError && error.code.startsWith('EAI_') && !(flags & NI_NAMEREQD);
    if (nameless) return numeric;
    throw error;
  }
}

/** This host's name, as gethostname(2) gives it. */
export function gethostname(engine: Engine = defaultEngine()): string {
  return engine.gethostname();
}

/**
 * The literal addresses that a socket of `family` can use for `host`, in order of preference. A socket of IPv6 takes
 * IPv4 addresses in mapped form.
 */
export async function resolveFor(
  engine: Engine,
  family: InetFamily,
  host: string,
  cancellation: Cancellation | undefined,
): Promise<string[]> {
  const wanted = family === AF_INET ? AF_INET : AF_UNSPEC;
  const found = await engine.lookup(host, wanted, 0, cancellation);
  const hosts = found.map((entry) => literalHost(entry.host, family)).filter((one) => one !== undefined);
  if (hosts.length > 0) return hosts;
  throw new SocketError({ code: 'EAI_NONAME', syscall: `getaddrinfo ${host}`, engine: engine.name });
}

/** The error for a literal address of another family than the socket's. */
export function wrongFamily(
  engine: Engine,
  syscall: string,
  remote: InetAddress,
  family: Family,
): SocketError | undefined {
  const foreign = family === AF_INET && looksLikeIpv6(remote.host);
  return foreign
    ? new SocketError({ code: 'EAFNOSUPPORT', syscall, engine: engine.name, remote })
    : undefined;
}

/** The words of the error of a call whose time ran out. */
export function timeoutText(timeoutMs: number): string {
  return `timed out after ${timeoutMs} ms`;
}

function timeoutError(engine: Engine, syscall: string, timeoutMs: number): SocketError {
  return new SocketError({ code: 'ETIMEDOUT', syscall, engine: engine.name, text: timeoutText(timeoutMs) });
}
