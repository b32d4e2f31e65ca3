/** The ends that a call names, and the end that `connect` chooses for itself. bind(2), connect(2). */
import type { Address } from '../../../posix/address.ts';
import { isIpv4, isUnixAddress } from '../../../posix/address.ts';
import type { ErrorCode } from '../../../posix/errno.ts';
import type { Endpoint } from './control-block.ts';
import type { TcpHost } from './host.ts';
import type { TcpOptions } from './options.ts';
import type { Binding } from './ports.ts';
import { ANY_HOST } from './ports.ts';

const LOOPBACK = '127.0.0.1';

/** The end that an address names. */
export function endpointOf(address: Address): Endpoint {
  if (isUnixAddress(address)) throw new TypeError('A Unix socket has no host');
  return { host: address.host === '' ? ANY_HOST : address.host, port: address.port };
}

/** The peer that an address names: who connects to the any-address means this host. */
export function peerOf(address: Address): Endpoint {
  const { host, port } = endpointOf(address);
  if (!isIpv4(host)) throw new TypeError(`'${host}' is no IPv4 address`);
  return { host: host === ANY_HOST ? LOOPBACK : host, port };
}

/**
 * The end to connect from: what was bound, else what the route and chance give.
 *
 * @returns The code of the failure where there is none: ENETUNREACH, or EADDRNOTAVAIL when every port is taken.
 */
export function endToConnectFrom(
  { demux, environment, ports }: TcpHost,
  bound: Binding | undefined,
  peer: Endpoint,
  options: TcpOptions,
): { readonly binding: Binding; readonly local: Endpoint } | ErrorCode {
  const route = environment.sourceFor(peer.host);
  if (route === undefined) return 'ENETUNREACH';
  const host = bound && bound.host !== ANY_HOST ? bound.host : route;
  const port = bound?.port ?? ports.choose((candidate) => !demux.has({ host, port: candidate }, peer));
  if (port === undefined || demux.has({ host, port }, peer)) return 'EADDRNOTAVAIL';
  const local = { host, port };
  return { local, binding: bound ?? ports.add({ ...local, options, isListening: false, holders: 1 }) };
}
