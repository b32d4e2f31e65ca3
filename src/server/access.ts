/** Who may use a server: lists of networks that may and may not. An IPv4 address is the same in its IPv6 form. */
import ipaddr from 'ipaddr.js';
import { plainHost } from './loop-guard.ts';

/** Networks in CIDR notation (`192.0.2.0/24`, `2001:db8::/32`) or single addresses. */
export interface AccessLists {
  /** When there are any, nobody else may. */
  readonly allow?: readonly string[];
  /** These may not, whatever `allow` says. */
  readonly deny?: readonly string[];
}

type Network = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** How many addresses are remembered, so that a datagram need not be looked up in the lists each time. A guess. */
const REMEMBERED_MAX = 4096;

/**
 * Makes the test of one address.
 *
 * @returns `undefined` when there are no lists: everybody may. A client without an address may not: Node has none of a
 * connection that was reset before it was accepted.
 * @throws RangeError for a line that is no network.
 */
export function accessTest({ allow = [], deny = [] }: AccessLists): ((host: string) => boolean) | undefined {
  if (allow.length === 0 && deny.length === 0) return undefined;
  const allowed = allow.map(network);
  const denied = deny.map(network);
  const known = new Map<string, boolean>();
  return (host) => {
    let may = known.get(host);
    if (may === undefined) {
      const address = ipaddr.isValid(host) ? parse(host) : undefined;
      may = !!address && !isIn(address, denied) && (allowed.length === 0 || isIn(address, allowed));
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(host, may);
    }
    return may;
  };
}

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, for one host has all of that.
 * `undefined` is this host itself, which has no limit of its own.
 */
export function clientKey(host: string): string | undefined {
  const plain = plainHost(host);
  if (!plain.includes(':')) return plain.startsWith('127.') ? undefined : plain;
  const address = parse(plain);
  if (address.range() === 'loopback') return undefined;
  return address.toByteArray().slice(0, 8).join('.');
}

function network(text: string): Network {
  try {
    if (text.includes('/')) {
      const [address, bits] = ipaddr.parseCIDR(text);
      if (!text.includes(':') && !ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) throw new RangeError(text);
      return unmapped(address, bits);
    }
    const address = ipaddr.process(text);
    if (!text.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(text)) throw new RangeError(text);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  } catch {
    throw new RangeError(`'${text}' is no network: write 192.0.2.0/24, 2001:db8::/32 or one address`);
  }
}

/** A network of mapped addresses is one of IPv4. */
function unmapped(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): Network {
  const MAPPED_BITS = 96;
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= MAPPED_BITS;
  return isMapped ? [address.toIPv4Address(), bits - MAPPED_BITS] : [address, bits];
}

function parse(host: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.process(host.split('%', 1)[0] ?? host);
}

function isIn(address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Network[]): boolean {
  return networks.some(([base, bits]) => address.kind() === base.kind() && address.match(base, bits));
}
