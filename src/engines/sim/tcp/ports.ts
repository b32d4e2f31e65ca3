/**
 * Who has which port: what bind(2) and connect(2) may take. The rules are Linux's: two sockets share an address when
 * both have SO_REUSEADDR and the other does not listen, or when both have SO_REUSEPORT. socket(7), tcp(7).
 */
import type { TcpOptions } from './options.ts';

/** `net.ipv4.ip_local_port_range` */
const EPHEMERAL_MIN = 32_768;
const EPHEMERAL_MAX = 60_999;
/** Every address of the host. */
export const ANY_HOST = '0.0.0.0';

/** An address that somebody has: a socket, a connection, or one that rests in TIME_WAIT. */
export interface Binding {
  readonly host: string;
  readonly port: number;
  readonly options: TcpOptions;
  isListening: boolean;
  /** How many hold it: the socket, and its connection. */
  holders: number;
}

/** The ports of one host. */
export class PortTable {
  readonly #random: () => number;
  readonly #ports = new Map<number, Set<Binding>>();

  /** @param random - gives unsigned 32-bit numbers. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Takes an address; `undefined` when somebody has it who does not share. Port 0 takes a free one. */
  bind(host: string, port: number, options: TcpOptions): Binding | undefined {
    const chosen = port === 0 ? this.choose(() => false) : port;
    if (chosen === undefined) return undefined;
    const binding: Binding = { host, port: chosen, options, isListening: false, holders: 1 };
    return this.isTaken(binding) ? undefined : this.add(binding);
  }

  /** Whether somebody else has the address and does not share it. */
  isTaken(binding: Binding): boolean {
    for (const other of this.#ports.get(binding.port) ?? []) if (conflicts(binding, other)) return true;
    return false;
  }

  /** Enters an address without asking: that of a connection of a welcome socket. */
  add(binding: Binding): Binding {
    const others = this.#ports.get(binding.port);
    if (others) others.add(binding);
    else this.#ports.set(binding.port, new Set([binding]));
    return binding;
  }

  /** One of its holders has let go. */
  release(binding: Binding): void {
    binding.holders -= 1;
    if (binding.holders > 0) return;
    const others = this.#ports.get(binding.port);
    others?.delete(binding);
    if (others?.size === 0) this.#ports.delete(binding.port);
  }

  /**
   * A port that nobody has, or, when all are taken, one that `isFit` finds fit all the same; `undefined` for none.
   */
  choose(isFit: (port: number) => boolean): number | undefined {
    const count = EPHEMERAL_MAX - EPHEMERAL_MIN + 1;
    const start = this.#random() % count;
    for (const fits of [(port: number) => !this.#ports.has(port), isFit]) {
      for (let index = 0; index < count; index++) {
        const port = EPHEMERAL_MIN + ((start + index) % count);
        if (fits(port)) return port;
      }
    }
    return undefined;
  }

  clear(): void {
    this.#ports.clear();
  }
}

function conflicts(binding: Binding, other: Binding): boolean {
  if (binding === other) return false;
  const overlaps = binding.host === other.host || binding.host === ANY_HOST || other.host === ANY_HOST;
  if (!overlaps) return false;
  if (binding.options.reusesPort && other.options.reusesPort) return false;
  return !(binding.options.reusesAddress && other.options.reusesAddress) || other.isListening;
}
