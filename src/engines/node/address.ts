/** Addresses as `node:net` and `node:dgram` write them, to and from ours. */
import type { Address, InetAddress } from '../../posix/address.ts';
import { isUnixAddress } from '../../posix/address.ts';
import type { Family } from '../../posix/constants.ts';
import { AF_INET, AF_INET6, AF_UNIX } from '../../posix/constants.ts';

/** The address of a socket that is not bound. */
export function anyAddress(family: Family): Address {
  if (family === AF_UNIX) return { path: '' };
  return { host: family === AF_INET ? '0.0.0.0' : '::', port: 0 };
}

/** An address with a host; the door gives the engine no other for this family. */
export function inetAddress(address: Address): InetAddress {
  if (isUnixAddress(address)) throw new TypeError(`A path is no address of this family: ${address.path}`);
  return address;
}

/**
 * A `lookup` for `node:dgram`, which otherwise asks `dns.lookup` before every datagram (nodejs/node#35130). The door
 * has resolved all names, so the host is its own answer, and the answer is immediate: that makes `bind` and the
 * hand-over of a datagram happen inside the call.
 */
export function lookupLiteral(
  host: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void {
  callback(null, host, host.includes(':') ? 6 : 4);
}

/** `udp4` or `udp6`, as `node:dgram` names the families. */
export function datagramType(family: Family): 'udp4' | 'udp6' {
  return family === AF_INET6 ? 'udp6' : 'udp4';
}
