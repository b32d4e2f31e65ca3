/** The options of a datagram socket: what can be set, what is read back, what is refused. socket(7), ip(7). */
import type { ErrorCode } from '../../posix/errno.ts';
import type { SocketOption } from '../../posix/options.ts';

/** What an option does here. */
interface OptionRow {
  readonly initial: boolean | number;
  /** What is kept of a value that was set. */
  readonly kept?: (value: number) => number;
  readonly min?: number;
  readonly max?: number;
}

/** Linux's `net.core.rmem_default` and its smallest buffers. */
const BUFFER_BYTES = 212_992;
const RCVBUF_MIN = 2304;
const SNDBUF_MIN = 4608;
/** The largest buffer; Linux has `net.core.rmem_max`, which a test should not need to raise. */
const BUFFER_MAX = 1 << 30;

const buffer = (min: number): OptionRow => ({
  initial: BUFFER_BYTES,
  // Linux doubles what is set, to make room for its bookkeeping
  kept: (value) => Math.min(BUFFER_MAX, Math.max(min, 2 * value)),
});

const OPTIONS: Readonly<Record<string, OptionRow>> = {
  SO_REUSEADDR: { initial: false },
  SO_REUSEPORT: { initial: false },
  SO_BROADCAST: { initial: false },
  SO_RCVBUF: buffer(RCVBUF_MIN),
  SO_SNDBUF: buffer(SNDBUF_MIN),
  IP_TTL: { initial: 64, min: 1, max: 255 },
  IP_TOS: { initial: 0, min: 0, max: 255 },
};

/** The values of one socket. */
export class UdpOptions {
  readonly #values = new Map<string, boolean | number>();

  /** Whether an option is on. */
  isOn(name: 'SO_REUSEADDR' | 'SO_REUSEPORT' | 'SO_BROADCAST'): boolean {
    return this.#values.get(name) === true;
  }

  /** The number that an option has. */
  number(name: 'SO_RCVBUF' | 'IP_TTL' | 'IP_TOS'): number {
    return Number(this.#values.get(name) ?? OPTIONS[name]?.initial);
  }

  /** The value of an option; `undefined` for one that this engine has not. */
  get({ name }: SocketOption): boolean | number | undefined {
    return this.#values.get(name) ?? rowOf(name)?.initial;
  }

  /** Sets an option; gives the code that refuses it. */
  set({ name, kind }: SocketOption, value: unknown): ErrorCode | undefined {
    const row = rowOf(name);
    if (!row) return 'ENOPROTOOPT';
    if (kind === 'boolean') {
      this.#values.set(name, Boolean(value));
      return undefined;
    }
    const number = Number(value);
    if (number < (row.min ?? -Infinity) || number > (row.max ?? Infinity)) return 'EINVAL';
    this.#values.set(name, row.kept?.(number) ?? number);
    return undefined;
  }
}

function rowOf(name: string): OptionRow | undefined {
  return Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
}
