/**
 * The context of one case: the sockets it opened, every connection they accepted, every call that waits. After the
 * case all are closed, and a call that goes on waiting is a failure.
 */
import type { AF_INET, DatagramSocket, Engine, SOCK_DGRAM, StreamSocket } from '../index.ts';
import { socket } from '../index.ts';
import { fail } from './assertions.ts';
import type { ConformanceContext, OpenSocket } from './conformance-case.ts';
import type { Random } from './random.ts';

/** The calls of a socket that give a promise. */
const WAITING_CALLS: readonly string[] = [
  'bind',
  'connect',
  'listen',
  'accept',
  'send',
  'sendall',
  'sendto',
  'sendmsg',
  'sendmmsg',
  'recv',
  'recvfrom',
  'recvmsg',
  'recvmmsg',
];
/** How many turns of the event loop a call may take to notice that its socket has been closed; a guess. */
const TURNS_MAX = 50;

let paths = 0;

/** One case's sockets and waiting calls. */
export class CaseContext implements ConformanceContext {
  readonly engine: Engine;
  readonly random: Random;
  readonly socket: OpenSocket;
  readonly notes: string[] = [];
  readonly #sockets = new Set<DatagramSocket | StreamSocket>();
  readonly #waiting = new Map<Promise<unknown>, string>();
  readonly #cleanups: (() => unknown)[] = [];

  constructor(engine: Engine, random: Random) {
    this.engine = engine;
    this.random = random;
    // the overloads of socket() are the overloads of OpenSocket
    this.socket = ((family: typeof AF_INET, type: typeof SOCK_DGRAM) =>
      this.#adopt(socket(family, type, { engine }))) as OpenSocket;
  }

  /** The names of the calls that have not settled. */
  get waiting(): string[] {
    return [...this.#waiting.values()];
  }

  readonly path = (): string => {
    const directory = globalThis.process?.env.TMPDIR ?? '/tmp';
    const path = `${directory}/portico-${globalThis.process?.pid ?? 0}-${++paths}.sock`;
    this.defer(() => globalThis.process?.getBuiltinModule('node:fs').rmSync(path, { force: true }));
    return path;
  };

  readonly pause = (ms: number): Promise<void> => new Promise((resolve) => this.engine.after(ms, resolve));

  readonly defer = (cleanup: () => unknown): void => {
    this.#cleanups.push(cleanup);
  };

  readonly note = (text: string): void => {
    this.notes.push(text);
  };

  /** Closes what is open; fails when a call goes on waiting. */
  async finish(): Promise<void> {
    try {
      // a connection may be accepted while others close
      while (this.#sockets.size > 0) {
        const open = [...this.#sockets];
        this.#sockets.clear();
        await Promise.all(open.map((one) => one.close()));
      }
      for (let turn = 0; turn < TURNS_MAX && this.#waiting.size > 0; turn++) await nextTurn();
      if (this.#waiting.size > 0) fail(`Still waiting after close(): ${this.waiting.join(', ')}`);
    } finally {
      for (const cleanup of this.#cleanups) await cleanup();
    }
  }

  #adopt<S extends DatagramSocket | StreamSocket>(opened: S): S {
    this.#sockets.add(opened);
    for (const call of WAITING_CALLS) {
      const original: unknown = Reflect.get(opened, call);
      if (typeof original !== 'function') continue;
      const watched = (...args: unknown[]) => this.#watch(call, Reflect.apply(original, opened, args));
      Object.defineProperty(opened, call, { value: watched, configurable: true });
    }
    return opened;
  }

  #watch(call: string, result: Promise<unknown>): Promise<unknown> {
    const name = `${call}()`;
    this.#waiting.set(result, name);
    result.then(
      (value) => {
        this.#waiting.delete(result);
        if (call === 'accept') this.#adopt((value as [StreamSocket, unknown])[0]);
      },
      () => this.#waiting.delete(result),
    );
    return result;
  }
}

/** Lets everything that is ready run. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
