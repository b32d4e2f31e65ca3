/** What a conformance case is: data, without a test framework, so that any engine's own tests can run it. */
import type {
  AF_UNIX,
  DatagramSocket,
  Engine,
  Family,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  StreamSocket,
} from '../index.ts';
import type { Random } from './random.ts';

/** A thing that not every host or engine has. */
export type Need =
  | 'abstract names'
  | 'dual stack'
  | 'ipv6'
  | 'large receive buffer'
  | 'link-local address'
  | 'network interface'
  | 'reserved ports'
  | 'silent address'
  | 'unix datagram'
  | 'unix seqpacket'
  | 'unix stream'
  | 'urgent data'
  | OptionNeed;

/** An option that the engine takes on a new socket of this kind. */
export type OptionNeed = `${'udp' | 'tcp' | 'udp6' | 'unix'} option ${string}`;

/** One behaviour of Berkeley sockets that every engine has, or says that it has not. */
export interface ConformanceCase {
  /** Begins with the call: `recvfrom() truncates a datagram longer than the buffer`. Unique. */
  readonly name: string;
  /** The rows of the checklist that it belongs to: `U21`, `T14`. */
  readonly rows?: readonly string[];
  /** What the host and the engine must offer; without it the case is skipped with the reason. */
  readonly needs?: readonly Need[];
  /** Passes by returning, fails by throwing. */
  readonly run: (context: ConformanceContext) => Promise<void>;
}

/** What a case works with. */
export interface ConformanceContext {
  /** Opens a socket of the engine under test. What the case leaves open is closed after it. */
  readonly socket: OpenSocket;
  /** The engine, for the calls that take one beside `socket`. */
  readonly engine: Engine;
  /** Random numbers that the printed seed brings back. */
  readonly random: Random;
  /** A path for a Unix socket where no file is; a file there is removed after the case. */
  readonly path: () => string;
  /** Lets `ms` of the engine's time pass. */
  readonly pause: (ms: number) => Promise<void>;
  /** Has something done after the case, whatever comes of it. */
  readonly defer: (cleanup: () => unknown) => void;
  /** Tells the user something about a case that passes, such as that an option was refused. */
  readonly note: (text: string) => void;
}

/** As `socket()`, on the engine under test. */
export interface OpenSocket {
  <F extends Family>(family: F, type: typeof SOCK_DGRAM): DatagramSocket<F>;
  <F extends Family>(family: F, type: typeof SOCK_STREAM): StreamSocket<F>;
  (family: typeof AF_UNIX, type: typeof SOCK_SEQPACKET): StreamSocket<typeof AF_UNIX>;
}
