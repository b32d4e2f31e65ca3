/**
 * The options of one stream socket, and what of them the connection looks at while it runs. An option that is not in
 * the table below has no meaning here and is refused with ENOPROTOOPT.
 */
import type { ErrorCode } from '../../../posix/errno.ts';
import type { Linger, SocketOption } from '../../../posix/options.ts';
import type { TcpProfile } from './profile.ts';

/** The largest value that SO_RCVBUF and SO_SNDBUF take before they are doubled: `net.core.rmem_max`. */
const BUFFER_SETTING_MAX = 212_992;
const SECOND_US = 1_000_000;

interface Rule {
  readonly initial: (profile: TcpProfile) => unknown;
  /** The least and the largest value. */
  readonly range?: readonly [min: number, max: number];
  /** What becomes of a value that is set. */
  readonly take?: (value: number, profile: TcpProfile) => unknown;
}

const OFF: Rule = { initial: () => false };

const RULES: Readonly<Record<string, Rule>> = {
  SO_REUSEADDR: OFF,
  SO_REUSEPORT: OFF,
  SO_KEEPALIVE: OFF,
  SO_LINGER: { initial: (): Linger => ({ onoff: false, linger: 0 }) },
  SO_RCVBUF: {
    initial: (profile) => profile.receiveBufferBytes,
    take: (value, profile) => bufferBytes(value, profile, profile.receiveBufferBytesMin),
  },
  SO_SNDBUF: {
    initial: (profile) => profile.sendBufferBytes,
    take: (value, profile) => bufferBytes(value, profile, profile.sendBufferBytesMin),
  },
  TCP_NODELAY: OFF,
  TCP_MAXSEG: { initial: () => 536, range: [88, 32_767] },
  TCP_KEEPIDLE: { initial: ({ keepIdleUs }) => keepIdleUs / SECOND_US, range: [1, 32_767] },
  TCP_KEEPINTVL: { initial: ({ keepIntervalUs }) => keepIntervalUs / SECOND_US, range: [1, 32_767] },
  TCP_KEEPCNT: { initial: ({ keepCount }) => keepCount, range: [1, 127] },
  TCP_SYNCNT: { initial: ({ synRetries }) => synRetries, range: [1, 127] },
  TCP_LINGER2: {
    initial: ({ finWait2Us }) => finWait2Us / SECOND_US,
    range: [-1, 120],
  },
  TCP_USER_TIMEOUT: { initial: () => 0, range: [0, 0x7fff_ffff] },
};

function bufferBytes(value: number, profile: TcpProfile, min: number): number {
  return Math.max(Math.min(Math.max(value, 0), BUFFER_SETTING_MAX) * profile.bufferFactor, min);
}

/** The options of one socket; a connection that a welcome socket makes begins with a copy of its. */
export class TcpOptions {
  readonly #profile: TcpProfile;
  readonly #values = new Map<string, unknown>();

  constructor(profile: TcpProfile) {
    this.#profile = profile;
  }

  /** A copy for a connection of this welcome socket. */
  inherited(): TcpOptions {
    const copy = new TcpOptions(this.#profile);
    for (const [name, value] of this.#values) copy.#values.set(name, value);
    return copy;
  }

  /** Whether a program has set it. */
  isSet(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value of an option; `undefined` for one that there is not. */
  get(name: string): unknown {
    if (!Object.hasOwn(RULES, name)) return undefined;
    return this.#values.get(name) ?? RULES[name]?.initial(this.#profile);
  }

  /** Sets an option, or gives the code with which it is refused. */
  set(option: SocketOption, given: unknown): ErrorCode | undefined {
    if (!Object.hasOwn(RULES, option.name)) return 'ENOPROTOOPT';
    const { range, take } = RULES[option.name] as Rule;
    const value = option.kind === 'boolean' ? Boolean(given) : given;
    if (range && ((value as number) < range[0] || (value as number) > range[1])) return 'EINVAL';
    this.#values.set(option.name, take ? take(value as number, this.#profile) : value);
    return undefined;
  }

  get reusesAddress(): boolean {
    return this.get('SO_REUSEADDR') === true;
  }

  get reusesPort(): boolean {
    return this.get('SO_REUSEPORT') === true;
  }

  get noDelay(): boolean {
    return this.get('TCP_NODELAY') === true;
  }

  get keepAlive(): boolean {
    return this.get('SO_KEEPALIVE') === true;
  }

  get linger(): Linger {
    return this.get('SO_LINGER') as Linger;
  }

  get receiveBufferBytes(): number {
    return this.get('SO_RCVBUF') as number;
  }

  get sendBufferBytes(): number {
    return this.get('SO_SNDBUF') as number;
  }

  /** The largest segment that the program allows; `undefined` when it has not said. */
  get maxSegment(): number | undefined {
    return this.#values.get('TCP_MAXSEG') as number | undefined;
  }

  get keepIdleUs(): number {
    return (this.get('TCP_KEEPIDLE') as number) * SECOND_US;
  }

  get keepIntervalUs(): number {
    return (this.get('TCP_KEEPINTVL') as number) * SECOND_US;
  }

  get keepCount(): number {
    return this.get('TCP_KEEPCNT') as number;
  }

  get synRetries(): number {
    return this.get('TCP_SYNCNT') as number;
  }

  /** How long an orphan stays in FIN_WAIT_2; less than 0 for not at all. */
  get finWait2Us(): number {
    return (this.get('TCP_LINGER2') as number) * SECOND_US;
  }

  /** How long data may stay unacknowledged; 0 for the profile's time. */
  get userTimeoutUs(): number {
    return (this.get('TCP_USER_TIMEOUT') as number) * 1000;
  }
}
