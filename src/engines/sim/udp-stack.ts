/** The UDP of one host: which socket has which port, and whose a datagram is. udp(7), RFC 768, RFC 1122 section 4.1. */
import type { InetAddress } from '../../posix/address.ts';
import type { ErrorCode } from '../../posix/errno.ts';
import type { IpLayer } from './ip.ts';
import { isBroadcast } from './ip.ts';
import type { Packet, UdpDatagram } from './packet.ts';
import type { RandomStream } from './random.ts';
import { unreachableFor } from './refusals.ts';
import type { SocketRow } from './socket-table.ts';
import type { UdpHost } from './udp.ts';
import { SimDatagramSocket } from './udp.ts';

/** Linux's `net.ipv4.ip_local_port_range`. */
const EPHEMERAL_MIN = 32_768;
const EPHEMERAL_MAX = 60_999;
const ANY_HOST = '0.0.0.0';

/** What the stack needs of its host. */
export interface UdpRoom {
  readonly ip: IpLayer;
  readonly random: RandomStream;
  /** Whether programs may bind this port. */
  mayBind(port: number): boolean;
  packetId(): number;
  /** Tells the trace of a datagram that is for nobody. */
  dropped(packet: Packet, link: string, reason: string): void;
}

/** One host's UDP. */
export class UdpStack implements UdpHost {
  readonly #room: UdpRoom;
  readonly #ports = new Map<number, Set<SimDatagramSocket>>();

  constructor(room: UdpRoom) {
    this.#room = room;
  }

  /** Opens a socket. @param number - its number on the host. */
  open(number: number): SimDatagramSocket {
    return new SimDatagramSocket(this, number);
  }

  claim(socket: SimDatagramSocket, { host, port }: InetAddress): InetAddress | ErrorCode {
    const { ip } = this.#room;
    if (host !== ANY_HOST && !ip.isLocal(host) && !isBroadcast(host)) return 'EADDRNOTAVAIL';
    if (port !== 0 && !this.#room.mayBind(port)) return 'EACCES';
    const chosen = port === 0 ? this.#freePort(host) : port;
    if (chosen === undefined || this.#isTaken(socket, host, chosen)) return 'EADDRINUSE';
    const sockets = this.#ports.get(chosen) ?? new Set();
    this.#ports.set(chosen, sockets.add(socket));
    return { host, port: chosen };
  }

  release(socket: SimDatagramSocket): void {
    const { port } = socket.local;
    const sockets = this.#ports.get(port);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#ports.delete(port);
  }

  sourceFor(destination: string): string | undefined {
    return this.#room.ip.sourceFor(destination);
  }

  mtuTo(destination: string): number {
    return this.#room.ip.mtuTo(destination);
  }

  /** Sends a datagram of a socket that has its port. */
  send(socket: SimDatagramSocket, source: string, to: InetAddress, data: Uint8Array): void {
    const payload = {
      protocol: 'udp',
      sourcePort: socket.local.port,
      destinationPort: to.port,
      data,
    } as const;
    const options = { ttl: socket.options.number('IP_TTL'), tos: socket.options.number('IP_TOS') };
    this.#room.ip.send(payload, source, to.host, options);
  }

  /** Gives a datagram to the socket that it is for, or refuses it. */
  deliver(packet: Packet, datagram: UdpDatagram, link: string): void {
    const sockets = this.#socketsFor(packet, datagram);
    const from = { host: packet.source, port: datagram.sourcePort };
    if (sockets.length === 0) {
      this.#refuse(packet, link);
      return;
    }
    for (const socket of sockets) {
      // what one receiver does to its bytes is nobody else's business, nor the trace's
      if (!socket.deliver(datagram.data.slice(), from))
        this.#room.dropped(packet, link, 'receive buffer full');
    }
  }

  /** Tells the connected socket that sent `original` that it can't get there. */
  unreachable(original: Packet, datagram: UdpDatagram): void {
    for (const socket of this.#ports.get(datagram.sourcePort) ?? []) {
      const { peer } = socket;
      if (peer?.host === original.destination && peer.port === datagram.destinationPort) socket.refuse();
    }
  }

  /** The rows of ss. */
  rows(): SocketRow[] {
    return [...this.#ports.values()].flatMap((sockets) => [...sockets].map((socket) => socket.row()));
  }

  #refuse(packet: Packet, link: string): void {
    this.#room.dropped(packet, link, 'nobody has the port');
    if (isBroadcast(packet.destination)) return;
    const answer = unreachableFor(packet, 'port', this.#room.packetId());
    if (answer) this.#room.ip.reply(answer);
  }

  #socketsFor(packet: Packet, datagram: UdpDatagram): readonly SimDatagramSocket[] {
    const sockets = [...(this.#ports.get(datagram.destinationPort) ?? [])];
    const scored = sockets
      .map((socket) => ({ socket, score: scoreOf(socket, packet, datagram) }))
      .filter(({ score }) => score > 0);
    if (isBroadcast(packet.destination)) return scored.map(({ socket }) => socket);
    const best = Math.max(...scored.map(({ score }) => score));
    const equals = scored.filter(({ score }) => score === best).map(({ socket }) => socket);
    return equals.length <= 1 ? equals : [oneOf(equals, packet, datagram)];
  }

  #isTaken(socket: SimDatagramSocket, host: string, port: number): boolean {
    for (const other of this.#ports.get(port) ?? []) {
      const overlaps = host === ANY_HOST || other.local.host === ANY_HOST || other.local.host === host;
      const shared = (['SO_REUSEADDR', 'SO_REUSEPORT'] as const).some(
        (name) => socket.options.isOn(name) && other.options.isOn(name),
      );
      if (overlaps && !shared) return true;
    }
    return false;
  }

  #freePort(host: string): number | undefined {
    const count = EPHEMERAL_MAX - EPHEMERAL_MIN + 1;
    const first = this.#room.random.integer(0, count - 1);
    for (let step = 0; step < count; step++) {
      const port = EPHEMERAL_MIN + ((first + step) % count);
      const others = [...(this.#ports.get(port) ?? [])];
      const overlaps = ({ local }: SimDatagramSocket) =>
        host === ANY_HOST || local.host === ANY_HOST || local.host === host;
      if (!others.some(overlaps)) return port;
    }
    return undefined;
  }
}

/** How well a socket fits a datagram: its peer counts most, then its address; 0 when it does not fit. */
function scoreOf(socket: SimDatagramSocket, packet: Packet, datagram: UdpDatagram): number {
  const { local, peer } = socket;
  const isHeard = local.host === ANY_HOST || local.host === packet.destination;
  if (!isHeard) return 0;
  if (peer && (peer.host !== packet.source || peer.port !== datagram.sourcePort)) return 0;
  return 1 + (local.host === ANY_HOST ? 0 : 1) + (peer ? 2 : 0);
}

/** Of sockets that share a port: by a hash of the four-tuple with SO_REUSEPORT, else the one that came last. */
function oneOf(
  sockets: readonly SimDatagramSocket[],
  packet: Packet,
  datagram: UdpDatagram,
): SimDatagramSocket {
  const last = sockets.at(-1) as SimDatagramSocket;
  const group = sockets.filter((socket) => socket.options.isOn('SO_REUSEPORT'));
  if (group.length < 2) return last;
  let hash = datagram.sourcePort;
  for (const letter of packet.source) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return group[((hash ^ (hash >>> 13)) >>> 0) % group.length] ?? last;
}
