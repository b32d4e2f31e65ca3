/** An engine linux on a libc of which single calls can be replaced: for faults that strace can't place. */
import type { Engine } from '../../../src/engines/engine.ts';
import { DatagramShare } from '../../../src/engines/linux/datagram-share.ts';
import { linuxEngine } from '../../../src/engines/linux/engine.ts';
import type { Libc } from '../../../src/engines/linux/ffi.ts';
import { loadLibc } from '../../../src/engines/linux/ffi.ts';
import { Reactor } from '../../../src/engines/linux/reactor.ts';
import { StreamShare } from '../../../src/engines/linux/stream-share.ts';
import { LinuxStreamSocket } from '../../../src/engines/linux/tcp.ts';
import { LinuxDatagramSocket } from '../../../src/engines/linux/udp.ts';
import type { ErrorCode } from '../../../src/posix/errno.ts';
import { errorNumber } from '../../../src/posix/errno.ts';

type Call = (...args: number[]) => number;
type Name = {
  [K in keyof Libc]: Libc[K] extends (...args: never[]) => number ? K : never;
}[keyof Libc];

interface Fault {
  readonly code: ErrorCode;
  readonly when: (call: number) => boolean;
}

/** Makes calls fail, and counts them. */
export class Faults {
  readonly libc: Libc;
  readonly calls: Map<string, number> = new Map();
  readonly #real: Libc;
  readonly #faults = new Map<string, Fault>();
  #errno: number | undefined;

  constructor(real: Libc = loadLibc()) {
    this.#real = real;
    this.libc = { ...real };
    for (const [name, call] of Object.entries(real)) {
      if (!NOT_CALLS.includes(name)) Object.assign(this.libc, { [name]: this.#faulty(name, call as Call) });
    }
    this.libc.errno = () => this.#errno ?? this.#real.errno();
  }

  /** From now on `name` fails with `code` when `when` says so; `when` is given the call's number, from 1. */
  fail(name: Name, code: ErrorCode, when: (call: number) => boolean = () => true): void {
    this.calls.set(name, 0);
    this.#faults.set(name, { code, when });
  }

  #faulty(name: string, call: Call): Call {
    return (...args) => {
      const count = (this.calls.get(name) ?? 0) + 1;
      this.calls.set(name, count);
      const fault = this.#faults.get(name);
      this.#errno = fault?.when(count) ? errorNumber(fault.code) : undefined;
      return this.#errno === undefined ? call(...args) : -1;
    };
  }
}

/** What of libc is no call of the kernel. */
const NOT_CALLS: readonly string[] = ['errno', 'addressOf', 'watch', 'inet_pton', 'inet_ntop'];

/** The engine linux on another libc. */
export function engineOn(libc: Libc, spinUs = 0): Engine {
  // a reactor for each, and each listens to the end of the process
  process.setMaxListeners(Math.max(process.getMaxListeners(), 100));
  const reactor = new Reactor(libc, spinUs);
  const datagrams = new DatagramShare(reactor);
  const streams = new StreamShare(reactor);
  return {
    ...linuxEngine(),
    openDatagram: (family) => LinuxDatagramSocket.create(reactor, datagrams, family),
    openStream: (family, type) => LinuxStreamSocket.create(reactor, streams, family, type),
  };
}
