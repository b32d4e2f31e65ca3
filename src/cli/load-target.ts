/** Whom a load may be put on: this host, and others only when their owner says so. Names are looked up first. */
import type { Engine, InetAddress } from '../index.ts';
import { AF_INET, getaddrinfo } from '../index.ts';
import { plainHost } from '../server/index.ts';
import { EXIT_USAGE, Failure } from './failure.ts';
import { endpoint } from './text.ts';

/**
 * The address of the server: an IPv4 one where the name has one.
 *
 * @throws Failure when it is not on the loopback and nobody has said that it is theirs.
 */
export async function loadTarget(
  engine: Engine,
  host: string,
  port: number,
  owned: boolean,
  signal: AbortSignal,
): Promise<InetAddress> {
  const found = await getaddrinfo(host, port, { engine, signal });
  const address = (found.find(({ family }) => family === AF_INET) ?? found[0])?.address;
  if (address === undefined) throw new Failure(`${host} has no address`);
  if (owned || isLoopback(address.host)) return address;
  throw new Failure(
    `${endpoint(address)} is not on this host: a load on somebody else's server is an attack. Add --yes-i-own-it if it is yours`,
    EXIT_USAGE,
  );
}

/** 127.0.0.0/8 and ::1, also in the form that IPv6 gives to IPv4. */
function isLoopback(host: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(plainHost(host)) || host === '::1';
}
