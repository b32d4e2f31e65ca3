/** One or more TCP connections that write, or read, as fast as they can. */
import { Slab } from '../../engines/linux/memory.ts';
import { errorNumber } from '../../posix/errno.ts';
import { letters } from '../payload.ts';
import type { Period } from '../period.ts';
import type { Clients } from './clients.ts';
import { EAGAIN, EINTR, MSG_DONTWAIT, MSG_NOSIGNAL } from './clients.ts';

const WAIT_MS = 50;
const ECONNRESET = errorNumber('ECONNRESET');

/** Writes blocks of `bytes`: `messages` counts whole blocks. */
export function sourceLoad(clients: Clients, period: Period, onReady: () => void): void {
  bulk(clients, period, onReady, 'send');
}

/** Reads up to `bytes` at a time. */
export function sinkLoad(clients: Clients, period: Period, onReady: () => void): void {
  bulk(clients, period, onReady, 'recv');
}

function bulk(clients: Clients, period: Period, onReady: () => void, call: 'send' | 'recv'): void {
  const { bytes, connections, lines = false } = clients.spec;
  const sockets = Array.from({ length: connections }, () => clients.connect());
  for (const [index, fd] of sockets.entries()) {
    clients.watch(fd, index);
    if (call === 'send') clients.watchRoom(fd, index, true);
  }
  const slab = new Slab(clients.libc, bytes);
  slab.bytes.set(letters(bytes, lines));
  onReady();
  const phase = new Float64Array(connections);
  while (period.goesOn(performance.now())) {
    const count = clients.wait(WAIT_MS);
    for (let at = 0; at < count; at += 1) {
      const index = clients.ready(at);
      const from = call === 'send' ? (phase[index] as number) : 0;
      const moved = move(clients, call, sockets[index] as number, slab, from);
      phase[index] = (from + moved) % bytes;
      period.tally.bytes += moved;
      period.tally.messages = Math.floor(period.tally.bytes / bytes);
    }
  }
}

/** Moves what one call moves: the rest of a block, or what came. */
function move(clients: Clients, call: 'send' | 'recv', fd: number, slab: Slab, from: number): number {
  const length = clients.spec.bytes - from;
  const moved = clients.libc[call](fd, slab.at(from, length), length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (moved > 0) return moved;
  const errno = moved === 0 ? ECONNRESET : clients.libc.errno();
  if (errno !== EAGAIN && errno !== EINTR) throw clients.error(call, errno);
  return 0;
}
