/** The TCP of one simulated host: what comes from its IP layer, what goes to its sockets. RFC 9293. */
import type { Family, SocketType } from '../../../posix/constants.ts';
import { AF_INET, SOCK_STREAM, transportName } from '../../../posix/constants.ts';
import type { ErrorCode } from '../../../posix/errno.ts';
import type { EngineStreamSocket } from '../../engine.ts';
import { socketError } from '../errors.ts';
import { SimStreamSocket } from '../tcp.ts';
import { Connection } from './connection.ts';
import { emitRefusal } from './emit.ts';
import type { TcpEnvironment } from './environment.ts';
import { TcpHost } from './host.ts';
import type { SocketRow } from './inspect.ts';
import { socketRows } from './inspect.ts';
import type { TcpProfile } from './profile.ts';
import { LINUX } from './profile.ts';
import type { Segment } from './segment.ts';
import { ACK, RST, SYN } from './segment.ts';
import { isAfter, plus } from './sequence.ts';

/** How far a new connection's numbers begin from those of the one that rests with its four-tuple: tcp_minisocks.c. */
const REOPEN_GAP = 65_537;

/** The TCP of one host. */
export class TcpStack {
  readonly #host: TcpHost;

  constructor(environment: TcpEnvironment, profile: TcpProfile = LINUX) {
    this.#host = new TcpHost(environment, profile);
  }

  /** The profile that this host has. */
  get profile(): TcpProfile {
    return this.#host.profile;
  }

  /**
   * Opens a stream socket.
   *
   * @throws SocketError EAFNOSUPPORT for a family other than AF_INET, ESOCKTNOSUPPORT for a type other than SOCK_STREAM.
   */
  open(family: Family, type: SocketType): EngineStreamSocket {
    const ends = { transport: transportName(family, type) };
    const fail = (code: ErrorCode, text: string) => socketError(code, 'socket', ends, text);
    if (family !== AF_INET) throw fail('EAFNOSUPPORT', 'the engine sim has IPv4 only');
    if (type !== SOCK_STREAM) throw fail('ESOCKTNOSUPPORT', 'the engine sim has no SOCK_SEQPACKET');
    return new SimStreamSocket(this.#host);
  }

  /** Takes a segment for one of the host's addresses. */
  receive(segment: Segment): void {
    const { demux, environment } = this.#host;
    const occupant = demux.occupant(segment);
    const iss = occupant instanceof Connection ? reopened(occupant, segment) : undefined;
    if (occupant && iss === undefined) {
      environment.note({ kind: 'demux', segment, socket: occupant.number });
      occupant.arrive(segment);
      return;
    }
    const welcomer = demux.welcomer(segment);
    environment.note({ kind: 'demux', segment, socket: welcomer?.number });
    if (welcomer) welcomer.arrive(segment, iss);
    else emitRefusal(environment, segment);
  }

  /**
   * Takes an ICMP message about a segment of this host. While connecting it is the end of the attempt; later it is only
   * remembered, as the reason to give should the connection time out. RFC 5461.
   *
   * @param code - as Linux translates the message: ECONNREFUSED (port), EHOSTUNREACH, ENETUNREACH, ….
   */
  unreachable(original: Segment, code: ErrorCode): void {
    const { source, sourcePort, destination, destinationPort, seq } = original;
    const reply = {
      ...original,
      source: destination,
      sourcePort: destinationPort,
      destination: source,
      destinationPort: sourcePort,
    };
    this.#host.demux.occupant(reply)?.unreachable(seq, code);
  }

  /** Every socket that has a state, as `ss -tan` would show them. */
  sockets(): readonly SocketRow[] {
    return socketRows(this.#host);
  }

  /**
   * Loses everything at once: no segment goes out, no timer runs, and whoever waits waits for ever, as the programs of
   * a host without power. The stack can be used again, as after a start.
   */
  crash(): void {
    this.#host.crash();
  }
}

/**
 * A SYN for a four-tuple that rests in TIME_WAIT opens it again when its number is new; gives the number to begin with.
 * RFC 9293 section 3.10.7.4, RFC 6191.
 */
function reopened({ tcb }: Connection, { flags, seq }: Segment): number | undefined {
  const isSyn = (flags & (SYN | ACK | RST)) === SYN;
  if (tcb.state !== 'TIME_WAIT' || !isSyn || !isAfter(seq, tcb.rcvNxt)) return undefined;
  const iss = plus(tcb.sndNxt, REOPEN_GAP);
  tcb.become('CLOSED');
  return iss;
}
