/** The name table of a simulated network: what getaddrinfo and getnameinfo answer on its hosts. */
import { AF_INET, AF_UNSPEC } from '../../posix/constants.ts';
import type { ResolvedAddress } from '../engine.ts';

const LOCALHOST = 'localhost';
const LOOPBACK = '127.0.0.1';

/** Names and addresses. */
export class NameTable {
  readonly #addresses = new Map<string, string[]>([[LOCALHOST, [LOOPBACK]]]);

  /** Gives a name one more address. */
  add(name: string, address: string): void {
    const addresses = this.#addresses.get(name.toLowerCase()) ?? [];
    this.#addresses.set(name.toLowerCase(), [...addresses, address]);
  }

  has(name: string): boolean {
    return this.#addresses.has(name.toLowerCase());
  }

  /** The addresses of a name, in the order in which they were added; none of IPv6. */
  addressesOf(name: string, family: number): readonly ResolvedAddress[] {
    if (family !== AF_INET && family !== AF_UNSPEC) return [];
    const addresses = this.#addresses.get(name.toLowerCase().replace(/\.$/, '')) ?? [];
    return addresses.map((host) => ({ family: AF_INET, host }));
  }

  /** The first name of an address. */
  nameOf(address: string): string | undefined {
    if (address.startsWith('127.')) return LOCALHOST;
    for (const [name, addresses] of this.#addresses) if (addresses.includes(address)) return name;
    return undefined;
  }
}
