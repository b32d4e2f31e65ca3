/** Opens the sockets of a server: both on one port, with what the kernel has to know of its limits. */
import type {
  DatagramSocket,
  Engine,
  InetAddress,
  SocketOption,
  StreamSocket,
  WelcomeSocket,
} from '../index.ts';
import {
  AF_INET,
  AF_INET6,
  getaddrinfo,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SocketError,
  socket,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
} from '../index.ts';
import type { Limits } from './limits.ts';

/** How often a common free port is looked for when port 0 is asked for; the second try is rare already. */
const PORT_TRIES_MAX = 16;
/** Between two questions whether a silent peer is there, in seconds, and how many may stay without an answer. */
const KEEPALIVE_INTERVAL_S = 5;
const KEEPALIVE_PROBES = 3;

/** The address family of a server. */
export type InetFamily = typeof AF_INET | typeof AF_INET6;

/** The sockets of a server. */
export interface Doors {
  readonly family: InetFamily;
  readonly udp: DatagramSocket | undefined;
  readonly tcp: WelcomeSocket | undefined;
}

/** What is asked for. */
export interface DoorOptions {
  readonly host?: string;
  readonly port?: number;
  readonly udp?: boolean;
  readonly tcp?: boolean;
  /** Whether other sockets serve at the same port: SO_REUSEPORT in socket(7). */
  readonly reusePort?: boolean;
}

/**
 * Opens them.
 *
 * @param offer - for which transports there are handlers.
 * @throws SocketError EADDRINUSE, EACCES, EADDRNOTAVAIL, `EAI_…` for a host that does not resolve; TypeError for a
 * transport without a handler.
 */
export async function openDoors(
  engine: Engine,
  limits: Limits,
  options: DoorOptions,
  offer: { readonly udp: boolean; readonly tcp: boolean },
): Promise<Doors> {
  const wanted = transports(options, offer);
  const address = await resolveHost(engine, options);
  const family = address.host.includes(':') ? AF_INET6 : AF_INET;
  for (let tries = 1; ; tries++) {
    let tcp: WelcomeSocket | undefined;
    try {
      // TCP first: a busy port is more likely there, connections that have ended keep theirs for a while
      tcp = wanted.tcp ? await openWelcome(engine, family, address, limits, options) : undefined;
      const port = (tcp?.getsockname() as InetAddress | undefined)?.port ?? address.port;
      const bound = { ...address, port };
      const udp = wanted.udp ? await openDatagram(engine, family, bound, limits, options) : undefined;
      return { family, udp, tcp };
    } catch (error) {
      await tcp?.close();
      const taken = error instanceof SocketError && error.code === 'EADDRINUSE';
      if (!taken || address.port !== 0 || tries === PORT_TRIES_MAX) throw error;
    }
  }
}

/** Whether several sockets can serve at one port here; why not, where they can't. */
export async function whyNoSharedPort(engine: Engine): Promise<string | undefined> {
  const trial = socket(AF_INET, SOCK_DGRAM, { engine });
  try {
    trial.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    await trial.bind({ host: '127.0.0.1', port: 0 });
    return undefined;
  } catch (error) {
    if (error instanceof SocketError) return error.message;
    throw error;
  } finally {
    await trial.close();
  }
}

/** Without a word for either, those that have a handler. */
function transports(
  options: DoorOptions,
  offer: { readonly udp: boolean; readonly tcp: boolean },
): { readonly udp: boolean; readonly tcp: boolean } {
  for (const name of ['udp', 'tcp'] as const)
    if (options[name] && !offer[name]) throw new TypeError(`There is no handler for ${name}: export ${name}`);
  const wanted = {
    udp: options.udp ?? (offer.udp && options.tcp !== true),
    tcp: options.tcp ?? (offer.tcp && options.udp !== true),
  };
  if (!wanted.udp && !wanted.tcp)
    throw new TypeError('There is nothing to serve: neither udp nor tcp is left');
  return wanted;
}

/** The literal address to bind to; of a name that has both kinds the IPv4 one, as the notes' `AF_INET` would take. */
async function resolveHost(engine: Engine, { host = '', port = 0 }: DoorOptions): Promise<InetAddress> {
  if (host === '') return { host: '0.0.0.0', port };
  const found = await getaddrinfo(host, port, { engine });
  const chosen = found.find(({ family }) => family === AF_INET) ?? found[0];
  return chosen?.address ?? { host, port };
}

async function openDatagram(
  engine: Engine,
  family: InetFamily,
  address: InetAddress,
  { udpBufferBytes }: Limits,
  { reusePort }: DoorOptions,
): Promise<DatagramSocket> {
  const door = socket(family, SOCK_DGRAM, { engine });
  try {
    if (reusePort) door.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    await door.bind(address);
    set(door, SO_RCVBUF, udpBufferBytes);
    return door as DatagramSocket;
  } catch (error) {
    await door.close();
    throw error;
  }
}

async function openWelcome(
  engine: Engine,
  family: InetFamily,
  address: InetAddress,
  limits: Limits,
  { reusePort }: DoorOptions,
): Promise<WelcomeSocket> {
  const door = socket(family, SOCK_STREAM, { engine }) as StreamSocket;
  try {
    // a server that starts again must not wait for the connections of its last life: socket(7)
    door.setsockopt(SOL_SOCKET, SO_REUSEADDR, true);
    if (reusePort) door.setsockopt(SOL_SOCKET, SO_REUSEPORT, true);
    await door.bind(address);
    tellKernel(door, limits);
    return await door.listen(limits.backlog);
  } catch (error) {
    await door.close();
    throw error;
  }
}

/** What connections have from their welcome socket: tcp(7). An engine that can't do one of them serves without it. */
function tellKernel(door: StreamSocket, { keepAliveMs, userTimeoutMs, unsentBytesMax }: Limits): void {
  const settings: [SocketOption, unknown][] = [
    [TCP_NODELAY, true],
    [TCP_NOTSENT_LOWAT, unsentBytesMax],
  ];
  if (userTimeoutMs > 0) settings.push([TCP_USER_TIMEOUT, userTimeoutMs]);
  if (keepAliveMs > 0)
    settings.push(
      [TCP_KEEPIDLE, Math.ceil(keepAliveMs / 1000)],
      [TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S],
      [TCP_KEEPCNT, KEEPALIVE_PROBES],
      [SO_KEEPALIVE, true],
    );
  for (const [option, value] of settings) set(door, option, value);
}

/** Sets an option where the engine has it. */
function set(door: DatagramSocket | StreamSocket, option: SocketOption, value: unknown): void {
  try {
    door.setsockopt(option.level, option, value);
  } catch (error) {
    if (!(error instanceof SocketError && error.code === 'ENOPROTOOPT')) throw error;
  }
}
