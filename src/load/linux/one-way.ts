/** Datagrams in one direction: sends as fast as the kernel takes them, or reads and drops what comes. */
import { Slab } from '../../engines/linux/memory.ts';
import { letters } from '../payload.ts';
import type { Period } from '../period.ts';
import type { Clients } from './clients.ts';
import { EAGAIN, ECONNREFUSED, EINTR, MSG_DONTWAIT, MSG_NOSIGNAL } from './clients.ts';
import { BATCH_MAX, UDP_GRO, Vectors } from './vectors.ts';

const IPPROTO_UDP = 17;
const WAIT_MS = 20;
/** The longest message that the kernel cuts: what fits in one UDP datagram over IPv4. */
const MESSAGE_MAX = 65_507;
const SLOT_BYTES = 65_536 + 128;
/** How often a row of free ports is looked for. */
const PORT_TRIES = 20;
/** Calls between two looks at the clock. */
const CALLS = 16;

/** Sends. */
export function floodLoad(clients: Clients, period: Period, onReady: () => void): void {
  const { bytes, connections, segments = false } = clients.spec;
  const sockets = Array.from({ length: connections }, () => clients.connect());
  const inOne = segments ? Math.max(1, Math.min(BATCH_MAX, Math.floor(MESSAGE_MAX / bytes))) : 1;
  const slab = new Slab(clients.libc, bytes * inOne);
  slab.bytes.set(letters(bytes * inOne, false));
  const vectors = new Vectors(clients.libc);
  const messages = segments ? 1 : BATCH_MAX;
  for (let at = 0; at < messages; at += 1) {
    vectors.point(at, slab, 0, bytes * inOne);
    if (inOne > 1) vectors.cut(at, bytes);
  }
  onReady();
  let next = 0;
  while (period.goesOn(performance.now())) {
    for (let call = 0; call < CALLS; call += 1, next += 1) {
      const fd = sockets[next % sockets.length] as number;
      const sent = clients.libc.sendmmsg(fd, vectors.headers(messages), messages, MSG_NOSIGNAL);
      if (sent < 0) refused(clients, period, 'sendmmsg');
      else sum(period, sent * inOne, bytes);
    }
  }
}

/** Reads, from `connections` ports in a row. */
export function drainLoad(clients: Clients, period: Period, onReady: (port: number) => void): void {
  const drain = new Drain(clients, period);
  onReady(drain.port);
  while (period.goesOn(performance.now())) {
    if (!drain.receiveAll()) clients.wait(WAIT_MS);
  }
}

class Drain {
  readonly port: number;
  readonly #clients: Clients;
  readonly #period: Period;
  readonly #sockets: number[] = [];
  readonly #vectors: Vectors;
  readonly #segments: boolean;

  constructor(clients: Clients, period: Period) {
    const { segments = false, connections } = clients.spec;
    this.#clients = clients;
    this.#period = period;
    this.#segments = segments;
    this.port = this.#bindRow(connections, PORT_TRIES);
    const slotBytes = segments ? SLOT_BYTES : 2048 + 64;
    const inbox = new Slab(clients.libc, BATCH_MAX * slotBytes);
    this.#vectors = new Vectors(clients.libc);
    for (let at = 0; at < BATCH_MAX; at += 1) this.#vectors.point(at, inbox, at * slotBytes, slotBytes - 64);
    if (segments) this.#vectors.expectSegments(BATCH_MAX);
  }

  /** Binds ports in a row and gives the first; where the system chose it and one of the next is taken, it tries again. */
  #bindRow(count: number, tries: number): number {
    const { fd, port } = this.#clients.bind();
    const fds = [fd];
    try {
      while (fds.length < count) fds.push(this.#clients.bind(port + fds.length).fd);
    } catch (error) {
      for (const each of fds) this.#clients.close(each);
      if (tries <= 1 || this.#clients.spec.port !== 0) throw error;
      return this.#bindRow(count, tries - 1);
    }
    for (const each of fds) this.#watch(each);
    return port;
  }

  /** Receives once on each; false when there was nothing. */
  receiveAll(): boolean {
    let any = false;
    for (const fd of this.#sockets) any = this.#receive(fd) > 0 || any;
    return any;
  }

  #watch(fd: number): void {
    if (this.#segments) this.#clients.set(fd, IPPROTO_UDP, UDP_GRO, 1);
    this.#clients.watch(fd, this.#sockets.length);
    this.#sockets.push(fd);
  }

  #receive(fd: number): number {
    const vectors = this.#vectors;
    const { tally } = this.#period;
    const count = this.#clients.libc.recvmmsg(fd, vectors.headers(BATCH_MAX), BATCH_MAX, MSG_DONTWAIT, 0);
    if (count < 0) refused(this.#clients, this.#period, 'recvmmsg');
    for (let at = 0; at < count; at += 1) {
      const length = vectors.lengthOf(at);
      const segment = this.#segments ? vectors.segmentOf(at) : length;
      tally.messages += Math.max(1, Math.ceil(length / Math.max(1, segment)));
      tally.bytes += length;
    }
    if (this.#segments && count > 0) vectors.expectSegments(count);
    return count;
  }
}

function sum(period: Period, messages: number, bytes: number): void {
  period.tally.messages += messages;
  period.tally.bytes += messages * bytes;
}

function refused(clients: Clients, period: Period, syscall: string): void {
  const errno = clients.libc.errno();
  if (errno === ECONNREFUSED) period.tally.errors += 1;
  else if (errno !== EAGAIN && errno !== EINTR) throw clients.error(syscall, errno);
}
