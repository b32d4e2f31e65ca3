/** What a load is: how many clients send what to whom, for how long. Data only, so that it can cross to a thread or a program. */

/**
 * - `echo`: every client keeps `window` messages in flight, or all together send `rate` messages a second
 * - `burst`: one UDP client sends datagrams by the burst, `window` of them, each burst one message of the kernel
 * - `connect`: `connections` at a time connect, ask once and close
 * - `idle`: opens `connections` and holds them
 * - `flood`: UDP, sends and reads nothing
 * - `drain`: UDP, binds `host` and reads what comes
 * - `source`, `sink`: TCP, writes blocks of `bytes`, reads them
 */
export type Shape = 'echo' | 'burst' | 'connect' | 'idle' | 'flood' | 'drain' | 'source' | 'sink';

/** A load. */
export interface LoadSpec {
  readonly transport: 'udp' | 'tcp';
  readonly shape: Shape;
  /** A literal address; names are looked up before. */
  readonly host: string;
  /** The server's port; with `drain` the port to bind. */
  readonly port: number;
  readonly connections: number;
  /** Messages in flight for each connection; with `burst` the datagrams of a burst. */
  readonly window: number;
  /** The length of a message. */
  readonly bytes: number;
  /** Whether a message ends with a newline. */
  readonly lines?: boolean;
  /** Messages a second, all connections together: an open loop. Without it the loop is closed. */
  readonly rate?: number;
  /** What a good server answers: the message in ASCII upper case, or as it is. */
  readonly answer?: 'upper' | 'echo';
  /** Never sleeps while waiting for a reply. */
  readonly spin?: boolean;
  /**
   * `echo` and `flood` over UDP: up to 64 datagrams of one client are handed over as one message, which the kernel cuts
   * before they reach the server's queue: a third of the work; `drain`: takes such messages whole.
   */
  readonly segments?: boolean;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Ends after so many answers, warm-up included. */
  readonly count?: number;
  /** `false` takes the public sockets even where the kernel's can be driven directly. */
  readonly native?: boolean;
}

/** Latencies in microseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
  /** How many were recorded: all, or one in 16 in a closed loop with 16 or more messages in flight a client. */
  readonly samples: number;
}

/** What was measured between the warm-up and the end. */
export interface LoadReport {
  /** `linux` drove the kernel's sockets itself; `sockets` used the public ones, which are slower. */
  readonly generator: 'linux' | 'sockets';
  readonly seconds: number;
  /** Good answers; with `flood` and `source` what was sent, with `drain` and `sink` what was read. */
  readonly messages: number;
  readonly bytes: number;
  /** Messages a second. */
  readonly rate: number;
  /** Datagrams whose answer did not come in time: 200 ms in a closed loop, which sends them again; 2 s in an open one. */
  readonly lost: number;
  /** Answers that came after they had been counted as lost. */
  readonly late: number;
  /** Answers with the wrong length or the wrong bytes. */
  readonly wrong: number;
  /** Refused datagrams and broken connections. */
  readonly errors: number;
  /** `undefined` for a load that waits for no answer. */
  readonly latencyUs: Latency | undefined;
  /** How much of one processor the generator used, 0–1: near 1 it may be what limits the rate. */
  readonly busy: number;
  /** How much of that the kernel took, 0–1: no other generator that makes the same calls could save it. */
  readonly kernelShare: number;
}
