/**
 * What a server allows, each limit with a default that is right for the open internet. The command line makes its
 * options of this table, and the documentation its own.
 */

/** One limit. */
export interface Limit {
  readonly default: number;
  /** 0 where it also means that there is no limit. */
  readonly min: number;
  /** The least beside 0, where that is not 1. */
  readonly least?: number;
  readonly max: number;
  /** What it does, as the command line says it. */
  readonly help: string;
}

/** What a timer can hold, almost 25 days. */
const TIMER_MS_MAX = 2 ** 31 - 1;

const limit = (initial: number, min: number, max: number, help: string): Limit => ({
  default: initial,
  min,
  max,
  help,
});

/** The name of a limit. */
export type LimitName =
  | 'connectionsMax'
  | 'connectionsPerClientMax'
  | 'backlog'
  | 'firstByteMs'
  | 'idleMs'
  | 'connectionMs'
  | 'lineMs'
  | 'lineBytesMax'
  | 'unsentBytesMax'
  | 'queuedBytesMax'
  | 'lingerMs'
  | 'keepAliveMs'
  | 'userTimeoutMs'
  | 'datagramBytesMax'
  | 'udpBufferBytes'
  | 'datagramsPendingMax'
  | 'repliesPerSecond'
  | 'repliesPerSourcePerSecond'
  | 'sourcesMax'
  | 'drainMs'
  | 'stuckMs'
  | 'spareThreads'
  | 'heapMb';

/** The limits by name; their units are the last word of the name. */
export const LIMITS: Readonly<Record<LimitName, Limit>> = {
  connectionsMax: limit(
    10_000,
    1,
    1_000_000,
    'open TCP connections; further ones wait in the queue of the system',
  ),
  connectionsPerClientMax: limit(
    1000,
    0,
    1_000_000,
    'open TCP connections of one address (IPv6: one /64 network), this host excepted; further ones are reset',
  ),
  backlog: limit(4096, 0, 65_535, 'finished handshakes that may wait to be accepted'),
  firstByteMs: limit(
    10_000,
    0,
    TIMER_MS_MAX,
    'a connection that has sent nothing by then is reset; 0: never',
  ),
  idleMs: limit(
    600_000,
    0,
    TIMER_MS_MAX,
    'a connection on which nothing moves for so long is reset; 0: never',
  ),
  connectionMs: limit(0, 0, TIMER_MS_MAX, 'a connection is reset after so long, whatever it does; 0: never'),
  lineMs: limit(
    10_000,
    0,
    TIMER_MS_MAX,
    'a line or message that has begun must be complete by then; 0: any time',
  ),
  lineBytesMax: limit(65_536, 1, 2 ** 30, 'a longer line or message over TCP ends its connection'),
  unsentBytesMax: limit(
    131_072,
    4096,
    2 ** 30,
    'bytes that the system takes ahead of a client that reads slowly',
  ),
  queuedBytesMax: limit(
    1_048_576,
    0,
    2 ** 40,
    'a connection on which a handler has sent more bytes without awaiting is reset; 0: never',
  ),
  lingerMs: limit(
    5000,
    0,
    TIMER_MS_MAX,
    'how long input is read and dropped after the last answer, so that it arrives',
  ),
  keepAliveMs: limit(
    30_000,
    0,
    32_767_000,
    'a silent peer is asked after so long, or up to half of it earlier, whether it is there; 0: never',
  ),
  userTimeoutMs: limit(
    45_000,
    0,
    TIMER_MS_MAX,
    'a peer that acknowledges nothing for so long is gone; 0: as the system has it',
  ),
  datagramBytesMax: limit(65_507, 0, 65_527, 'longer datagrams stay without an answer'),
  udpBufferBytes: limit(
    4_194_304,
    2048,
    2 ** 30,
    'datagrams that may wait in the system, as far as it allows (net.core.rmem_max)',
  ),
  datagramsPendingMax: limit(
    1024,
    1,
    1_000_000,
    'datagrams whose answer a handler is working on; further ones wait in the system',
  ),
  repliesPerSecond: limit(
    0,
    0,
    1_000_000_000,
    'answers over UDP in a second, of all threads together; 0: any number',
  ),
  repliesPerSourcePerSecond: limit(
    1000,
    0,
    1_000_000_000,
    'answers over UDP to one address (IPv6: one /64 network) in a second, this host excepted; 0: any number',
  ),
  sourcesMax: limit(65_536, 1, 2 ** 24, 'addresses over UDP that are told apart; more share their counts'),
  drainMs: limit(10_000, 0, TIMER_MS_MAX, 'how long connections may take to finish when the server ends'),
  stuckMs: {
    ...limit(
      10_000,
      0,
      TIMER_MS_MAX,
      'a thread that gives no sign of life for so long is replaced; 0: never',
    ),
    least: 1000,
  },
  spareThreads: limit(
    1,
    0,
    16,
    'threads that have loaded the module and wait to replace one that dies; 2 more for 10 s after two deaths; 0: none',
  ),
  heapMb: limit(0, 0, 1_048_576, 'memory of one thread for JavaScript, in megabytes; 0: as Node has it'),
};

/** A value for each limit. */
export type Limits = { readonly [name in LimitName]: number };

/** The names of the limits, in the order of the table. */
export const LIMIT_NAMES: readonly LimitName[] = Object.keys(LIMITS) as LimitName[];

/**
 * Completes limits with their defaults.
 *
 * @throws RangeError for a value that is no whole number within its bounds, and for a name that there is not: a limit
 * that was misspelt would not hold.
 */
export function completeLimits(given: Partial<Limits>): Limits {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(LIMITS, name)) throw new RangeError(`A server has no option '${name}'`);
  const complete = LIMIT_NAMES.map((name) => [name, checked(name, given[name] ?? LIMITS[name].default)]);
  return Object.fromEntries(complete) as Limits;
}

/**
 * The part of one thread of several that accept for themselves: what is counted of connections is shared out, and each
 * thread has one place at least.
 */
export function shareOf(limits: Limits, thread: number, threads: number): Limits {
  const { connectionsMax, connectionsPerClientMax } = limits;
  const share = (max: number) => Math.max(1, Math.floor((max + thread) / threads));
  return {
    ...limits,
    connectionsMax: share(connectionsMax),
    connectionsPerClientMax: connectionsPerClientMax === 0 ? 0 : share(connectionsPerClientMax),
  };
}

function checked(name: LimitName, value: number): number {
  const { min, max, least = min } = LIMITS[name];
  const isWhole = Number.isInteger(value) && value >= min && value <= max;
  if (isWhole && (value >= least || value === 0)) return value;
  const from = least > min ? `${min}, or from ${least}` : `from ${min}`;
  throw new RangeError(`${name} must be a whole number ${from} to ${max}, got ${String(value)}`);
}
