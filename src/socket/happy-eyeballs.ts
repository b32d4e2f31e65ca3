/** Connecting to a name that has several addresses: RFC 8305 section 5, one attempt after another, side by side. */
import type { Cancellation, Engine, EngineStreamSocket } from '../engines/engine.ts';
import type { InetAddress } from '../posix/address.ts';
import { isIpv4 } from '../posix/address.ts';

/** The delay before the next attempt starts beside the last, in milliseconds: RFC 8305 section 5 recommends 250. */
const ATTEMPT_DELAY_MS = 250;
/** How many addresses of a name are tried at most; a guess at what anybody would wait for. */
const ATTEMPTS_MAX = 16;

/** What a race runs on. */
export interface RaceOptions {
  /** The socket of the first attempt. */
  readonly first: EngineStreamSocket;
  /** Opens one more; `undefined` for a bound socket, whose address only one can have: then one attempt follows another. */
  readonly another: (() => EngineStreamSocket) | undefined;
  readonly cancellation: Cancellation | undefined;
  /** Whether the program has closed the socket meanwhile. */
  readonly isClosed: () => boolean;
}

/**
 * Tries the addresses until one connects.
 *
 * @returns The socket that connected; every other one that the race opened is closed.
 * @throws The error of the first address when all fail, or the reason of the cancellation.
 */
export function raceConnect(
  engine: Engine,
  addresses: readonly InetAddress[],
  options: RaceOptions,
): Promise<EngineStreamSocket> {
  return new Race(engine, interleave(addresses).slice(0, ATTEMPTS_MAX), options).run();
}

/** Alternates the families, beginning with that of the first address: RFC 8305 section 4. */
function interleave(addresses: readonly InetAddress[]): InetAddress[] {
  const mapped = (address: InetAddress) => isIpv4(address.host) || address.host.startsWith('::ffff:');
  const first = addresses[0];
  const same = addresses.filter((address) => first && mapped(address) === mapped(first));
  const other = addresses.filter((address) => first && mapped(address) !== mapped(first));
  return same
    .flatMap((address, index) => [address, other[index] ?? []].flat())
    .concat(other.slice(same.length));
}

class Race {
  readonly #engine: Engine;
  readonly #addresses: InetAddress[];
  readonly #options: RaceOptions;
  readonly #attempts = new Map<EngineStreamSocket, Cancellation>();
  readonly #errors: unknown[] = [];
  #stopTimer: (() => void) | undefined;
  #over = false;
  #settle: { resolve: (winner: EngineStreamSocket) => void; reject: (reason: unknown) => void } | undefined;

  constructor(engine: Engine, addresses: InetAddress[], options: RaceOptions) {
    this.#engine = engine;
    this.#addresses = addresses;
    this.#options = options;
  }

  run(): Promise<EngineStreamSocket> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const { cancellation } = this.#options;
      if (cancellation) cancellation.onCancel = (reason) => this.#end(() => reject(reason), undefined);
      this.#next();
    });
  }

  #next(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const address = this.#addresses.shift();
    if (this.#over) return;
    if (address === undefined) {
      if (this.#attempts.size === 0) this.#end(() => this.#settle?.reject(this.#errors[0]), undefined);
      return;
    }
    const parallel = this.#options.another !== undefined;
    if (parallel && this.#addresses.length > 0)
      this.#stopTimer = this.#engine.after(ATTEMPT_DELAY_MS, () => this.#next());
    void this.#attempt(address);
  }

  async #attempt(address: InetAddress): Promise<void> {
    const { first, another } = this.#options;
    const cancellation: Cancellation = { onCancel: undefined };
    let socket = first;
    try {
      if (another && (this.#errors.length > 0 || this.#attempts.size > 0)) socket = another();
      this.#attempts.set(socket, cancellation);
      await socket.connect(address, cancellation);
      if (this.#over && socket !== first) await socket.close();
      this.#end(() => this.#settle?.resolve(socket), socket);
    } catch (error) {
      this.#errors.push(error);
      this.#attempts.delete(socket);
      if (socket !== first) await socket.close();
      else if (this.#options.isClosed()) this.#end(() => this.#settle?.reject(error), undefined);
      this.#next();
    }
  }

  /** Settles once, calls the other attempts off and closes what they opened. */
  #end(settle: () => void, winner: EngineStreamSocket | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer?.();
    if (this.#options.cancellation) this.#options.cancellation.onCancel = undefined;
    for (const [socket, cancellation] of this.#attempts) {
      if (socket !== winner) cancellation.onCancel?.(new Error('Another attempt has won'));
    }
    settle();
  }
}
