/**
 * Keeps a UDP server from talking to another server, or to itself, for ever: one datagram with a forged source is
 * enough to start that (VU#417980, CVE-2024-2169). Two servers that answer on ports which nobody has reserved can
 * still be set upon each other: `source-table.ts` sees to that.
 */
import type { InetAddress } from '../index.ts';

/**
 * The ports whose services answer anything, as VU#417980 and the papers behind it name them: echo 7, systat 11,
 * daytime 13, qotd 17, chargen 19, time 37, DNS 53, TFTP 69, NTP 123.
 */
export const ANSWERING_PORTS: ReadonlySet<number> = new Set([7, 11, 13, 17, 19, 37, 53, 69, 123]);

/**
 * Makes the test whether a datagram from `source` must stay without an answer: source port 0 (nobody can receive
 * there), a port of `ports`, or the server's own address.
 *
 * @param own - the address that the server is bound to; the any-address stands for every address of this host.
 */
export function loopGuard(
  own: InetAddress,
  ports: ReadonlySet<number> = ANSWERING_PORTS,
): (source: InetAddress) => boolean {
  const hosts = isAny(own.host) ? localHosts() : new Set([plainHost(own.host)]);
  return ({ host, port }) =>
    port === 0 || ports.has(port) || (port === own.port && hosts.has(plainHost(host)));
}

/** The host without the form that an IPv6 socket gives to IPv4: `127.0.0.1` for `::ffff:127.0.0.1`. */
export function plainHost(host: string): string {
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host;
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function localHosts(): ReadonlySet<string> {
  const os = globalThis.process?.getBuiltinModule('node:os');
  const interfaces = Object.values(os?.networkInterfaces() ?? {}).flatMap((addresses = []) => addresses);
  return new Set(interfaces.map(({ address }) => address));
}
