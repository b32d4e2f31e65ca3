/** The engine `linux`: the kernel's own sockets through libc. */
import type { Family, SocketType } from '../../posix/constants.ts';
import type { Engine } from '../engine.ts';
import { lookup, lookupName } from '../names.ts';
import { after, now } from '../timer.ts';
import { DatagramShare } from './datagram-share.ts';
import { descriptorsOf } from './descriptors.ts';
import { loadLibc } from './ffi.ts';
import { Reactor } from './reactor.ts';
import { StreamShare } from './stream-share.ts';
import { LinuxStreamSocket } from './tcp.ts';
import { LinuxDatagramSocket } from './udp.ts';

/** The processors whose structure layouts we know. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** The longest spin in microseconds: past it sleeping costs next to nothing, and the thread's other work would wait. */
const SPIN_US_MAX = 1000;

/**
 * Loads the engine for this thread.
 *
 * @throws Error where it can't run: another system or processor, or no koffi.
 */
export function linuxEngine(): Engine {
  const { process } = globalThis;
  if (process?.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) {
    throw new Error(
      `The engine linux runs on Linux on ${ARCHITECTURES.join(' or ')}, this is ${process?.platform} on ${process?.arch}`,
    );
  }
  const reactor = new Reactor(loadLibc(), spinBudget(process.env.PORTICO_SPIN_US));
  const datagrams = new DatagramShare(reactor);
  const streams = new StreamShare(reactor);
  return {
    name: 'linux',
    openDatagram: (family: Family) => LinuxDatagramSocket.create(reactor, datagrams, family),
    openStream: (family: Family, type: SocketType) =>
      LinuxStreamSocket.create(reactor, streams, family, type),
    lookup: (host, family, flags, cancellation) => lookup('linux', host, family, flags, cancellation),
    lookupName: (host, port, cancellation) => lookupName('linux', host, port, cancellation),
    gethostname: () => process.getBuiltinModule('node:os').hostname(),
    after,
    now,
    descriptors: descriptorsOf(reactor, datagrams, streams),
  };
}

/** Reads PORTICO_SPIN_US. */
function spinBudget(text: string | undefined): number {
  const us = Number(text ?? 0);
  if (!(us >= 0 && us <= SPIN_US_MAX))
    throw new RangeError(`PORTICO_SPIN_US must be from 0 to ${SPIN_US_MAX} microseconds, got ${text}`);
  return us;
}
