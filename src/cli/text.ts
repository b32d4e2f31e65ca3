/** Small pieces of text that several commands print. */
import type { Address } from '../index.ts';
import { plainHost } from '../server/index.ts';

/** An address as people write it: `127.0.0.1:80`, `[::1]:80`. */
export function endpoint(address: Address): string {
  if ('path' in address) return address.path;
  const host = plainHost(address.host);
  return `${host.includes(':') ? `[${host}]` : host}:${address.port}`;
}

/** Both ends of a conversation. */
export function route(local: Address, remote: Address): string {
  return `${endpoint(local)} -> ${endpoint(remote)}`;
}

/** A duration in milliseconds. */
export function duration(ms: number): string {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

/** Counts with the right form of the noun: `1 datagram`, `2 datagrams`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
